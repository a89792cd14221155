"""The service in Python gives what the functions give."""

import asyncio
import subprocess
import sys

import httpx2
import pytest
import torch

import poseloom
from poseloom.client import AsyncClient, Client, ServiceError
from poseloom.client.answer import pose_of
from poseloom.client.calls import clip_rows, motion_fields, rows_of
from poseloom.pose import Clip, Pose
from poseloom.pose.stances import stance

SQUAT = stance("squat")


def test_words_are_those_of_the_functions(service):
    assert service.describe(SQUAT, 2).json == poseloom.describe_sentences(SQUAT, 2).as_json()
    told = service.instruct(stance("stand"), SQUAT)
    assert told.texts == tuple(poseloom.instruct(stance("stand"), SQUAT))
    assert service.judge("a deep squat", SQUAT).json == poseloom.judge("a deep squat", SQUAT).as_json()


def test_poses_come_back_as_poses(service):
    made = service.generate("a person kneeling", n=2, seed=1)
    own = poseloom.generate("a person kneeling", 2, 1)
    assert torch.allclose(made.poses.rotations, own.poses.rotations, atol=1e-5)
    assert made.notes == own.notes
    changed = service.edit(made.poses[0], "raise the left arm")
    assert changed.poses.batch_shape == (1,)


def test_files_go_there_and_back(service, tmp_path):
    clip = Clip(Pose(torch.stack([stance("stand").rotations, SQUAT.rotations])), 12.0, "two")
    path = service.save(clip, "npz", "two").save(tmp_path / "two.npz")
    again = service.load(path)
    assert again.clip.fps == 12.0
    assert torch.allclose(again.clip.pose.rotations, clip.pose.rotations, atol=1e-5)
    assert service.convert(path, "bvh").content.startswith(b"HIERARCHY")
    assert service.load(path.read_bytes(), name="two.npz")["joints"][0] == "pelvis"


def test_pictures_are_bytes_and_open_again_as_poses(service):
    png = service.render(SQUAT, (80, 60))
    assert png.content.startswith(b"\x89PNG")
    assert png.json == {}
    assert torch.allclose(service.load(png.content, name="a.png").poses.rotations[0], SQUAT.rotations, atol=1e-5)


def test_what_is_refused_is_raised_with_code_and_field(service):
    with pytest.raises(ServiceError) as refused:
        service.check(SQUAT.reshape(1), "blue is the sky")
    assert (refused.value.status, refused.value.code) == (422, "invalid")
    with pytest.raises(ServiceError) as refused:
        service.generate("a squat", n=0)
    assert refused.value.field == "n"
    with pytest.raises(poseloom.PoseloomError, match="no poses"):
        _ = service.describe(SQUAT).poses


def test_the_same_names_are_awaited(app):
    async def ask():
        async with AsyncClient("http://127.0.0.1:8642", transport=httpx2.ASGITransport(app)) as one:
            return await one.describe(SQUAT), await one.health()

    told, health = asyncio.run(ask())
    assert told.json == poseloom.describe_sentences(SQUAT).as_json()
    assert health["status"] == "ok"


def busy_for(times):
    """A service that is busy some times, and how often it was asked."""
    asked = []

    def answer(request):
        asked.append(request)
        if len(asked) <= times:
            error = {"error": {"code": "busy", "message": "come back", "field": None}}
            return httpx2.Response(503, json=error, headers={"Retry-After": "0"})
        return httpx2.Response(200, json={"texts": [{"text": "yes"}], "notes": []})

    return httpx2.MockTransport(answer), asked


def test_a_busy_service_is_asked_again():
    transport, asked = busy_for(2)
    assert Client(transport=transport, retries=2).describe(SQUAT).texts == ("yes",)
    assert len(asked) == 3
    with pytest.raises(ServiceError) as refused:
        Client(transport=busy_for(9)[0], retries=1).describe(SQUAT)
    assert refused.value.code == "busy"


def test_a_service_that_is_not_there_is_told():
    def gone(request):
        raise httpx2.ConnectError("refused")

    with pytest.raises(poseloom.PoseloomError, match="is 'poseloom serve' running there"):
        Client(transport=httpx2.MockTransport(gone)).health()


def test_a_job_is_waited_for(monkeypatch):
    states = iter(["running", "done"])

    def answer(request):
        status = next(states)
        result = {"result": {"people": [], "notes": ["done"]}} if status == "done" else {}
        return httpx2.Response(200, json={"id": "x", "status": status, **result})

    monkeypatch.setattr("poseloom.client.clients._POLLING", 0)
    client = Client(transport=httpx2.MockTransport(answer))
    assert client.wait(client.job("x")).notes == ("done",)


def test_json_of_poses_keeps_every_field():
    full = Pose(torch.rand(2, 52, 3), torch.rand(2, 3), torch.rand(2, 6), "anny", torch.rand(2, 3, 3))
    again = pose_of(rows_of(full))
    for name in ("rotations", "translation", "shape", "face"):
        assert torch.allclose(getattr(again, name), getattr(full, name), atol=1e-6)
    assert again.shape_model == "anny"
    assert set(motion_fields(full)) == {"poses"}
    assert set(motion_fields(full[0])) == {"pose"}
    assert clip_rows(full)["fps"] == 30.0


def test_the_client_loads_no_torch():
    code = "import sys; from poseloom.client import Client; Client(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
