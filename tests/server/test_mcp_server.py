"""Tools for assistants, asked by the SDK's own client."""

import base64
import json
import os
import sys

import anyio
import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client, StdioServerParameters, stdio_client

from poseloom.pose.stances import stance_names
from poseloom.server.mcp_server import create_mcp_server
from poseloom.server.mcp_tools import TOOLS


def ask(*calls, server=None):
    """What the tools answer, called one after another in one session."""

    async def run():
        async with Client(server or create_mcp_server()) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(run)


def test_every_tool_is_listed_with_what_it_takes():
    async def run():
        async with Client(create_mcp_server()) as client:
            return (await client.list_tools()).tools

    tools = {one.name: one for one in anyio.run(run)}
    assert set(tools) == {tool.__name__ for tool in TOOLS}
    assert all(one.description for one in tools.values())
    assert "shelf" not in tools["edit"].input_schema["properties"]
    assert tools["edit"].input_schema["required"] == ["pose", "instruction"]
    assert not tools["save_file"].annotations.read_only_hint


def test_made_poses_have_handles_and_a_picture():
    made, told, changed = ask(
        ("generate", {"text": "a person kneeling", "n": 2}),
        ("describe", {"pose": "pose-2"}),
        ("edit", {"pose": "pose-1", "instruction": "raise the left arm", "picture": False}),
    )
    assert [row["handle"] for row in made.structured_content["poses"]] == ["pose-1", "pose-2"]
    assert "rotations" not in json.dumps(made.structured_content)
    assert made.structured_content["notes"] == []
    (picture,) = [one for one in made.content if one.type == "image"]
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")
    assert "kneel" in told.content[0].text.lower()
    assert told.structured_content["texts"][0]["sentences"][0]["joints"]
    assert changed.structured_content["poses"][0]["handle"] == "pose-3"
    assert [one.type for one in changed.content] == ["text"]


def test_refusals_are_machine_readable():
    unknown, outside, missing, nothing = ask(
        ("describe", {"pose": "nowhere"}), ("generate", {"text": "a squat", "n": 99}), ("edit", {}), ("dance", {})
    )
    assert unknown.is_error
    assert unknown.structured_content["error"]["code"] == "invalid"
    assert "list_stances" in unknown.structured_content["error"]["message"]
    errors = [one.structured_content["error"] for one in (outside, missing, nothing)]
    assert outside.is_error
    assert [(one["code"], one["field"]) for one in errors] == [
        ("invalid", "n"),
        ("invalid", "pose"),
        ("not_found", "name"),
    ]
    assert all("\n" not in one["message"] for one in errors)


def test_files_of_this_machine_are_opened_and_written(tmp_path):
    path = tmp_path / "two.bvh"
    saved, opened, moved, again = ask(
        ("save_file", {"pose": "squat", "path": str(path)}),
        ("open_file", {"path": str(path)}),
        ("describe_motion", {"clip": "clip-1"}),
        ("save_file", {"pose": "clip-1", "path": str(path)}),
    )
    assert not saved.is_error
    assert path.read_bytes().startswith(b"HIERARCHY")
    assert opened.structured_content["frames"] == 1
    assert moved.structured_content["phases"]
    assert again.is_error
    assert "there already" in again.structured_content["error"]["message"]


def test_signs_angles_stances_and_pictures():
    signed, angles, stances, depth = ask(
        ("sign", {"hamnosys": "flathand extfingerl palml chest touch"}),
        ("angles", {"pose": "squat"}),
        ("list_stances", {}),
        ("control_picture", {"pose": "squat", "style": "depth", "size": 64}),
    )
    assert signed.structured_content["handle"] == "clip-1"
    assert angles.structured_content["angles"]["left_knee_flexion"] > 60
    assert stances.structured_content["stances"] == list(stance_names())
    assert [one.type for one in depth.content] == ["text", "image"]
    assert depth.structured_content["caption"].startswith("A person ")


def over_standard_streams(*calls):
    """The same by the command, as assistants start it."""
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    command = StdioServerParameters(command=sys.executable, args=["-m", "poseloom", "mcp"], env=environment)
    return ask(*calls, server=stdio_client(command))


@pytest.mark.slow
def test_every_tool_works_over_standard_input_and_output(tmp_path):
    walk = tmp_path / "walk.bvh"
    calls = [
        ("generate", {"text": "a person kneeling", "n": 2}),
        ("edit", {"pose": "pose-1", "instruction": "raise the left arm"}),
        ("describe", {"pose": "squat"}),
        ("save_file", {"pose": "squat", "path": str(walk)}),
        ("open_file", {"path": str(walk)}),
        ("describe_motion", {"clip": "clip-4"}),
        ("instruct", {"start": "stand", "end": "squat"}),
        ("check", {"clip": "clip-4", "sentences": ["both knees bent past 90 degrees"], "each": "clip"}),
        ("judge", {"text": "a deep squat", "poses": ["squat", "pose-2"]}),
        ("caption", {"pose": f"{walk}#0"}),
        ("render", {"pose": "squat", "size": 64, "azimuth": 90}),
        ("control_picture", {"pose": "squat", "size": 64, "style": "openpose"}),
        ("angles", {"pose": "squat"}),
        ("list_stances", {}),
        ("sign", {"hamnosys": "flathand extfingerl palml chest touch"}),
        ("search", {"index": str(tmp_path), "text": "a squat"}),
    ]
    answers = dict(zip([name for name, _ in calls], over_standard_streams(*calls), strict=True))
    assert set(answers) == {tool.__name__ for tool in TOOLS}
    refused = answers.pop("search")  # the folder is no index
    assert refused.is_error
    assert refused.structured_content["error"]["code"] == "invalid"
    for name, answer in answers.items():
        assert not answer.is_error, (name, answer.content)
        assert "notes" in answer.structured_content, name
        assert answer.content[0].text, name
    with_pictures = {name for name, one in answers.items() if any(part.type == "image" for part in one.content)}
    assert with_pictures == {"generate", "edit", "render", "control_picture"}
    for name in with_pictures:
        picture = next(part for part in answers[name].content if part.type == "image")
        assert (picture.mime_type, base64.b64decode(picture.data)[:4]) == ("image/png", b"\x89PNG")
