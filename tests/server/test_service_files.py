"""Files, pictures, tables and jobs over HTTP."""

import io
import json
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient

from poseloom.api import transfers
from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_NAMES, PARENTS
from poseloom.pose.stances import stance
from poseloom.server import Settings, create_app
from poseloom.server.poses import PoseJson, pose_json
from poseloom.server.uploads import _safe


@pytest.mark.parametrize("format", ["npz", "json", "bvh", "glb", "amass", "smplx", "pose"])
def test_poses_become_files_which_become_poses(client, standing, format):
    written = client.post("/v1/export", json={"pose": standing, "format": format, "name": "my pose"})
    assert written.status_code == 200
    suffix = {"amass": "npz", "smplx": "npz"}.get(format, format)
    assert written.headers["content-disposition"] == f'attachment; filename="my pose.{suffix}"'
    read = client.post("/v1/convert", files={"file": (f"a.{suffix}", written.content)})
    if format == "glb":
        return  # a mesh without joints
    pose = PoseJson.model_validate(read.json()["poses"][0]).pose()
    wanted = PoseJson.model_validate(standing).pose()
    if format != "pose":  # points alone, fitted
        assert torch.allclose(pose.rotations[:20], wanted.rotations[:20], atol=2e-3)


def test_a_file_becomes_another_file(client, standing):
    bvh = client.post("/v1/export", json={"pose": standing, "format": "bvh"}).content
    answer = client.post("/v1/convert", files={"file": ("walk.bvh", bvh)}, data={"format": "npz"})
    assert answer.headers["content-disposition"].endswith('"walk.npz"')
    assert zipfile.is_zipfile(io.BytesIO(answer.content))


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("a.bvh", b"nothing", 422),
        ("a.bvh", b"", 422),
        ("a.npz", b"PK\x03\x04", 422),
        ("a.xyz", b"data", 422),
        ("../../../etc/passwd", b"data", 422),
        ("", b"data", 422),
    ],
)
def test_files_that_are_none_are_told_without_folders(client, name, content, status):
    answer = client.post("/v1/convert", files={"file": (name, content)})
    assert answer.status_code == status
    message = answer.json()["error"]["message"]
    assert "tmp" not in message
    assert "/etc" not in message


def test_names_of_uploads_are_made_harmless():
    assert _safe("../../x/y.bvh") == "y.bvh"
    assert _safe("C:\\a\\wälk one.bvh") == "w_lk one.bvh"
    assert _safe(None) == _safe("..") == _safe("/") == "upload"
    assert len(_safe("a" * 500 + ".bvh")) < 100


def test_a_clip_that_is_too_long_is_refused(standing):
    with TestClient(create_app(Settings(most_frames=3)), base_url="http://127.0.0.1") as small:
        assert small.post("/v1/describe-motion", json={"clip": {"poses": [standing] * 4}}).status_code == 413


def test_the_body_fits_its_mesh(client):
    body = client.get("/v1/body").json()
    assert body["joints"] == list(JOINT_NAMES)
    assert body["parents"] == list(PARENTS)
    assert body["rest"][0] == [0, 0, 0]
    assert body["rest"][body["joints"].index("left_wrist")][0] > 0.3
    assert client.get("/v1/body.glb?mesh=preview").content[:4] == b"glTF"
    assert client.get("/v1/body.glb?mesh=other").status_code == 422


def test_stances_can_be_sent_back(client):
    library = client.get("/v1/stances").json()
    row = next(one for one in library["stances"] if one["name"] == "squat")
    assert torch.allclose(PoseJson.model_validate(row["pose"]).pose().rotations, stance("squat").rotations, atol=1e-6)
    assert {len(hand[side]) for hand in library["hands"] for side in ("left", "right")} == {15}


def test_pictures_have_the_size_that_is_asked_for(client, standing):
    picture = client.post("/v1/render", json={"pose": standing, "width": 60, "height": 90})
    assert Image.open(io.BytesIO(picture.content)).size == (60, 90)
    assert client.post("/v1/render", json={"pose": standing, "width": 9000}).status_code == 413
    assert client.post("/v1/render", json={"pose": standing, "format": "gif"}).status_code == 422
    pack = client.post("/v1/control", json={"pose": standing, "style": "pack", "width": 64, "height": 64})
    names = zipfile.ZipFile(io.BytesIO(pack.content)).namelist()
    assert {"openpose.png", "depth.png", "normal.png", "mask.png", "keypoints.json", "caption.txt"} <= set(names)


def test_hidden_joints_are_left_out_of_openpose(client, standing):
    asked = {"pose": standing, "style": "pack", "width": 128, "height": 128, "azimuth": 0, "elevation": 0}

    def seen(hidden):
        pack = client.post("/v1/control", json={**asked, "hidden": hidden}).content
        with zipfile.ZipFile(io.BytesIO(pack)) as archive:
            people = json.loads(archive.read("keypoints.json"))["people"]
        return [number > 0 for number in people[0]["pose_keypoints_2d"][2::3]]

    everything, some = seen([]), seen(["left_wrist", "head"])
    assert [n for n, (a, b) in enumerate(zip(everything, some, strict=True)) if a != b] == [0, 7, 14, 15, 16, 17]
    refused = client.post("/v1/control", json={**asked, "hidden": ["tail"]})
    assert refused.status_code == 422
    assert refused.json()["error"]["field"] == "hidden"


