"""Requests that nobody would think of, made from the OpenAPI file: never a fault, always an error of our form."""

import os
import secrets
import sys

import pytest

pytest.importorskip("schemathesis")

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from poseloom.server import Settings, create_app

BASE = "http://127.0.0.1:8642"
PATIENCE = 300
"""Seconds that an answer may take: how long it takes is not what is asked here."""
HEAVY = ("/v1/transfer", "/v1/recover", "/v1/keypoints", "/v1/render", "/v1/control", "/v1/sign")
"""Endpoints whose right requests take long: few examples, with small pictures."""


def schema():
    small = {"most_poses": 3, "most_frames": 6, "largest_side": 64, "largest_picture": 10_000}
    app = create_app(Settings(threads=1, seconds=PATIENCE, **small))
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app, headers={"Host": "127.0.0.1:8642"})


def operations():
    return [one.ok() for one in schema().get_all_operations()]


@pytest.fixture(scope="session", name="operations")
def all_operations():
    return operations()


def check(case):
    answer = case.call(base_url=BASE, headers={"Host": "127.0.0.1:8642"}, timeout=PATIENCE)
    assert answer.status_code < 500 or answer.status_code == 501, f"{case.method} {case.path}: {answer.text[:300]}"
    if answer.status_code >= 400:
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "field"}
        assert len(error["message"]) <= 400
        assert "\n" not in error["message"]
        assert "Traceback" not in error["message"]


def fuzz(operations, examples, paths, number):
    for operation in operations:
        if paths(operation.path):
            _asking(operation, examples, number)()


def _asking(operation, examples, number):
    @seed(number)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data):
        check(data.draw(operation.as_strategy()))

    return ask


def test_no_request_of_the_quick_endpoints_is_a_fault(operations):
    assert len(operations) > 25
    fuzz(operations, 3, lambda path: path not in HEAVY, 0)


@pytest.mark.slow
def test_no_request_at_all_is_a_fault(operations):
    """Each time with other requests: ``POSELOOM_FUZZ_SEED`` repeats those of a run that failed."""
    number = int(os.environ.get("POSELOOM_FUZZ_SEED") or secrets.randbelow(1 << 32))
    sys.stdout.write(f"POSELOOM_FUZZ_SEED={number}\n")
    fuzz(operations, 25, lambda path: True, number)


def test_every_operation_says_what_it_does(operations):
    for operation in operations:
        told = operation.definition.raw
        assert told["summary"]
        assert told.get("description")
        assert told["tags"]
