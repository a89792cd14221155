"""The service in Python gives what the functions give."""

import asyncio
import pickle
import subprocess
import sys
from inspect import Parameter, signature

import httpx2
import pytest
import torch

import poseloom
from poseloom import api
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


LEFT_OUT = {
    "instruct": {"version", "model", "checked"},  # `learned` says which of the service's models
    "generate": {"model"},
    "edit": {"model"},
    "recover": {"model", "smooth", "progress"},  # `wait` tells how far it is
    "keypoints": {"smooth", "progress"},
    "transfer": {"model", "from_files"},
    "sign": {"name", "style"},
}
"""What the functions take and the service does not."""
OTHER_DEFAULT = {("embed", "model")}
SAME = ("judge", "check", "describe_motion", "angles", "generate", "edit", "caption", "embed", "find", "instruct")
SAME += ("recover", "keypoints", "transfer", "sign", "explain")


@pytest.mark.parametrize("name", [*SAME, "describe"])
def test_functions_take_what_their_namesakes_take(name):
    theirs = signature(api.describe_sentences if name == "describe" else getattr(api, name)).parameters
    ours = dict(list(signature(getattr(Client, name)).parameters.items())[1:])
    shared = {one: parameter for one, parameter in theirs.items() if one not in LEFT_OUT.get(name, set())}
    assert list(shared) == [one for one in ours if one in theirs]
    for one, parameter in shared.items():
        assert ours[one].kind == parameter.kind, one
        if (name, one) not in OTHER_DEFAULT:
            assert ours[one].default == parameter.default, one
    assert all(ours[one].default is not Parameter.empty for one in ours if one not in shared)


def test_both_clients_have_the_same_functions():
    sync, other = ({one for one in dir(kind) if not one.startswith("_")} for kind in (Client, AsyncClient))
    assert sync == other
    assert signature(Client.wait).parameters.keys() == signature(AsyncClient.wait).parameters.keys()


def working(steps):
    """A service with a job that is told of so often, and what it was asked."""
    asked = []

    def answer(request):
        asked.append(request.method)
        done = len(asked)
        progress = {"what": "looked at", "done": done, "total": steps, "unit": "frames"}
        over = {"status": "done", "result": {"people": [], "notes": []}}
        made = over if done > steps else {"status": "running"}
        return httpx2.Response(200, json={"id": "x", "progress": progress, **made})

    return httpx2.MockTransport(answer), asked


def test_whoever_waits_is_told_how_far_it_is(monkeypatch):
    monkeypatch.setattr("poseloom.client.clients._POLLING", 0)
    told = []
    client = Client(transport=working(3)[0])
    assert client.wait(client.job("x"), told.append)["people"] == []
    assert [step.done for step in told] == [1, 2, 3]

    async def ask():
        async with AsyncClient(transport=working(2)[0]) as other:
            return await other.wait(await other.job("x"), told.append)

    assert asyncio.run(ask())["people"] == []
    assert [step.done for step in told] == [1, 2, 3, 1, 2]


def test_whoever_stops_waiting_stops_the_job(monkeypatch):
    monkeypatch.setattr("poseloom.client.clients._POLLING", 0)
    transport, asked = working(9)
    client = Client(transport=transport)

    def enough(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.wait(client.job("x"), enough)
    assert asked == ["GET", "DELETE"]

    transport, asked = working(10**6)

    async def ask():
        async with AsyncClient(transport=transport) as other:
            task = asyncio.create_task(other.wait(await other.job("x")))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(ask())
    assert asked[-1] == "DELETE"


def test_photos_travel_beside_words(tmp_path):
    requests = []

    def answer(request):
        requests.append(request)
        return httpx2.Response(200, json={"dimensions": 1, "vectors": [[1.0]], "hits": [], "notes": []})

    path = tmp_path / "photo.jpg"
    path.write_bytes(b"bytes of a photo")
    client = Client(transport=httpx2.MockTransport(answer))
    client.embed(image=[path, b"other"], text=["a", "b"])
    client.find(None, "people", image=path, text="but kneeling")
    for request in requests:
        content = request.read()
        assert request.headers["content-type"].startswith("multipart/form-data")
        assert b'name="images"; filename="photo.jpg"' in content
        assert b"bytes of a photo" in content
        assert b'name="request"' in content
    assert b'filename="picture-1"' in requests[0].read()


def test_refusals_can_be_sent_between_processes():
    refused = pickle.loads(pickle.dumps(ServiceError(422, {"code": "invalid", "message": "no", "field": "n"})))
    assert (refused.status, refused.code, refused.field, str(refused)) == (422, "invalid", "n", "no")


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