def test_a_picture_with_too_many_pixels_is_refused_unread(client):
    stream = io.BytesIO()
    Image.new("1", (9000, 9000)).save(stream, "PNG")
    answer = client.post("/v1/keypoints", files={"file": ("big.png", stream.getvalue())})
    assert answer.status_code == 413


def test_nobody_in_a_picture_is_told(client):
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, "PNG")
    answer = client.post("/v1/recover", files={"file": ("empty.png", stream.getvalue())})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith("empty.png")
    assert client.post("/v1/recover", files={"file": ("a.png", b"x")}, data={"boxes": "[[1]]"}).status_code == 422


def test_bodies_are_recovered_by_the_network_that_is_asked_for(client, standing):
    picture = client.post("/v1/render", json={"pose": standing, "width": 200, "height": 260}).content
    found = {}
    for algorithm in ("lifted", "small"):
        form = {"algorithm": algorithm, "boxes": "[[20, 10, 160, 240]]"}
        answer = client.post("/v1/recover", files={"file": ("a.png", picture)}, data=form)
        assert answer.status_code == 200, answer.text
        found[algorithm] = answer.json()["clips"][0]["poses"]
    assert found["small"] != found["lifted"]
    refused = client.post("/v1/recover", files={"file": ("a.png", picture)}, data={"algorithm": "other"})
    assert refused.status_code == 422


def over(client, begun):
    """A job once it is over."""
    assert begun.status_code == 202, begun.text
    for _ in range(1200):
        job = client.get(begun.headers["location"]).json()
        if job["status"] not in ("waiting", "running"):
            return job
        time.sleep(0.1)
    raise AssertionError(job)


@pytest.mark.parametrize("kind", ["recover", "keypoints"])
def test_a_photo_is_looked_at_as_a_job_where_one_is_asked_for(client, standing, kind):
    picture = client.post("/v1/render", json={"pose": standing, "width": 200, "height": 260}).content
    form, files = {"boxes": "[[20, 10, 160, 240]]"}, {"file": ("a.png", picture)}
    at_once = client.post(f"/v1/{kind}", files=files, data=form).json()
    job = over(client, client.post(f"/v1/{kind}", files=files, data={**form, "job": "true"}))
    assert job["status"] == "done"
    assert job["result"] == at_once
    step = job["progress"]
    assert step["done"] == step["total"] > 1
    assert step["what"] == {"recover": "fitting the body", "keypoints": "looking for people"}[kind]


def test_a_photo_that_nobody_waits_for_any_more_is_left_at_the_next_look(client, standing, monkeypatch):
    """The job is cancelled while the reader looks; the bodies are never fitted."""
    from poseloom.tasks.keypoints import sources

    picture = client.post("/v1/render", json={"pose": standing, "width": 200, "height": 260}).content
    looking, go_on, finished = Event(), Event(), []
    reader = sources.KeypointReader
    seen, hands = reader.look_for, reader.finished

    def look_for(self, *arguments, **options):
        looking.set()
        assert go_on.wait(60)
        return seen(self, *arguments, **options)

    monkeypatch.setattr(reader, "look_for", look_for)
    monkeypatch.setattr(reader, "finished", lambda *given: finished.append(1) or hands(*given))
    begun = client.post("/v1/recover", files={"file": ("a.png", picture)}, data={"job": "true"})
    assert looking.wait(60)
    assert client.delete(begun.headers["location"]).json()["status"] == "running"
    go_on.set()
    assert over(client, begun)["status"] == "cancelled"
    assert finished == []


def test_a_video_becomes_a_job(client, standing):
    frames = [Image.new("RGB", (64, 64), (shade, 0, 0)) for shade in (0, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=100)
    begun = client.post("/v1/keypoints", files={"file": ("moving.gif", stream.getvalue())})
    job = over(client, begun)
    assert job["status"] == "failed"
    assert job["error"]["message"].startswith("moving.gif: nobody is found")
    assert client.delete(begun.headers["location"]).status_code == 200
    assert client.get(begun.headers["location"]).status_code == 404


def test_words_that_are_a_path_are_words(client, tmp_path, monkeypatch):
    """A file of this machine must not be read because its path was sent as text."""
    secret = tmp_path / "secret.bvh"
    secret.write_text("HIERARCHY", encoding="utf-8")
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, "PNG")
    answer = client.post("/v1/transfer", files={"file": ("a.png", stream.getvalue())}, data={"text": str(secret)})
    assert "BVH" not in answer.text
    monkeypatch.setattr(transfers, "load", lambda _: pytest.fail("the file is read"))
    with suppress(PoseloomError):  # such as that nothing of it is understood
        transfers._target_pose(str(secret), Pose(torch.zeros(22, 3)), 0, from_files=False)
    asked = {"pose": {"rotations": [[0, 0, 0]] * 22}, "model": str(secret)}
    assert client.post("/v1/caption", json=asked).status_code == 422


