import shutil

import numpy as np
import pytest
import releases
import torch
from releases import AUTOMATIC, IDS, POSES, posescript, raw_poses, write_amass

from poseloom.base.errors import PoseloomError
from poseloom.data import Table, executor, open_source, prepare
from poseloom.data.sources import amass_poses
from poseloom.formats.amass import Z_UP_TO_Y_UP
from poseloom.pose.rotations import rotvec_to_rotmat


def source(folder, amass, **options):
    return open_source("posescript", {"folder": folder, "amass": amass, **options})


@pytest.fixture
def release(tmp_path):
    """Folder of the release, below another one as archives unpack it."""
    posescript(tmp_path / "release/PoseScript-v2")
    return tmp_path / "release"


def problems(part):
    return [problem for shard in part.shards for problem in shard.problems]


def test_every_pose_with_its_texts(tmp_path, release, amass):
    part = prepare(source(release, amass), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert set(table.column("id").to_pylist()) == {f"posescript/{number}" for number in POSES}
    row = table.row(int(table.numbers_of(["posescript/0"])[0]))
    assert row.origin.file == "CMU/CMU/75/75_09_poses.npz" and row.origin.frame == 0 and row.split == "train"
    assert [(one.kind, one.source, one.text) for one in row.texts] == [
        ("human", "posescript-H2", "He stands."),
        ("human", "posescript-H2", "A person stands upright."),
        *(("automatic", "posescript-A2", text) for text in AUTOMATIC[0]),
    ]
    assert table.layout.joints == 52 and row.joints == 52 and not problems(part)
    assert {table.split(int(row)) for row in table.numbers_of(["posescript/1", "posescript/4"])} == {"val"}


def test_roots_are_those_of_the_original(tmp_path, golden):
    _, arrays = golden("text-pose/pose_normalisation")
    raw = arrays["raw_a"]
    write_amass(tmp_path / "amass/CMU/1/a_poses.npz", raw)
    frames = {place: ["AMASS", "CMU/CMU/1/a_poses.npz", place] for place in range(len(raw))}
    ids = list(frames)
    folder = posescript(tmp_path / "ps", frames, {}, {one: ["x"] for one in ids}, train=ids, val=[], test=[])
    prepare(source(folder, tmp_path / "amass"), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    made = rotvec_to_rotmat(table.poses(table.numbers_of([f"posescript/{one}" for one in ids])).rotations.double())
    expected = rotvec_to_rotmat(torch.from_numpy(arrays["pose_a"]).double())
    expected[:, 0] = torch.tensor(Z_UP_TO_Y_UP, dtype=torch.float64) @ expected[:, 0]
    assert torch.allclose(made, expected, atol=2e-6)


def test_people_alone(tmp_path, release, amass):
    prepare(source(release, amass, texts="human"), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    assert len(table) == 2 and {one.kind for row in table for one in row.texts} == {"human"}


def test_labels_of_babel_are_added(tmp_path, release, amass):
    prepare(source(release, amass, babel=releases.babel(tmp_path / "babel")), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    (number,) = table.numbers_of(["posescript/3"])
    assert [one.text for one in table.texts(int(number))][-2:] == ["walk on a treadmill", "walk"]


def test_what_points_nowhere_is_counted(tmp_path, amass):
    folder = posescript(
        tmp_path / "ps",
        poses={**POSES, 6: ["AMASS", "CMU/CMU/75/75_10_poses.npz", 12], 7: ["AMASS", "KIT/KIT/3/a_poses.npz", 0]},
        human={0: "one", 1: ["", " "], 99: "nowhere", 6: "too late"},
        automatic={number: ["x"] for number in (1, 2, 3, 4, 7)},
        train=[0, 3, 6, 7],
        test=[2, 55],
        val=[1, 5],
    )
    part = prepare(source(folder, amass), tmp_path / "t")
    assert problems(part) == [
        f"1 ids with texts are not in {IDS}: 99",
        f"1 ids of the splits are not in {IDS}: 55",
        "1 ids with texts are in no split; theirs is empty: 4",
        "KIT: 1 sequences are not in the folder of AMASS, so that 1 poses are left out: KIT/KIT/3/a_poses.npz",
        "posescript_human_6293.json: 2 texts are empty; left out",
        "1 poses of the splits have no text; left out",
        "CMU/CMU/75/75_10_poses.npz: has 12 frames, so that 1 poses are left out: posescript/6 (frame 12)",
    ]
    table = Table.open(tmp_path / "t")
    assert set(table.column("id").to_pylist()) == {f"posescript/{number}" for number in (0, 1, 2, 3, 4)}
    assert table.split(int(table.numbers_of(["posescript/4"])[0])) == ""
    with pytest.raises(PoseloomError, match=r"1 ids with texts are not in .*without --strict"):
        prepare(source(folder, amass, strict=True), tmp_path / "strict")


def test_a_frame_that_is_not_there_stops_a_strict_build(tmp_path, amass):
    folder = posescript(tmp_path / "ps", {**POSES, 2: ["AMASS", "CMU/CMU/75/75_10_poses.npz", -1]})
    with pytest.raises(PoseloomError, match=r"has 12 frames, so that 1 poses are left out: posescript/2 \(frame -1\)"):
        prepare(source(folder, amass, strict=True), tmp_path / "t")


def test_a_file_is_opened_once(tmp_path, release, amass, monkeypatch):
    opened = []

    def read(path):
        opened.append(path)
        return amass_poses_read(path)

    amass_poses_read = amass_poses.read_amass
    monkeypatch.setattr(amass_poses, "read_amass", read)
    monkeypatch.setattr(amass_poses, "SHARD_ROWS", 1)
    prepare(source(release, amass), tmp_path / "t")
    assert len(opened) == len(set(opened)) == 4


def test_processes_and_a_continued_build_give_the_same_bytes(tmp_path, release, amass, content, monkeypatch):
    monkeypatch.setattr(amass_poses, "SHARD_ROWS", 2)
    for name in ("here", "processes"):
        prepare(source(release, amass), tmp_path / name, executor(name, 2))
    broken = shutil.copytree(tmp_path / "here", tmp_path / "broken")
    (broken / "manifest.json").unlink()
    shutil.rmtree(next((broken / "rows").iterdir()) / "00001")
    prepare(source(release, amass), broken)
    assert content(tmp_path / "here") == content(tmp_path / "processes") == content(broken)


@pytest.mark.parametrize("width", [66, 165])
def test_other_bodies_in_a_file_are_told(tmp_path, amass, width):
    folder = shutil.copytree(amass, tmp_path / "amass")
    write_amass(folder / "CMU/75/75_10_poses.npz", raw_poses(20, width))
    part = prepare(source(posescript(tmp_path / "ps"), folder), tmp_path / "t")
    (problem,) = problems(part)
    assert "expected AMASS (SMPL-H) with 52;" in problem and "1 poses are left out" in problem


def test_a_source_is_pickled_without_what_it_read(release, amass):
    import pickle

    one = source(release, amass)
    size = len(pickle.dumps(one))
    assert one.units() and one.options() and len(pickle.dumps(one)) == size
    assert pickle.loads(pickle.dumps(one)) == one


def test_files_of_another_version_or_place(tmp_path, release, amass, amass_x):
    with pytest.raises(PoseloomError, match=r"expected SMPL\+H G .*frames and texts of this data set belong to that"):
        source(release, amass_x)
    with pytest.raises(PoseloomError, match="texts: unknown 'humans'; expected some of human,automatic"):
        source(release, amass, texts="humans")
    inner = release / "PoseScript-v2"
    (inner / "posescript_human_6293.json").rename(inner / "posescript_human_3893.json")
    told = r"posescript_human_6293\.json: does not exist; the folder has posescript_human_3893\.json, of another"
    with pytest.raises(PoseloomError, match=told):
        source(release, amass)
    (inner / IDS).unlink()
    with pytest.raises(PoseloomError, match=r"100k\.json: does not exist; it is part of PoseScript: .*naverlabs"):
        source(release, amass)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"poses": {0: ["BEDLAM", "a.npz", 0]}}, "id 0: is of 'BEDLAM', expected 'AMASS'"),
        ({"poses": {0: ["AMASS", "a.npz"]}}, r'id 0: expected \["AMASS", sequence, frame index\]'),
        ({"poses": {"a": ["AMASS", "a.npz", 0]}}, "a: expected a number"),
        ({"poses": [1]}, "holds a list, expected a table by id"),
        ({"human": {0: 5}}, "id 0: expected a text or a list of texts"),
        ({"train": [0, 0]}, r"train_ids_100k\.json: id 0: is there twice"),
        ({"train": [1]}, r"val_ids_100k\.json: id 1: is also in train"),
        ({"poses": {0: ["AMASS", "KIT/a/b_poses.npz", 0]}}, "holds none of the 1 sequences that are needed"),
    ],
)
def test_mistakes_are_one_line(tmp_path, amass, changed, told):
    folder = posescript(tmp_path / "ps", **changed)
    with pytest.raises(PoseloomError, match=told) as caught:
        prepare(source(folder, amass), tmp_path / "t")
    assert "\n" not in str(caught.value)


def test_two_versions_of_a_file(tmp_path, release, amass):
    shutil.copytree(release / "PoseScript-v2", release / "older")
    assert source(release, amass).units()
    posescript(release / "older", human={})
    with pytest.raises(PoseloomError, match=r"posescript_human_6293\.json: is there 2 times with different content"):
        source(release, amass)


def test_damaged_json(tmp_path, release, amass):
    (release / "PoseScript-v2/train_ids_100k.json").write_text("[1, 2")
    with pytest.raises(PoseloomError, match=r"train_ids_100k\.json: is no JSON"):
        source(release, amass).units()


def test_hands_are_kept(tmp_path, release, amass):
    prepare(source(release, amass), tmp_path / "t")
    table = Table.open(tmp_path / "t")
    (number,) = table.numbers_of(["posescript/1"])
    raw = np.load(amass / "CMU/75/75_09_poses.npz")["poses"][39].reshape(52, 3)
    assert np.allclose(table.pose(int(number)).rotations[1:], raw[1:], atol=1e-6)
    assert not table.pose(int(number)).translation.any()
