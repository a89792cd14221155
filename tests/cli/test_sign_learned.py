"""``poseloom sign --learned``, ``--start``, ``--then``, ``--repair``, with a tiny model that was not trained."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import poseloom
from poseloom.checkpoints import registry
from poseloom.formats.pose_file import Component, read_pose_file, write_pose_file
from poseloom.language.hamnosys import from_names

NAMES = "flathand extfingerl palml chest touch"
OTHER_BODY = (Component("body", tuple(map(str, range(33)))),)
UPPER = [f"{side}_{part}" for part in ("SHOULDER", "ELBOW", "WRIST", "HIP") for side in ("LEFT", "RIGHT")]
OTHER = "finger2 extfingeru palmd mover"


@pytest.fixture(autouse=True)
def installed(tiny_models, monkeypatch):
    """The tiny models are the shipped ones."""
    monkeypatch.setattr(registry, "WEIGHTS", tiny_models.folder)


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A clip of the signer by rule as a file."""
    from poseloom.cli.main import main

    path = tmp_path_factory.mktemp("signed") / "sign.pose"
    assert not main(["sign", NAMES, "--out", str(path)])
    return path


def changed(path, to, **values):
    """A copy of a file with other values or confidences."""
    write_pose_file(replace(read_pose_file(path), **values), to)
    return to


@pytest.fixture
def broken(signed, tmp_path):
    """The file with three of ten points missing."""
    sequence = read_pose_file(signed)
    lost = np.random.default_rng(0).random(sequence.confidence.shape) < 0.3
    write_pose_file(sequence.masked(lost), tmp_path / "broken.pose")
    return tmp_path / "broken.pose"


def test_a_model_signs(command, tmp_path):
    out = tmp_path / "sign.pose"
    status, told, err = command("sign", NAMES, "--learned", "--out", out)
    assert (status, err) == (0, "") and told.startswith(str(out))
    sequence = read_pose_file(out)
    assert [len(component.points) for component in sequence.components] == [33, 21, 21]
    assert sequence.fps == 25


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_keypoints_are_drawn(command, tmp_path, suffix):
    out = tmp_path / f"sign.{suffix}"
    assert command("sign", NAMES, "--learned", "--out", out, "--size", 64)[0] == 0
    picture = Image.open(out)
    assert picture.size == (64, 64)


def test_json_is_json_and_steps_count(command, tmp_path):
    out = tmp_path / "sign.pose"
    row = json.loads(command("sign", NAMES, "--learned", "sign", "--steps", 3, "--out", out, "--json")[1])
    assert (row["hamnosys"], row["steps"], row["model"]) == ([from_names(NAMES)], 3, "sign")
    assert row["frames"] == len(read_pose_file(out))


def test_signs_follow_each_other(command, tmp_path):
    one, both, after = (tmp_path / f"{name}.pose" for name in ("one", "both", "after"))
    command("sign", NAMES, "--learned", "--out", one)
    assert command("sign", NAMES, "--then", OTHER, "--learned", "--out", both)[0] == 0
    write_pose_file(read_pose_file(one)[-1:], tmp_path / "last.pose")
    assert command("sign", OTHER, "--learned", "--start", tmp_path / "last.pose", "--out", after)[0] == 0
    first, second, joined = map(read_pose_file, (one, after, both))
    assert len(joined) == len(first) + len(second) - 1
    np.testing.assert_allclose(joined.values[: len(first)], first.values, atol=0.01)


def test_signs_by_rule_follow_each_other(command, tmp_path):
    out = tmp_path / "two.npz"
    row = json.loads(command("sign", NAMES, "--then", OTHER, "--out", out, "--json")[1])
    assert len(row["signs"]) == 2 and row["hamnosys"] == from_names(f"{NAMES} space {OTHER}")


@pytest.mark.parametrize("text", [(), (NAMES,)])
def test_a_clip_is_repaired(command, broken, tmp_path, text):
    out = tmp_path / "whole.pose"
    row = json.loads(command("sign", *text, "--repair", broken, "--out", out, "--json")[1])
    before, after = read_pose_file(broken), read_pose_file(out)
    there = ~before.missing[:, 0]
    np.testing.assert_allclose(after.values[:, 0][there], before.values[:, 0][there], atol=0.01)
    assert row["filled"] == int((before.missing & ~after.missing).sum()) > 0
    assert (after.confidence[before.missing & ~after.missing] == 0.5).all()
    assert command("sign", "--repair", broken, "--out", tmp_path / "whole.gif", "--size", 64)[0] == 0


