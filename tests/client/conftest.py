"""A client of a service in the same process."""

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")

from starlette.testclient import TestClient

from poseloom.client import Client
from poseloom.server import Settings, create_app

BASE = "http://127.0.0.1:8642"


@pytest.fixture(scope="session")
def app():
    return create_app(Settings(threads=1))


@pytest.fixture(scope="session")
def service(app):
    with TestClient(app, base_url=BASE) as inside, Client(BASE, transport=inside._transport) as one:
        yield one
