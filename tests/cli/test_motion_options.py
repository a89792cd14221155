"""``--joint-map``, ``--up``, ``--unit``, ``--fps`` of every command that reads a motion, and what readers remark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from poseloom import api
from poseloom.cli.main import build_parser, main
from poseloom.formats.bvh_write import write_bvh
from poseloom.pose import Clip, Pose
from poseloom.pose.joints import BODY_JOINTS, JOINT_NAMES

COMMANDS = {
    "convert": ["in.bvh", "out.json"],
    "describe": ["in.bvh"],
    "instruct": ["in.bvh"],
    "render": ["in.bvh", "--out", "a.png"],
    "caption": ["in.bvh"],
    "edit": ["in.bvh", "raise the left arm"],
    "demo": ["in.bvh"],
    "search": ["--table", "t", "--like", "in.bvh"],
}


RATE = {"convert": "--source-fps"}


@pytest.fixture
def slow_file(motion_file, tmp_path) -> Path:
    """A BVH whose frame time is in milliseconds: the reader remarks on it."""
    path = tmp_path / "slow.bvh"
    path.write_text(motion_file.read_text().replace("Frame Time: 0.05", "Frame Time: 40"))
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_reads_a_motion_has_the_options(command):
    given = [
        command,
        *COMMANDS[command],
        "--joint-map",
        "m.json",
        "--up=-y",
        "--unit",
        "cm",
        RATE.get(command, "--fps"),
        "25",
    ]
    parsed = build_parser(given).parse_args(given)
    assert (parsed.joint_map, parsed.up, parsed.unit, parsed.fps) == ("m.json", "-y", "cm", 25)


def test_what_a_reader_guessed_is_told_once_on_stderr(slow_file, capsys):
    assert main(["instruct", str(slow_file), "--frames", "0", "39", "--json"]) == 0
    said = capsys.readouterr()
    json.loads(said.out)
    assert said.err == (
        f"poseloom: {slow_file}: Frame Time 40 is taken for milliseconds: 25 frames a second; see --fps\n"
    )


def test_convert_names_its_own_option_for_the_rate(slow_file, tmp_path, capsys):
    """There ``--fps`` is the rate of the result."""
    assert main(["convert", str(slow_file), str(tmp_path / "a.json")]) == 0
    assert "see --source-fps" in capsys.readouterr().err


def test_remarks_are_not_written_to_files(slow_file, tmp_path, capsys):
    for name in ("a.json", "a.npz"):
        assert main(["convert", str(slow_file), str(tmp_path / name)]) == 0
        assert main(["describe", str(tmp_path / name)]) == 0
    assert capsys.readouterr().err.count("poseloom:") == 2


def test_fps_replaces_the_rate_of_any_file(slow_file, tmp_path):
    assert main(["convert", str(slow_file), str(tmp_path / "a.json"), "--source-fps", "25"]) == 0
    assert api.load(tmp_path / "a.json").fps == 25
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "b.npz"), "--source-fps", "50"]) == 0
    assert api.load(tmp_path / "b.npz").fps == 50


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_up_turns_the_world_of_any_file(tmp_path, suffix, capsys):
    """A figure on its head, as in camera axes: told, and turned by ``--up -y``."""
    rotations = torch.zeros(3, BODY_JOINTS, 3)
    rotations[:, 0, 0] = torch.pi
    path = tmp_path / f"head{suffix}"
    api.save(Clip(Pose(rotations, torch.tensor([[0.1, 2.0, 3.0]] * 3))), path)
    assert main(["describe", str(path), "--frame", "0"]) == 0
    said = capsys.readouterr()
    assert "most frames are upside down" in said.err and "--up -y" in said.err
    assert main(["convert", str(path), str(tmp_path / "up.json"), "--up", "-y"]) == 0
    assert "upside down" not in capsys.readouterr().err
    pose = api.load(tmp_path / "up.json").pose
    torch.testing.assert_close(pose.matrices()[:, 0], torch.eye(3).expand(3, 3, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(pose.translation, torch.tensor([[0.1, -2.0, -3.0]] * 3))


def test_up_of_a_format_with_another_axis_starts_from_that_axis(tmp_path):
    """AMASS has Z up: naming that axis changes nothing."""
    rotations = 0.3 * torch.randn(3, BODY_JOINTS, 3, generator=torch.Generator().manual_seed(1))
    api.save(Clip(Pose(rotations, torch.rand(3, 3))), tmp_path / "a.npz", "amass")
    plain, named, lying = (api.load(tmp_path / "a.npz", up=up) for up in (None, "z", "y"))
    torch.testing.assert_close(named.pose.rotations, plain.pose.rotations, atol=1e-5, rtol=0)
    turn = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    torch.testing.assert_close(lying.pose.matrices()[:, 0], turn @ plain.pose.matrices()[:, 0], atol=1e-5, rtol=0)


def test_a_joint_map_file_reads_a_skeleton_of_any_names(tmp_path, capsys):
    path, table = tmp_path / "odd.bvh", tmp_path / "map.json"
    write_bvh(Clip(Pose(torch.zeros(2, BODY_JOINTS, 3), torch.zeros(2, 3))), path)
    text, names = path.read_text(), {}
    for number, name in enumerate(JOINT_NAMES[:BODY_JOINTS]):
        names[name] = f"b{(number * 7) % BODY_JOINTS}"
        text = text.replace(f" {name}\n", f" {names[name]}\n")
    path.write_text(text)
    table.write_text(json.dumps(names))
    assert main(["convert", str(path), str(tmp_path / "a.json"), "--joint-map", str(table)]) == 0
    assert capsys.readouterr().err == ""
    assert main(["convert", str(path), str(tmp_path / "a.json")]) == 0
    assert "guessed by shape" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--up", "w"], "up: expected one of x, y, z, -x, -y, -z, got 'w'"),
        (["--unit", "parsec"], "unit: expected m, dm, cm, mm, inch, foot, cmu or metres a unit, got 'parsec'"),
        (["--unit", "-2"], "metres a unit"),
        (["--source-fps", "0"], "fps: expected frames a second, above 0"),
        (["--joint-map", "missing.json"], "missing.json: does not exist"),
    ],
)
def test_mistakes_in_the_options_are_told(motion_file, tmp_path, capsys, options, says):
    given = [f"{options[0]}={options[1]}"]
    assert main(["convert", str(motion_file), str(tmp_path / "a.json"), *given]) == 2
    said = capsys.readouterr().err
    assert says in said and said.count("\n") == 1


@pytest.mark.parametrize("option", ["--unit=cm", "--joint-map=m.json"])
def test_options_that_mean_nothing_to_a_format_are_told(motion_file, tmp_path, capsys, option):
    assert main(["convert", str(motion_file), str(tmp_path / "a.json")]) == 0
    assert main(["describe", str(tmp_path / "a.json"), option]) == 2
    assert f"leave out {option.split('=')[0][2:].replace('-', '_')}" in capsys.readouterr().err


def test_motion_options_without_a_motion_are_told(capsys):
    assert main(["search", "--table", "t", "sitting", "--up", "z"]) == 2
    assert "--up goes with --like FILE" in capsys.readouterr().err
