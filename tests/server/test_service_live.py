"""The socket for drags."""

import asyncio
import json

import pytest

from poseloom.server.live import LiveKind, _Connection
from poseloom.server.requests import Request

LIVE = "ws://127.0.0.1:8642/v1/live"


def test_it_answers_as_the_endpoint_does(client, standing):
    with client.websocket_connect(LIVE) as socket:
        socket.send_json({"id": 7, "kind": "describe", "pose": standing, "style": "short"})
        answer = socket.receive_json()
    posted = client.post("/v1/describe", json={"pose": standing, "style": "short"}).json()
    assert answer == {"id": 7, "kind": "describe", "result": posted}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hello", "bad_json"),
        ("[1]", "invalid"),
        ('{"id": [1], "kind": "describe"}', "invalid"),
        ('{"id": 1}', "invalid"),
        ('{"id": 1, "kind": "describe"}', "invalid"),
        ('{"id": 1, "kind": "describe", "pose": {"rotations": [[NaN, 0, 0]]}}', "invalid"),
        ("[" * 100_000, "bad_json"),
        (json.dumps({"id": 1, "kind": "describe", "x": "x" * (1 << 20)}), "too_large"),
    ],
)
def test_a_bad_message_is_answered_and_the_socket_stays_open(client, standing, text, code):
    with client.websocket_connect(LIVE) as socket:
        socket.send_text(text)
        assert socket.receive_json()["error"]["code"] == code
        socket.send_json({"id": 2, "kind": "describe", "pose": standing})
        assert "result" in socket.receive_json()


def test_bytes_are_answered(client):
    with client.websocket_connect(LIVE) as socket:
        socket.send_bytes(b"\0")
        assert socket.receive_json()["error"]["code"] == "invalid"


class Number(Request):
    value: int


class Socket:
    """What a client sends, and what it gets."""

    def __init__(self, messages):
        self.messages, self.sent = list(messages), []

    async def receive(self):
        if self.messages:
            await asyncio.sleep(0.001)  # what was asked before has begun
            return {"type": "websocket.receive", "text": json.dumps(self.messages.pop(0))}
        await asyncio.sleep(0.2)
        return {"type": "websocket.disconnect"}

    async def send_text(self, text):
        self.sent.append(json.loads(text))


@pytest.mark.wrong_types
def test_the_newest_message_of_a_kind_wins():
    began = []

    async def answer(_, asked):
        began.append(asked.value)
        await asyncio.sleep(0.02)
        return {"value": asked.value}

    kinds = {"a": LiveKind(Number, answer), "b": LiveKind(Number, answer)}
    messages = [{"id": number, "kind": "a", "value": number} for number in range(5)]
    messages.insert(2, {"id": "other", "kind": "b", "value": 100})
    socket = Socket(messages)

    asyncio.run(_Connection(socket, None, kinds).serve())
    answered = [one["id"] for one in socket.sent if one["kind"] == "a"]
    assert answered[-1] == 4
    assert len(answered) < 5
    assert [one["result"] for one in socket.sent if one["kind"] == "b"] == [{"value": 100}]
    assert len(began) == len(socket.sent)