@pytest.fixture(scope="module")
def library(numbered, tmp_path_factory):
    """A service with a table, its index, and an index of it as one of several tables."""
    from poseloom.data.table import Table
    from poseloom.search import TableRows, build_index
    from poseloom.search.tables import NamedRows

    index = tmp_path_factory.mktemp("index")
    rows = TableRows(Table(numbered))
    build_index(rows, index / "numbered")
    build_index(NamedRows(rows, Path(numbered).name), index / "several")
    indexes = {"numbers": index / "numbered", "several": index / "several"}
    settings = Settings(tables={"numbers": numbered}, indexes=indexes)
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as one:
        yield one


def test_tables_are_browsed_row_by_row(library, check_answer, numbered):
    from poseloom.data.table import Table

    table = Table(numbered)
    assert library.get("/v1/tables").json()["tables"][0]["rows"] == len(table)
    page = library.get("/v1/tables/numbers/rows", params={"offset": 2, "limit": 3}).json()
    assert page["total"] == len(table)
    assert [row["number"] for row in page["rows"]] == [2, 3, 4]
    first = page["rows"][0]
    assert PoseJson.model_validate(first["pose"]).pose().joints == 22
    assert [one["text"] for one in first["texts"]] == [one.text for one in table.texts(2)]
    split = table.split(0)
    chosen = library.get("/v1/tables/numbers/rows", params={"split": split, "limit": 200, "poses": False}).json()
    assert chosen["total"] == len(table.rows_of(split))
    assert all(row["split"] == split and "pose" not in row for row in chosen["rows"])
    assert library.get("/v1/tables/numbers").json()["rows"] == len(table)
    for path in ("", "/numbers", "/numbers/rows", "/numbers/rows/2"):
        check_answer(library.get(f"/v1/tables{path}"))
    assert library.get("/v1/tables/numbers/rows/100000").status_code == 404
    assert library.get("/v1/tables/other/rows").json()["error"]["field"] == "table"


def test_pairs_come_with_both_rows(library, check_answer, numbered):
    from poseloom.data.table import Table

    answer = library.get("/v1/tables/numbers/pairs", params={"limit": 5})
    check_answer(answer)
    page = answer.json()
    assert page["total"] == len(Table(numbered).pairs)
    for pair in page["pairs"]:
        assert pair["a"] is None or pair["a"]["id"]


def test_a_table_is_inspected_as_a_job(library, check_answer):
    begun = library.post("/v1/tables/numbers/inspect")
    assert begun.status_code == 202
    check_answer(begun)
    for _ in range(600):
        answer = library.get(begun.headers["location"])
        check_answer(answer)
        job = answer.json()
        if job["status"] not in ("waiting", "running"):
            break
        time.sleep(0.1)
    assert job["status"] == "done"
    assert job["result"]["damaged"] == 0


def test_an_index_is_searched_by_a_pose_and_by_both(library, check_answer, numbered):
    from poseloom.data.table import Table

    table = Table(numbered)
    pose = pose_json(table.pose(3).reshape(1))[0]
    answer = library.post("/v1/search", json={"index": "numbers", "pose": pose, "k": 2, "table": "numbers"})
    check_answer(answer)
    check_answer(library.get("/v1/indexes"))
    found = answer.json()
    assert len(found["hits"]) == 2
    assert found["hits"][0]["score"] > 0.99
    assert PoseJson.model_validate(found["hits"][0]["pose"]).pose().joints == 22
    several = library.post("/v1/search", json={"index": "several", "pose": pose, "k": 1, "table": "numbers"}).json()
    assert several["hits"][0]["id"].startswith(f"{Path(numbered).name}/")
    assert several["hits"][0]["pose"] == found["hits"][0]["pose"], "though ids begin with the table's name"
    words = {"index": "numbers", "text": "both arms out to the sides", "near": True, "k": 200}
    by_words = library.post("/v1/search", json=words).json()["hits"]
    both = library.post("/v1/search", json=words | {"pose": pose, "k": 5}).json()["hits"]
    assert len(both) == min(5, len(by_words))
    assert {hit["row"] for hit in both} <= {hit["row"] for hit in by_words}
    assert [hit["score"] for hit in both] == sorted((hit["score"] for hit in both), reverse=True)
    assert library.post("/v1/search", json={"index": "numbers"}).status_code == 422
    assert library.get("/v1/indexes").json()["indexes"][0]["rows"] == len(table)


def test_a_table_that_disappeared_is_told(standing, tmp_path):
    settings = Settings(tables={"gone": tmp_path / "gone"})
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as one:
        assert one.get("/v1/tables").json()["tables"][0]["error"]["code"] == "not_found"
        answer = one.get("/v1/tables/gone/rows")
        assert answer.status_code == 404
        assert str(tmp_path) not in answer.text
