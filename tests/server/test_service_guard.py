"""Who may ask, and how much."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from poseloom.base.errors import PoseloomError
from poseloom.server import Settings, create_app
from poseloom.server.errors import without_paths

BASE = "http://127.0.0.1:8642"
LIVE = "ws://127.0.0.1:8642/v1/live"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1"])
def test_other_hosts_are_not_served(client, host):
    answer = client.get("/v1/stances", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host"


@pytest.mark.parametrize("host", ["localhost:8642", "127.0.0.1", "[::1]:8642", "LOCALHOST"])
def test_names_of_this_machine_are(client, host):
    assert client.get("/v1/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9000", "https://127.0.0.1:8642"])
def test_pages_of_others_may_not_ask(client, origin):
    assert client.get("/v1/health", headers={"Origin": origin}).status_code == 403
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(LIVE, headers={"Origin": origin}):
        pass
    assert closed.value.code == 1008


def test_the_own_page_may(client):
    assert client.get("/v1/health", headers={"Origin": BASE}).status_code == 200
    with client.websocket_connect(LIVE, headers={"Origin": BASE}) as socket:
        socket.send_text('{"id": 1, "kind": "nothing"}')
        assert socket.receive_json()["error"]["field"] == "kind"


def test_a_key_is_asked_for():
    app = create_app(Settings(api_key="secret", allowed_origins=("https://pages.example",)))
    with TestClient(app, base_url=BASE) as one:
        assert one.get("/v1/health").status_code == 200
        answer = one.get("/v1/body")
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorized"
        assert one.get("/v1/jobs", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert one.get("/v1/jobs", headers={"Authorization": "Bearer secret"}).status_code == 200
        assert one.get("/v1/jobs", headers={"X-API-Key": "secret"}).status_code == 200
        with pytest.raises(WebSocketDisconnect), one.websocket_connect(LIVE):
            pass
        with one.websocket_connect(LIVE, subprotocols=["poseloom-key.secret"]) as socket:
            assert socket.accepted_subprotocol == "poseloom-key.secret"
        page = {"Origin": "https://pages.example", "X-API-Key": "secret"}
        allowed = one.get("/v1/jobs", headers=page).headers["access-control-allow-origin"]
        assert allowed == "https://pages.example"


def test_large_bodies_are_refused_whatever_they_say_of_their_length():
    app = create_app(Settings(largest_body=4000, largest_json=2000))
    with TestClient(app, base_url=BASE) as one:
        json = {"Content-Type": "application/json"}
        assert one.post("/v1/describe", content=b"x" * 3000, headers=json).status_code == 413
        answer = one.post("/v1/describe", content=(b"x" * 500 for _ in range(10)), headers=json)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "too_large"
        assert one.post("/v1/convert", files={"file": ("a.bvh", b"x" * 5000)}).status_code == 413
        assert one.post("/v1/convert", files={"file": ("a.bvh", b"x" * 2500)}).status_code == 422


def test_a_fault_is_told_without_its_words(client, monkeypatch):
    from poseloom import api

    def broken(*_, **__):
        raise RuntimeError("the password is in /home/somebody/notes")

    monkeypatch.setattr(api, "judge", broken)
    answer = client.post("/v1/judge", json={"text": "", "poses": [{"rotations": [[0, 0, 0]] * 22}]})
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    assert "password" not in answer.text


def test_messages_name_no_folders():
    told = without_paths("/tmp/poseloom-x1/walk.bvh: MOTION: is missing; see /srv/data/tables/one/manifest.json")
    assert told == "walk.bvh: MOTION: is missing; see manifest.json"
    assert without_paths("expected Y / Z, got 1/2 of https://a.b/c/d") == "expected Y / Z, got 1/2 of https://a.b/c/d"


def test_unknown_addresses_are_told_as_errors(client):
    assert client.get("/v1/nothing").json()["error"]["code"] == "not_found"
    assert client.get("/v1/describe").json()["error"]["code"] == "method_not_allowed"


def test_settings_out_of_range_are_refused():
    for wrong in ({"port": 70_000}, {"queue": 0}, {"seconds": -1.0}, {"api_key": ""}, {"api_key": "ä"}):
        with pytest.raises(PoseloomError):
            Settings(**wrong)


def test_figures_count_requests_by_route(client):
    client.get("/v1/health")
    text = client.get("/metrics").text
    assert 'poseloom_requests_total{method="GET",route="/v1/health",status="200"}' in text
    assert "poseloom_request_seconds_bucket" in text
