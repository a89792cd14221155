"""Counting: right from 1 to 20 with noise, cut clips told, nothing where nothing is repeated."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from exercise_clips import cut, repeated, walk
from hypothesis import example, given, settings
from hypothesis import strategies as st

from poseloom import describe_motion
from poseloom.language.motion.repetitions import runs_of
from poseloom.language.motion.signals import signals_of
from poseloom.language.motion.story import story_of
from poseloom.language.motion.turning import turns_of
from poseloom.pose import Clip, Pose
from poseloom.pose.clips import mirrored, resampled
from poseloom.pose.stances import stance

EXERCISES = {
    "squat": ("stand", "squat"),
    "lunge": ("stand", "lunge left"),
    "jumping_jack": ("stand", "star jump"),
    "arm_raise": ("stand", "arms overhead"),
    "push_up": ("plank on the hands", "push-up, low"),
    "forward_bend": ("stand", "forward fold"),
    "knee_raise": ("stand", "yoga tree (standing on left)"),
    "hip_raise": ("lie on the back, knees bent", "bridge (hips up, shoulders on the floor)"),
}


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("count", [2, 5, 11])
def test_repetitions_are_counted_and_named(name, count):
    told = describe_motion(repeated(*EXERCISES[name], count, seed=count))
    assert told.counted() == told.counted(name) == count
    assert told.counted("step") == 0


@pytest.mark.parametrize("count", range(1, 21))
def test_squats_are_counted_from_one_to_twenty(count):
    clip = repeated("stand", "squat", count, 1.2, noise=0.04, seed=100 + count, fps=20)
    assert describe_motion(clip).counted("squat") == count


@given(st.integers(0, 10_000), st.integers(2, 6), st.floats(0.9, 4.0), st.floats(0, 0.06))
@settings(max_examples=15, deadline=None)
def test_pace_and_noise_do_not_change_the_count(seed, count, period, noise):
    clip = repeated("stand", "squat", count, period, noise=noise, seed=seed, fps=24)
    assert describe_motion(clip).counted("squat") == count


def test_a_shallow_repetition_counts():
    assert describe_motion(repeated("stand", "squat", 4, depth=(1, 1, 0.7, 1))).counted("squat") == 4


def test_the_rate_of_the_clip_does_not_matter():
    clip = repeated("stand", "squat", 4)
    assert [describe_motion(resampled(clip, rate)).counted("squat") for rate in (10, 60, 120)] == [4, 4, 4]


def test_what_the_ends_cut_off_is_told_and_not_counted():
    clip = repeated("stand", "squat", 6, seed=3)
    whole, both = describe_motion(clip), describe_motion(cut(clip, 1.5, 1.5))
    assert whole.counted("squat") == 6 and "the clip" not in whole.text
    assert both.counted("squat") == 4
    assert "the clip begins within one more and ends within another" in both.text
    assert "the clip ends within one more" in describe_motion(cut(clip, 0, 1.5)).text
    assert "the clip begins within one more" in describe_motion(cut(clip, 1.5, 0)).text


def test_where_nothing_is_repeated_nothing_is_counted():
    still = repeated("stand", "stand", 3, noise=0.05)
    sits = Clip(Pose(repeated("stand", "sit on a chair", 1, 4.0).pose.rotations[:75]))
    for clip in (still, sits, Clip(stance("squat").reshape(1))):
        assert describe_motion(clip).counted() == 0


@pytest.mark.parametrize("steps", [3, 6, 13])
def test_walking_counts_steps_and_no_repetitions(steps):
    told = describe_motion(walk(steps))
    assert told.counted("step") == steps + 1 and told.counted() == 0


def test_walking_cycles_are_no_exercise_without_a_place_either():
    clip = walk(8)
    on_the_spot = Clip(Pose(clip.pose.rotations), clip.fps)
    told = describe_motion(on_the_spot)
    assert told.counted("step") == 9 and told.counted() == 0 and "on the spot" in told.text


def test_sides_are_told_and_mirrored():
    clip = repeated("stand", "lunge left", 4, in_turn=True)
    named = story_of(clip).repetitions[0]
    assert named.sides == ("left", "right", "left", "right")
    assert story_of(mirrored(clip)).repetitions[0].sides == ("right", "left", "right", "left")


def test_each_repetition_has_its_place():
    clip = repeated("stand", "squat", 3, 2.0, noise=0.0, rest=1.0)
    signals = signals_of(clip)
    (run,) = runs_of(signals)
    knee = signals.column("knee")
    for one in run.repetitions:
        assert one.start < one.peak < one.end
        assert knee[one.peak] > 0.95 * knee[one.start : one.end + 1].max()
        assert max(knee[one.start], knee[one.end]) < 0.25 * knee[one.peak]
    assert all(a.end <= b.start for a, b in pairwise(run.repetitions))


def test_two_exercises_in_one_clip_are_two_sets():
    first, second = repeated("stand", "squat", 3), repeated("stand", "arms overhead", 4, seed=1)
    rotations = torch.cat([first.pose.rotations, second.pose.rotations])
    told = describe_motion(Clip(Pose(rotations), 30.0))
    assert told.counted("squat") == 3 and told.counted("arm_raise") == 4


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=60), st.floats(0.05, 1.5))
@example([1.0, 1.0, 2.2250738585072014e-308], 1.0)
def test_turns_alternate_and_are_far_enough_apart(values, least):
    row = np.array(values)
    turns = turns_of(row, least)
    assert all(a.is_peak != b.is_peak and a.place < b.place for a, b in pairwise(turns))
    assert all(abs(row[a.place] - row[b.place]) >= least - 1e-12 for a, b in pairwise(turns))
    assert bool(turns) == (_swing(row) >= least)


def _swing(row: np.ndarray) -> float:
    """The largest rise or fall from an earlier to a later value."""
    rise = (row - np.minimum.accumulate(row)).max()
    return max(rise, (np.maximum.accumulate(row) - row).max())
