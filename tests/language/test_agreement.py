"""Texts judged by poses: facts that are read, in the describer's words or a person's, and those that are true."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.language import describe, fact_agreement, facts, read_description, swap_sides
from poseloom.language.description.agreement import claims_of
from poseloom.language.description.describe import figures
from poseloom.language.description.plain import plain_words, read_plainly
from poseloom.language.description.styles import STYLES
from poseloom.language.description.truth import Claim, truth_of
from poseloom.pose import Pose, stack
from poseloom.pose.sampler import sample

BOTH = ("left", "right")
KNEELING = {"left_knee": ("X", (92,)), "right_hip": ("X", (-90,)), "right_knee": ("X", (90,))}
ARMS_UP = {"left_shoulder": ("Z", (80,)), "right_shoulder": ("Z", (-80,))}


def share(text: str, pose: Pose) -> float:
    return float(fact_agreement([text], pose).share[0])


def test_every_fact_that_is_told_is_true(real_poses):
    for poses in (real_poses, sample(300, seed=1)):
        told = facts(poses)
        truths = [truth_of(figure) for figure in figures(poses)]
        first = 0
        for truth in truths:
            for place in range(truth.poses):
                assert all(truth.fact(fact)[place] for fact in told[first + place])
            first += truth.poses


@pytest.mark.parametrize("style", list(STYLES))
def test_descriptions_agree_with_their_poses_in_every_style(real_poses, style):
    poses = real_poses[:150]
    texts = describe(poses, seed=2, style=style)
    agreed = fact_agreement(texts, poses)
    assert (agreed.read > 0).all()
    assert (agreed.true == agreed.read).all()
    assert not any(agreed.unread)
    other = fact_agreement(texts, poses[torch.roll(torch.arange(150), 11)])
    assert np.nanmean(other.share) < 0.4


def test_swapped_sides_agree_with_the_mirrored_pose(real_poses):
    poses = real_poses[:60]
    texts = [swap_sides(text) for text in describe(poses)]
    assert (fact_agreement(texts, poses.mirror()).share == 1).all()
    assert fact_agreement(texts, poses).share.mean() < 0.9


def test_a_short_human_text_is_read(build):
    text = "a person kneeling on the left knee with both arms raised"
    pose = build(**KNEELING, **ARMS_UP)
    agreed = fact_agreement([text], pose)
    assert agreed.read.tolist() == [2]
    assert agreed.true.tolist() == [2]
    assert share(text, pose.mirror()) == 0.5
    assert share(text, build(**KNEELING)) == 0.5
    assert share(text, build()) == 0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("standing on one leg with arms out to the sides", 4),
        ("left hand on right shoulder, right arm stretched forward, head turned left", 4),
        ("someone lies on their back with knees bent and hands behind the head", 3),
        ("raising the right hand above the head, left hand on the hip", 3),
        ("bent over with straight legs touching the floor with both hands", 3),
        ("arms crossed in front of the chest, feet shoulder width apart", 2),
        ("Left foot in front of right foot, leaning slightly forward, looking down", 3),
        ("the left knee is bent at 90 degrees and the other leg is straight", 2),
        ("both hands are clasped behind the back", 1),
        ("right leg back and left arm up", 2),
        ("T-pose", 3),
        ("push-up position", 2),
        ("no arm raised, not leaning", 2),
        ("the weather is nice", 0),
        ("", 0),
    ],
)
def test_how_people_speak(text, count):
    assert len(claims_of(text).statements) == count


@pytest.mark.parametrize(
    ("text", "joints"),
    [
        ("both arms hang down, the knees are straight", {}),
        ("left arm raised, right arm down", {"left_shoulder": ("Z", (80,))}),
        ("T-pose", {"left_shoulder": ("Z", (0,)), "right_shoulder": ("Z", (0,))}),
        ("leaning forward", {"spine1": ("X", (30,))}),
        ("leans to the left", {"spine1": ("Z", (-30,))}),
        ("the head is turned to the right", {"neck": ("Y", (-50,))}),
        ("looking down with bent left elbow", {"neck": ("X", (30,)), "left_elbow": ("Y", (-90,))}),
        ("standing on the left leg, the right knee lifted", {"right_hip": ("X", (-90,)), "right_knee": ("X", (90,))}),
        ("lying on the back", {"pelvis": ("X", (-90,))}),
        ("lying on the left side", {"pelvis": ("Z", (-90,))}),
        ("not kneeling, no arm raised", {}),
        ("sitting on the floor", {f"{side}_hip": ("X", (-88,)) for side in BOTH}),
    ],
)
def test_what_people_say_is_true_of_such_a_pose(build, text, joints):
    pose = build(**joints)
    assert share(text, pose) == 1
    assert share(swap_sides(text), pose.mirror()) == 1


def test_denied_and_sided_claims():
    assert read_plainly("not kneeling").claims[0].denied
    left, right = read_plainly("left knee bent, right elbow straight").claims
    assert isinstance(left, Claim)
    assert (left.channel, left.side, right.side) == ("knee", "left", "right")
    assert read_plainly("the purple knee").unread == ["purple"]


def test_samples_of_one_text_and_shapes(real_poses):
    text = describe(real_poses[:1])[0]
    one = fact_agreement([text], real_poses[:32])
    assert one.true.shape == one.share.shape == (1, 32)
    assert one.share[0, 0] == 1
    poses = Pose(real_poses.rotations[:6].reshape(2, 3, 22, 3))
    assert fact_agreement([text, ""], poses).true.shape == (2, 3)
    assert np.isnan(fact_agreement([text, ""], poses).share[1]).all()
    assert fact_agreement([], real_poses[:0]).true.shape == (0,)
    with pytest.raises(PoseloomError, match="one entry for each of 2 texts"):
        fact_agreement([text, text], real_poses[:3])


def test_every_word_of_the_table_means_something():
    words = plain_words()
    known = truth_of(next(iter(figures(stack([Pose.identity(), Pose.identity()]))))).channels
    for states in words.table["claims"].values():
        for rows in states.values():
            for channel, *classes in rows:
                assert channel in known, channel
                assert classes


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    claims_of(text)
    read_description(text)


_WORDS = [word for phrase in plain_words().phrases for word in phrase]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=12))
def test_any_order_of_known_words_can_be_read_and_judged(words):
    poses = sample(2, seed=0)
    agreed = fact_agreement([" ".join(words)], poses)
    assert (agreed.true <= agreed.read[:, None]).all()


def _lines_run(text: str) -> int:
    """Lines of Python that reading a text takes."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        claims_of.__wrapped__(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "words", ["left ", "zebra ", "left arm right leg ", "raised left ", "the left arm is bent and "]
)
def test_a_sentence_of_twice_the_length_takes_twice_the_work(words):
    claims_of(f"{words}bent")  # tables that are read once
    assert _lines_run(words * 200 + "bent " * 200) < 2.3 * _lines_run(words * 100 + "bent " * 100)
