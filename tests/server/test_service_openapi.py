"""The OpenAPI file: right requests as examples, and answers of the types that it tells."""

import json

import pytest

from poseloom.server import Settings, create_app

SPEC = create_app(Settings()).openapi()
OPERATIONS = [(method, path, told) for path, methods in SPEC["paths"].items() for method, told in methods.items()]
NAMES = [told["operationId"] for _, _, told in OPERATIONS]


def resolved(schema):
    """A schema in the place of its reference."""
    return SPEC["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def examples_of(told):
    """Right JSON bodies of an operation."""
    content = told.get("requestBody", {}).get("content", {})
    return resolved(content["application/json"]["schema"])["examples"] if "application/json" in content else []


JSON_EXAMPLES = [
    pytest.param(path, body, id=f"{told['operationId']}-{number}")
    for _, path, told in OPERATIONS
    for number, body in enumerate(examples_of(told))
    if path != "/v1/search"  # needs an index, see `test_service_files`
]


def test_operations_have_names_of_their_own():
    assert len(set(NAMES)) == len(NAMES) > 30
    assert all(name.isidentifier() for name in NAMES)


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=NAMES)
def test_every_operation_tells_its_answers_and_its_errors(method, path, told):
    right = [one for status, one in told["responses"].items() if status.startswith("2")]
    assert right
    for one in right:
        for media in one["content"].values():
            assert media["schema"], "an answer of no type"
    for status in ("4XX", "5XX"):
        assert told["responses"][status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorAnswer")


@pytest.mark.parametrize(("method", "path", "told"), OPERATIONS, ids=NAMES)
def test_every_request_has_an_example(method, path, told):
    for name, media in told.get("requestBody", {}).get("content", {}).items():
        assert media.get("example") or resolved(media["schema"]).get("examples"), name
    for parameter in told.get("parameters", ()):
        schema = parameter["schema"]
        assert "default" in schema or "examples" in schema or not parameter["required"]


@pytest.mark.parametrize(("path", "body"), JSON_EXAMPLES)
def test_examples_are_answered_as_they_say(client, check_answer, path, body):
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    check_answer(answer)


GETS = ("stances", "indexes", "tables", "jobs", "health", "models", "models/generation", "models/keypoints", "body")


@pytest.mark.parametrize("path", [*(f"/v1/{one}" for one in GETS), "/metrics"])
def test_what_is_there_has_its_type(client, check_answer, path):
    check_answer(client.get(path))


def test_a_model_is_called_as_it_was_asked_for(client):
    assert client.get("/v1/models/generation").json()["name"] == "generation"


def test_files_become_poses_of_the_type(client, check_answer, standing):
    bvh = client.post("/v1/export", json={"pose": standing, "format": "bvh"}).content
    check_answer(client.post("/v1/convert", files={"file": ("walk.bvh", bvh)}))


@pytest.mark.slow
def test_people_in_a_picture_have_their_types(client, check_answer, standing):
    drawn = client.post("/v1/render", json={"pose": standing, "width": 60, "height": 60, "azimuth": 10}).content
    box = {"boxes": "[[15, 4, 30, 52]]"}
    for path, data in (
        ("/v1/keypoints", box),
        ("/v1/keypoints", {**box, "convention": "coco"}),
        ("/v1/recover", box),
        ("/v1/transfer", {"box": box["boxes"], "text": "both arms raised"}),
        ("/v1/transfer", {"box": box["boxes"], "text": "both arms raised", "format": "png"}),
    ):
        answer = client.post(path, files={"file": ("drawn.png", drawn)}, data=data)
        assert answer.status_code == 200, answer.text
        check_answer(answer)


def test_the_file_is_small_enough_to_be_read():
    assert len(json.dumps(SPEC)) < 400_000
