"""One service for all tests of this folder: it keeps nothing of a request."""

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")

from starlette.testclient import TestClient

from poseloom.pose.stances import stance
from poseloom.server import Settings, create_app
from poseloom.server.poses import pose_json

BASE = "http://127.0.0.1:8642"


@pytest.fixture(scope="session")
def client():
    with TestClient(create_app(Settings(threads=1, most_poses=8)), base_url=BASE, raise_server_exceptions=False) as one:
        yield one


@pytest.fixture(scope="session")
def standing():
    return pose_json(stance("stand").reshape(1))[0]
