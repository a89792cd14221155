"""Large bodies, floods and pictures beside JSON; the event loop is never held up."""

import asyncio
import io
import json
import threading

import httpx2
import pytest
from PIL import Image
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from poseloom import api
from poseloom.base.errors import PoseloomError
from poseloom.pose import Pose
from poseloom.results.found import Found, Hit
from poseloom.server import Settings, create_app
from poseloom.server.bodies import LARGE, MOST_BRACKETS, MOST_KEYS, parsed
from poseloom.server.errors import RefusalError
from poseloom.server.routers.describe import DescribeRequest

BASE = "http://127.0.0.1:8642"
JSON = {"Content-Type": "application/json"}


def picture(side=64):
    stream = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 200)).save(stream, "PNG")
    return stream.getvalue()


def padded(body):
    """The same JSON, large by the spaces in it."""
    return json.dumps(body).encode().replace(b"{", b"{" + b" " * LARGE, 1)


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"])
def test_large_bodies_are_read_in_a_thread(client, standing, monkeypatch, kind):
    threads = []
    monkeypatch.setattr("poseloom.server.bodies.json.loads", _noting(json.loads, threads))
    body = {"pose": standing, "style": "short"}
    large = client.post("/v1/describe", content=padded(body), headers={"Content-Type": kind})
    assert large.json() == client.post("/v1/describe", json=body).json()
    assert threads
    assert all("pictures and files" in name for name in threads)


def _noting(function, threads):
    def noted(*arguments, **options):
        if isinstance(arguments[0], bytes) and len(arguments[0]) >= LARGE:
            threads.append(threading.current_thread().name)
        return function(*arguments, **options)

    return noted


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"pose": {"rotations": [[0, 0, 0]] * 21}}, "pose.rotations"),
        ({"pose": None}, "pose"),
        ({"seed": -1}, "seed"),
    ],
)
def test_mistakes_of_large_bodies_have_their_place(client, body, field):
    answer = client.post("/v1/describe", content=padded(body), headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_large_bodies_that_are_no_json_are_refused(client):
    for content in (b"[" * LARGE, b"{" + b" " * LARGE, b'"' + b"x" * LARGE, b"\xff" * LARGE):
        answer = client.post("/v1/describe", content=content, headers=JSON)
        assert answer.status_code == 422, content[:10]
        assert "Traceback" not in answer.text


def test_a_flood_of_mistakes_or_lists_is_told_in_a_line():
    with pytest.raises(RefusalError, match=r"100,00\d mistakes"):
        parsed(DescribeRequest, json.dumps({f"k{number}": 0 for number in range(100_000)}).encode())
    with pytest.raises(RefusalError, match="at most 100000 items"):
        parsed(DescribeRequest, b'{"poses": [' + b"1," * 1_000_000 + b"1]}")
    for content in (b"[" + b"[]," * MOST_BRACKETS + b"[]]", b"{" + b'"a":1,' * MOST_KEYS + b'"b":1}'):
        with pytest.raises(RefusalError) as many:
            parsed(DescribeRequest, content)
        assert many.value.status == 413


# -- the event loop ------------------------------------------------------------------------------------------------

POSE = {"rotations": [[0, 0, 0]] * 22}
CLIP = {"clip": {"poses": [POSE] * 4, "fps": 2}}
BLOCKED = [
    ("judge", "/v1/judge", {"text": "a squat", "poses": [POSE]}),
    ("check", "/v1/check", {**CLIP, "sentences": ["both knees bent"]}),
    ("describe_motion", "/v1/describe-motion", CLIP),
    ("describe_sentences", "/v1/describe", {"pose": POSE}),
    ("describe_sentences", "/v1/describe", CLIP),
    ("instruct", "/v1/instruct", {"start": POSE, "end": POSE}),
    ("angles", "/v1/angles", CLIP),
    ("load_model", "/v1/generate", {"text": "a squat", "n": 1}),
    ("generate", "/v1/generate", {"text": "a squat", "n": 1, "verify": True}),
    ("edit", "/v1/edit", {"pose": POSE, "instruction": "raise the left arm"}),
    ("caption", "/v1/caption", {"pose": POSE}),
    ("load_model", "/v1/embed", {"texts": ["a squat"]}),
    ("save", "/v1/export", {"pose": POSE, "format": "bvh"}),
    ("explain", "/v1/sign", {"hamnosys": "flathand", "poses": False}),
    ("load", "/v1/convert", None),
    ("keypoints", "/v1/keypoints", None),
    ("recover", "/v1/recover", None),
    ("transfer", "/v1/transfer", None),
]


@pytest.mark.parametrize(("name", "path", "body"), BLOCKED, ids=[f"{one[0]}-{one[1][4:]}" for one in BLOCKED])
def test_others_are_answered_while_something_works(monkeypatch, name, path, body):
    """The work waits until health has been answered: in the event loop it would wait for ever."""
    begun, answered = threading.Event(), threading.Event()

    def held(*_, **__):
        begun.set()
        if not answered.wait(60):
            raise RuntimeError("nobody was answered meanwhile")
        raise PoseloomError("that is enough")

    monkeypatch.setattr(api, name, held)
    given = {"json": body} if body is not None else {"files": {"file": ("a.png", picture())}, "data": _form(path)}

    async def ask():
        app = create_app(Settings(threads=1))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE, timeout=90) as one:
            task = asyncio.create_task(one.post(path, **given))
            await asyncio.to_thread(begun.wait, 60)
            health = await one.get("/v1/health")
            assert not task.done()
            answered.set()
            return health, await task

    health, late = asyncio.run(ask())
    assert health.status_code == 200
    assert late.json()["error"]["message"] == "that is enough"


