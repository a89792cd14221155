"""Commands on whole clips: describe --motion, instruct on two clips, check."""

import json

import pytest

from poseloom.cli import check


@pytest.fixture(scope="module")
def squats(tmp_path_factory):
    """The sample with five squats."""
    import poseloom
    from poseloom.demo.samples import sample_clip

    path = tmp_path_factory.mktemp("clips") / "squats.bvh"
    poseloom.save(sample_clip("squats"), path)
    return path


def test_a_motion_is_told(command, squats):
    status, out, err = command("describe", squats, "--motion")
    assert status == 0 and "they do five squats" in out and not err
    made = json.loads(command("describe", squats, "--motion", "--json")[1])
    (phase,) = (one for one in made["phases"] if one["kind"] == "repetitions")
    assert phase["name"] == "squat" and phase["count"] == 5 == len(phase["repetitions"])
    assert made["text"] in out and list(made)[-1] == "notes"


def test_several_motions_are_told_with_their_names(command, squats, motion_file):
    out = command("describe", squats, motion_file, "--motion")[1]
    assert out.count("\n") == 2 and f"{motion_file}: " in out


def test_a_motion_is_told_in_one_manner(command, squats):
    for more in (("--style", "short"), ("--frame", "3"), ("--version", "A")):
        status, _, err = command("describe", squats, "--motion", *more)
        assert status == 2 and "--motion tells the whole clip" in err


def test_two_clips_are_compared(command, squats, motion_file):
    out = command("instruct", squats, squats)[1]
    assert out.startswith("You do five squats, as you are shown.\n")
    made = json.loads(command("instruct", squats, squats, "--json")[1])
    assert made["exercise"] == "squat" and made["repetitions"] == {"mine": 5, "other": 5}
    poses = json.loads(command("instruct", squats, motion_file, "--frames", "0", "5", "--json")[1])
    assert poses["frame_b"] == 5 and len(poses["texts"]) == 1


def test_an_exercise_is_checked(command, squats):
    status, out, _ = command("check", squats, "both knees bent past 90 degrees", "knees straight")
    assert status == 0 and "both knees bent past 90 degrees (at some moment): 5 of 5" in out
    assert "knees straight (throughout): 0 of 5" in out and out.rstrip().endswith("0 of 5 squats fulfil everything")
    made = json.loads(command("check", squats, "back straight", "--json")[1])
    assert made["passed"] and made["good"] == made["judged"] == 5 and made["file"] == str(squats)


def test_what_is_not_understood_is_said(command, squats):
    status, out, err = command("check", squats, "purple elephants")
    assert status == 2 and not out and "nothing was understood of 'purple elephants'" in err
    assert "not understood: purple" in command("check", squats, "back straight, purple")[2]


def test_the_moments_that_decide_are_drawn(command, squats, tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setattr(check, "_PIXELS", 48)
    sheet = tmp_path / "sheet.png"
    status, out, _ = command("check", squats, "knees bent past 90 degrees", "--each", "clip", "--render", sheet)
    assert status == 0 and str(sheet) in out
    with Image.open(sheet) as picture:
        assert picture.width > 48 < picture.height
    status, _, err = command("check", squats, "back straight", "--each", "frame", "--render", sheet)
    assert status == 2 and "for one sheet" in err
