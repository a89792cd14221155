"""What strangers try: paths where words are expected, bombs, numbers that are none, floods."""

import asyncio
import io
import json
import sys
import zipfile
from contextlib import contextmanager

import httpx2
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from poseloom.server import Settings, create_app

BASE = "http://127.0.0.1:8642"
JSON = {"Content-Type": "application/json"}
SECRET = "HIERARCHY of a secret"
SPEC = create_app(Settings()).openapi()["paths"]
SCHEMAS = create_app(Settings()).openapi()["components"]["schemas"]


class _Opened:
    """Files that Python opens, as long as somebody looks."""

    def __init__(self):
        self.looking, self.paths = False, []
        sys.addaudithook(self)

    def __call__(self, event, arguments):
        if self.looking and event in ("open", "os.listdir", "os.scandir"):
            self.paths.append(str(arguments[0]))

    @contextmanager
    def under(self, folder):
        self.looking, self.paths = True, []
        try:
            yield lambda: [path for path in self.paths if str(folder) in path]
        finally:
            self.looking = False


@pytest.fixture(scope="session")
def opened():
    return _Opened()


def jsons():
    """Endpoints with a right request each."""
    for path, methods in SPEC.items():
        content = methods.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            yield path, SCHEMAS[name]["examples"][0], SCHEMAS[name]["properties"]


TEXTS = [
    pytest.param(path, {**body, name: [secret] if kind == "array" else secret}, id=f"{path[4:]}-{name}-{suffix}")
    for path, body, properties in jsons()
    for name, schema in properties.items()
    for kind in [
        next((one["type"] for one in schema.get("anyOf", [schema]) if one.get("type") in ("string", "array")), "")
    ]
    if kind and name not in ("poses", "poses_after", "boxes", "pins", "box")
    for suffix in ("bvh", "sigml", "jpg", "safetensors")
    for secret in [f"SECRET.{suffix}"]
]


@pytest.mark.parametrize(("path", "body"), TEXTS)
def test_words_of_a_request_are_never_a_file_of_the_machine(client, tmp_path, opened, path, body):
    suffix = next(one.rpartition(".")[2] for one in _strings(body) if one.startswith("SECRET."))
    secret = tmp_path / f"secret.{suffix}"
    secret.write_text(SECRET, encoding="utf-8")
    sent = json.loads(json.dumps(body).replace(f"SECRET.{suffix}", str(secret)))
    with opened.under(tmp_path) as found:
        answer = client.post(path, json=sent)
        assert found() == []
    assert answer.status_code < 500, answer.text
    assert "of a secret" not in answer.text


def _strings(value):
    if isinstance(value, dict | list):
        return [one for inner in (value.values() if isinstance(value, dict) else value) for one in _strings(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%2e%2e", "..", "%00", "a%0ab", "x" * 5000])
@pytest.mark.parametrize("place", ["tables", "models", "jobs"])
def test_names_in_addresses_are_no_paths(client, place, name):
    answer = client.get(f"/v1/{place}/{name}")
    assert answer.status_code in (404, 422)
    assert set(answer.json()["error"]) == {"code", "message", "field"}
    assert len(answer.json()["error"]["message"]) <= 400


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 5000, "-1e308", '"1e5000"', "true", "null", "[]"]
)
@pytest.mark.parametrize("place", ["rotations", "translation", "seed"])
def test_numbers_that_are_none_are_refused_everywhere(client, number, place):
    row = f"[0, 0, {number}]" if place != "seed" else "[0, 0, 0]"
    rotations = ", ".join(["[0, 0, 0]"] * 21 + [row if place == "rotations" else "[0, 0, 0]"])
    translation = f', "translation": {row}' if place == "translation" else ""
    seed = f', "seed": {number}' if place == "seed" else ""
    body = f'{{"pose": {{"rotations": [{rotations}]{translation}}}{seed}}}'
    answer = client.post("/v1/describe", content=body, headers=JSON)
    assert answer.status_code in (400, 422) or number == "true"
    assert answer.status_code < 500


def npz_bomb(**shapes):
    """An archive of zeros, which is small as long as it is packed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in shapes.items():
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array_header_1_0(entry, {"descr": "<f8", "fortran_order": False, "shape": shape})
                for _ in range(64):
                    entry.write(bytes(1 << 20))
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(10**12, 3), (10**6, 156), (2**62, 2**62), (-1, 3)])
def test_archives_that_claim_to_be_huge_are_refused(client, shape):
    answer = client.post("/v1/convert", files={"file": ("a.npz", npz_bomb(poses=shape, trans=shape))})
    assert answer.status_code in (413, 422), answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"[" * 1_000_000),
        ("a.json", b'{"poses": ' * 50_000),
        ("a.pkl", b"cos\nsystem\n(S'touch x'\ntR."),
        ("a.pt", b"PK\x03\x04" + bytes(100)),
        ("a.glb", b"glTF\x02\x00\x00\x00\xff\xff\xff\xff"),
        ("a.gltf", b'{"asset": {"version": "2.0"}, "buffers": [{"uri": "../../../etc/passwd", "byteLength": 9}]}'),
        ("a.bvh", b"HIERARCHY\n" + b"ROOT a {\n" * 100_000),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(1000)),
        ("a.fbx", b"Kaydara FBX Binary  \x00\x1a\x00" + b"\xff" * 1000),
        ("a.pose", b"\xff" * 1000),
        ("a.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
        ("a.npy", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535),
    ],
)
def test_files_that_are_made_to_hurt_are_refused(client, name, content):
    for path in ("/v1/convert", "/v1/keypoints"):
        answer = client.post(path, files={"file": (name, content)})
        if answer.status_code == 202:  # its name is that of a video: the job tells
            client.delete(answer.headers["location"])
            continue
        assert answer.status_code in (413, 415, 422), (path, answer.text)
        message = answer.json()["error"]["message"]
        assert len(message) <= 400
        assert "passwd" not in message or name == "a.gltf"


def test_a_video_is_not_converted_while_its_client_waits(client):
    frames = [Image.new("RGB", (32, 32), (shade, 0, 0)) for shade in (0, 200)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=100)
    answer = client.post("/v1/convert", files={"file": ("moving.gif", stream.getvalue())})
    assert answer.status_code == 422
    assert "/v1/recover" in answer.json()["error"]["message"]


def test_a_body_that_does_not_come_ends_the_request():
    async def never():
        yield b'{"pose": '
        await asyncio.sleep(5)
        yield b"{}}"

    async def ask():
        app = create_app(Settings(seconds=0.2))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE) as one:
            return await one.post("/v1/describe", content=never(), headers=JSON)

    answer = asyncio.run(ask())
    assert answer.status_code == 408


def test_a_flood_through_the_socket_leaves_others_answered(standing):
    live = "ws://127.0.0.1:8642/v1/live"
    with TestClient(create_app(Settings()), base_url=BASE) as one, one.websocket_connect(live) as socket:
        for number in range(300):
            socket.send_json({"id": number, "kind": "describe", "pose": standing})
        assert one.get("/v1/health").status_code == 200
        last = None
        while last != 299:
            last = socket.receive_json()["id"]
