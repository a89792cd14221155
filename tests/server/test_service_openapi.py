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
    pytest.param(path, told, body, id=f"{told['operationId']}-{number}")
    for _, path, told in OPERATIONS
    for number, body in enumerate(examples_of(told))
    if path != "/v1/search"  # needs an index, see `test_service_files`
]


def model_named(schema):
    """The type that a schema of the file was made from."""
    from poseloom.server.schemas import common, libraries, pictures, poses, words

    name = schema["$ref"].rpartition("/")[2]
    return next(vars(module)[name] for module in (common, words, poses, pictures, libraries) if name in vars(module))


def check_answer(answer, told):
    """The type that the file tells has every key of the answer, and takes every value."""
    content = told["responses"][str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content
    if kind == "application/json" and "$ref" in content[kind]["schema"]:
        model = model_named(content[kind]["schema"])
        assert model.model_validate(answer.json()).model_dump(mode="json", exclude_unset=True) == answer.json()


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


@pytest.mark.parametrize(("path", "told", "body"), JSON_EXAMPLES)
def test_examples_are_answered_as_they_say(client, path, told, body):
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    check_answer(answer, told)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/generation", "/v1/models/keypoints", "/v1/body"])
def test_what_is_known_has_its_type(client, path):
    told = SPEC["paths"].get(path, SPEC["paths"]["/v1/models/{name}"])["get"]
    check_answer(client.get(path), told)


@pytest.mark.parametrize("path", ["/v1/stances", "/v1/indexes", "/v1/tables", "/v1/jobs", "/v1/health", "/metrics"])
def test_what_is_there_has_its_type(client, path):
    check_answer(client.get(path), SPEC["paths"][path]["get"])


def test_a_model_is_called_as_it_was_asked_for(client):
    assert client.get("/v1/models/generation").json()["name"] == "generation"


def test_files_become_poses_of_the_type(client, standing):
    bvh = client.post("/v1/export", json={"pose": standing, "format": "bvh"}).content
    answer = client.post("/v1/convert", files={"file": ("walk.bvh", bvh)})
    check_answer(answer, SPEC["paths"]["/v1/convert"]["post"])


def test_the_file_is_small_enough_to_be_read():
    assert len(json.dumps(SPEC)) < 400_000
