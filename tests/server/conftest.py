"""One service for all tests of this folder: it keeps nothing of a request."""

import re

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


@pytest.fixture(scope="session")
def check_answer():
    """Holds an answer against the type that the OpenAPI file tells: it has every key of it, and takes every value."""
    spec = create_app(Settings()).openapi()["paths"]

    def check(answer):
        method, path = answer.request.method.lower(), answer.request.url.path
        fitting = [one for one in spec if method in spec[one] and _fits(one, path)]
        told = spec[min(fitting, key=_placeholders)][method]
        content = told["responses"][str(answer.status_code)]["content"]
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in content
        if kind == "application/json" and "$ref" in content[kind]["schema"]:
            model = _model_named(content[kind]["schema"]["$ref"].rpartition("/")[2])
            assert model.model_validate(answer.json()).model_dump(mode="json", exclude_unset=True) == answer.json()

    return check


def _placeholders(path):
    return path.count("{")


def _fits(template, path):
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _model_named(name):
    from poseloom.server.schemas import common, libraries, pictures, poses, words

    return next(vars(module)[name] for module in (common, words, poses, pictures, libraries) if name in vars(module))
