"""Coaching: the differences between two motions, at their moments, in sentences with times."""

import re

import pytest
import torch
from exercise_clips import repeated, walk

import poseloom
from poseloom import PoseloomError, coach, instruct
from poseloom.language import swap_sides
from poseloom.pose import Clip, Pose
from poseloom.pose.clips import mirrored
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.rotations import axis_to_rotmat

SHOWN = ("stand", "squat", 3)


def changed(clip: Clip, joint: str, axis: str, degrees: float) -> Clip:
    """Every frame with one joint turned further."""
    matrices = clip.pose.matrices().clone()
    place = JOINT_INDEX[joint]
    matrices[:, place] = matrices[:, place] @ axis_to_rotmat(torch.tensor(degrees).deg2rad(), axis)
    return Clip(Pose.from_matrices(matrices, translation=clip.pose.translation), clip.fps)


def test_the_same_motion_is_told_to_be_alike():
    clip = repeated(*SHOWN, noise=0.0)
    found = coach(clip, clip)
    assert found.texts == (
        "You do three squats, as you are shown.",
        "Your squats are like the ones that you are shown.",
    )
    assert found.differences == () and found.repetitions == (3, 3) and found.exercise == "squat"


def test_what_all_repetitions_miss_is_told_once():
    mine, other = repeated(*SHOWN, noise=0.0, depth=(0.75,) * 3), repeated(*SHOWN, noise=0.0, depth=(1,) * 3)
    text = coach(mine, other).text
    found = re.search(r"In every squat, at the lowest point, your knees are about (\d+) degrees less bent", text)
    assert 20 <= int(found[1]) <= 40
    assert re.search(r"your knees are about \d+ degrees more bent", coach(other, mine).text)


def test_what_one_repetition_misses_is_told_of_that_one_with_its_time():
    mine, other = (repeated(*SHOWN, noise=0.0, depth=depth) for depth in ((1, 0.75, 1), (1, 1, 1)))
    found = coach(mine, other)
    told = [text for text in found if "knees" in text]
    assert len(told) == 1
    place = re.fullmatch(
        r"In the second squat, at the lowest point \((\d\.\d) s\), your knees are \d+ degrees less bent "
        r"\(\d+ instead of \d+\)\.",
        told[0],
    )
    assert 3.0 < float(place[1]) < 4.2
    worst = found.differences[0]
    assert worst.repetition == 2 and worst.mine < worst.other and abs(worst.at - float(place[1])) < 0.06


def test_one_side_is_told_by_its_name():
    clip = repeated("stand", "arms overhead", 3, noise=0.0)
    bent = changed(clip, "left_elbow", "Y", -40)
    text = coach(bent, clip).text
    assert re.search(r"your left elbow is about \d+ degrees more bent", text) and "right elbow" not in text
    assert coach(mirrored(bent), mirrored(clip)).text == swap_sides(text)


def test_pace_is_told():
    slow, quick = repeated(*SHOWN, 3.0, noise=0.0), repeated(*SHOWN, 1.5, noise=0.0)
    assert "you take" in coach(slow, quick).text and "you are" in coach(quick, slow).text
    assert "longer on the way down" in coach(slow, quick).text


def test_other_counts_and_other_sides():
    found = coach(repeated("stand", "lunge left", 2, noise=0.0), repeated("stand", "lunge right", 4, noise=0.0))
    assert found.texts[0] == "You do two lunges; you are shown four." and found.repetitions == (2, 4)
    assert "compared in the mirror" in found.notes[0]
    assert not any("knee" in text for text in found)


def test_other_exercises_are_compared_as_a_whole():
    found = coach(repeated("stand", "squat", 2), repeated("stand", "forward fold", 2))
    assert "show different things (squats; forward bends)" in found.notes[0]
    assert re.search(r"At \d\.\d s, your knees are \d+ degrees more bent", found.text)


def test_walks_are_compared_by_speed():
    assert re.search(r"You walk 0\.\d m/s slower", coach(walk(6, 0.7), walk(6, 0.5)).text)


def test_instruct_takes_clips_and_poses_as_before():
    clip = repeated(*SHOWN)
    assert instruct(clip, clip).texts == coach(clip, clip).texts
    single = instruct(clip.pose[:2], clip.pose[45:47])
    assert len(single) == 2 and not hasattr(single, "exercise")
    with pytest.raises(PoseloomError, match="clips are compared in one manner"):
        instruct(clip, clip, style="short")


def test_headings_of_other_recordings_are_left_out():
    pose = repeated(*SHOWN).pose[:1]
    turned = Pose.from_matrices(
        torch.cat(
            [axis_to_rotmat(torch.tensor(3.0), "Y")[None, None] @ pose.matrices()[:, :1], pose.matrices()[:, 1:]], 1
        )
    )
    assert "Turn" in instruct(pose, turned)[0]
    assert "urn" not in instruct(Clip(pose, name="a"), Clip(turned, name="b"))[0]
    assert "Turn" in instruct(Clip(pose, name="a"), Clip(turned, name="a"))[0]


def test_long_clips_are_aligned_too():
    long = repeated("stand", "forward fold", 1, 60.0, fps=60)
    assert coach(long, repeated("stand", "squat", 1, 60.0, fps=60)).texts
    assert poseloom.coach(long, long).texts