def _form(path):
    return {"text": "a squat"} if path == "/v1/transfer" else {}


def test_no_request_takes_a_thread_that_it_does_not_need(client, monkeypatch):
    """A dependency that is no coroutine would be called in a thread, each time."""

    async def refused(*_, **__):
        raise AssertionError("a thread was asked for")

    monkeypatch.setattr("starlette.concurrency.run_in_threadpool", refused)
    monkeypatch.setattr("fastapi.dependencies.utils.run_in_threadpool", refused)
    monkeypatch.setattr("fastapi.routing.run_in_threadpool", refused)
    assert client.get("/v1/health").status_code == 200
    assert client.post("/v1/describe", json={"pose": POSE}).status_code == 200


def test_what_all_requests_hold_is_bounded(monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def held(*_, **__):
        begun.set()
        go.wait(60)
        raise PoseloomError("enough")

    monkeypatch.setattr(api, "judge", held)
    body = {"text": "a squat" * 300, "poses": [POSE]}

    async def ask():
        app = create_app(Settings(largest_together=4000))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE, timeout=90) as one:
            task = asyncio.create_task(one.post("/v1/judge", json=body))
            await asyncio.to_thread(begun.wait, 60)
            busy = await one.post("/v1/judge", json=body)
            go.set()
            await task
            return busy, await one.post("/v1/judge", json=body)

    busy, after = asyncio.run(ask())
    assert busy.status_code == 503
    assert busy.headers["retry-after"] == "1"
    assert after.json()["error"]["message"] == "enough"


def test_only_so_many_sockets_are_open():
    live = "ws://127.0.0.1:8642/v1/live"
    with TestClient(create_app(Settings(sockets=1)), base_url=BASE) as one:
        with one.websocket_connect(live):
            with pytest.raises(WebSocketDisconnect) as closed, one.websocket_connect(live):
                pass
            assert closed.value.code == 1013
        with one.websocket_connect(live) as socket:
            socket.send_text("{}")
            assert socket.receive_json()["error"]["field"] == "kind"


# -- pictures beside JSON ------------------------------------------------------------------------------------------


def test_a_picture_and_words_have_a_vector_together(client):
    asked = {"texts": ["both arms raised"], "boxes": [[4, 4, 50, 56]]}
    both = client.post("/v1/embed", data={"request": json.dumps(asked)}, files=[("images", ("a.png", picture()))])
    assert both.status_code == 200, both.text
    alone = client.post("/v1/embed", json={"texts": ["both arms raised"], "model": "embedding"}).json()
    assert both.json()["dimensions"] == alone["dimensions"] == len(both.json()["vectors"][0])
    assert both.json()["vectors"] != alone["vectors"]


@pytest.mark.parametrize(
    ("data", "files", "field"),
    [
        ({"request": "{}"}, [("image", ("a.png", b"x"))], "images"),
        ({"request": "{"}, [("images", ("a.png", b"x"))], "body"),
        ({"request": '{"texts": 1}'}, [("images", ("a.png", b"x"))], "texts"),
        ({"request": '{"model": "retrieval"}'}, [("images", ("a.png", b"x"))], "model"),
        ({"request": "{}", "images": "no file"}, [("x", ("a.png", b"x"))], "images"),
        ({"request": '{"boxes": [[1, 2, 3]]}'}, [("images", ("a.png", b"x"))], "boxes.0.3"),
        ({"request": "{}"}, [("images", ("a.png", b""))], "images"),
    ],
)
def test_forms_that_are_wrong_are_refused_by_field(client, data, files, field):
    answer = client.post("/v1/embed", data=data, files=files)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field


@pytest.fixture
def asked(monkeypatch):
    """What `find` is asked with, instead of being asked."""
    calls = []

    def find(query, index, k, *, image=None, **options):
        calls.append({"query": query, "image": None if image is None else image.read_bytes(), **options})
        row = Hit("a", 0.5, "text", 0, {"picture": "/srv/my photos/one/a.jpg", "box": "1 2 3 4"})
        return Found((row,))

    monkeypatch.setattr(api, "find", find)
    monkeypatch.setattr("poseloom.checkpoints.space_index.is_of_space", lambda _: True)
    monkeypatch.setattr("poseloom.server.libraries.Libraries.index", lambda *_: [])
    return calls


def test_pictures_words_and_poses_are_searched_with_together(client, standing, asked):
    body = {"index": "people", "text": "but kneeling", "pose": standing, "box": [0, 0, 9, 9]}
    answer = client.post("/v1/search", data={"request": json.dumps(body)}, files=[("images", ("a.png", picture()))])
    assert answer.status_code == 200, answer.text
    (call,) = asked
    assert call["image"] == picture()
    assert (call["text"], call["box"]) == ("but kneeling", (0, 0, 9, 9))
    assert isinstance(call["pose"], Pose)


def test_hits_name_files_without_their_folders(client, asked):
    answer = client.post("/v1/search", json={"index": "people", "text": "kneeling"})
    assert answer.json()["hits"][0]["metadata"] == {"picture": "a.jpg", "box": "1 2 3 4"}