def test_what_is_learned_is_told_in_python():
    signer = poseloom.load_model("sign")
    assert signer.task == "sign" and len(signer.sign(from_names(NAMES)).keypoints)
    by_name, by_symbol = poseloom.sign(NAMES), poseloom.sign(from_names(NAMES))
    assert len(by_name.clip) == len(by_symbol.clip) and by_name.hamnosys == from_names(NAMES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--learned",), "nothing to sign"),
        (("", "--learned"), "an empty string"),
        ((NAMES, "--then", " "), "an empty string"),
        ((NAMES, "--learned", "--steps", 0), "steps is 0, expected 1 to 1,000"),
        ((NAMES, "--learned", "--steps", 1001), "steps is 1001, expected 1 to 1,000"),
        ((NAMES, "--learned", "--out", "sign.glb"), ".pose, .gif, .webp, .mp4"),
        ((NAMES, "--learned", "signs", "--out", "sign.pose"), "no model 'signs'"),
        ((NAMES, "--learned", "--keypoints", "openpose"), "belongs to the signer by rule"),
        ((NAMES, "--learned", "--left-handed", "--out", "sign.pose"), "--left-handed belongs to the signer by rule"),
        ((NAMES, "--learned", "--azimuth", 30, "--out", "sign.gif"), "--azimuth belongs to the signer by rule"),
        ((NAMES, "--steps", 3), "add --learned"),
        ((NAMES, "--start", "a.pose"), "add --learned"),
        ((NAMES, "--learned", "--start", "absent.pose", "--out", "sign.pose"), "absent.pose"),
        ((" space ".join([NAMES] * 200), "--learned", "--out", "sign.pose"), "symbols are too many"),
        (("--repair", "absent.pose"), "--repair needs --out"),
        (("--repair", "absent.pose", "--out", "whole.pose"), "absent.pose"),
        (("--repair", "a.pose", "--then", NAMES, "--out", "b.pose"), "--repair and --then"),
        (("--repair", "a.pose", "--start", "c.pose", "--out", "b.pose"), "--repair and --start"),
        ((NAMES, "--out", "sign.gif", "--size", 0), "--size 0"),
    ],
)
def test_mistakes_are_told_in_one_line(command, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = command("sign", *arguments)
    assert status == 2 and message in err and len(err.strip().splitlines()) == 1
    assert not out and not list(tmp_path.iterdir())


@pytest.mark.parametrize("use", ["--start", "--repair"])
def test_files_that_cannot_be_used(command, signed, tmp_path, use):
    sequence = read_pose_file(signed)
    nobody = changed(signed, tmp_path / "nobody.pose", confidence=sequence.confidence * 0)
    shoulders = [sequence.point("POSE_LANDMARKS", f"{side}_SHOULDER") for side in ("LEFT", "RIGHT")]
    hidden = sequence.confidence.copy()
    hidden[:, :, shoulders] = 0
    unscaled = changed(signed, tmp_path / "unscaled.pose", confidence=hidden)
    cut = tmp_path / "cut.pose"
    cut.write_bytes(signed.read_bytes()[:-40])
    stranger = tmp_path / "stranger.pose"
    write_pose_file(replace(sequence.select({"POSE_LANDMARKS": None}), components=OTHER_BODY), stranger)
    out = tmp_path / "out.pose"
    for path, message in (
        (nobody, "all keypoints are missing"),
        (unscaled, "shoulders"),
        (cut, "cut.pose"),
        (stranger, "neither MediaPipe"),
    ):
        text = (NAMES, "--learned") if use == "--start" else ()
        status, told, err = command("sign", *text, use, path, "--out", out)
        assert status == 2 and path.name in err and message in err and len(err.strip().splitlines()) == 1
        assert not told and not out.exists()


@pytest.mark.parametrize("layout", ["openpose", "lexicon", "handless", "wide"])
def test_a_repair_keeps_the_layout_of_the_file(command, signed, tmp_path, layout):
    whole = tmp_path / "whole.pose"
    keypoints = ("--keypoints", "openpose") if layout == "openpose" else ()
    assert command("sign", NAMES, *keypoints, "--out", whole)[0] == 0
    sequence = read_pose_file(whole)
    if layout == "lexicon":
        sequence = sequence.select({"POSE_LANDMARKS": UPPER, "LEFT_HAND_LANDMARKS": None, "RIGHT_HAND_LANDMARKS": None})
    elif layout == "handless":
        sequence = sequence.select({"POSE_LANDMARKS": None})
    elif layout == "wide":
        more = Component("POSE_WORLD_LANDMARKS", sequence.components[0].points)
        both = [np.concatenate([one, one[:, :, :33]], axis=2) for one in (sequence.values, sequence.confidence)]
        sequence = replace(sequence, components=(*sequence.components, more), values=both[0], confidence=both[1])
    lost = np.random.default_rng(0).random(sequence.confidence.shape) < 0.3
    write_pose_file(sequence.masked(lost), tmp_path / "broken.pose")
    out = tmp_path / "out.pose"
    assert command("sign", "--repair", tmp_path / "broken.pose", "--out", out)[0] == 0
    before, after = read_pose_file(tmp_path / "broken.pose"), read_pose_file(out)
    assert after.components == before.components and after.values.shape == before.values.shape
    assert np.array_equal(after.values[~before.missing], before.values[~before.missing])
    assert after.missing.sum() < before.missing.sum()
    assert command("sign", NAMES, "--learned", "--start", whole, "--out", out)[0] == 0
