"""Words that stay while other limbs move: choices hang on the facts that they word alone."""

from itertools import pairwise

import torch

import poseloom
from poseloom.language.description.describe import describe, facts, sentences_of
from poseloom.language.description.limb_joints import joints_of
from poseloom.language.description.phrases import swap_sides
from poseloom.pose import Pose
from poseloom.pose.joints import JOINT_NAMES
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance, stance_names


def arm_lifts(steps: int = 24) -> list[Pose]:
    """Stances whose left arm goes from the side up over the head, a few degrees a step."""
    shoulder, lifts = JOINT_NAMES.index("left_shoulder"), []
    for name in stance_names()[:12:2]:
        rotations = stance(name).rotations.expand(steps, -1, -1).clone()
        rotations[:, shoulder] = torch.linspace(-1.2, 1.4, steps)[:, None] * torch.tensor([0.0, 0.0, 1.0])
        lifts.append(Pose(rotations))
    return lifts


def rewordings(lift: Pose, steady: bool) -> tuple[int, int]:
    """Of sentences with the facts of the frame before: how many there are, and how many say it in other words."""
    unchanged = reworded = 0
    texts = sentences_of(lift, steady=steady, slight=False)
    for before, after in pairwise(texts):
        known = {tuple(told): text for text, told in before}
        for text, told in after:
            if tuple(told) in known:
                unchanged += 1
                reworded += text != known[tuple(told)]
    return unchanged, reworded


def test_unchanged_sentences_are_never_reworded():
    counts = [rewordings(lift, steady=True) for lift in arm_lifts()]
    assert sum(unchanged for unchanged, _ in counts) > 200
    assert sum(reworded for _, reworded in counts) == 0


def test_they_are_without_that_mode():
    assert sum(rewordings(lift, steady=False)[1] for lift in arm_lifts()) > 0


def test_the_mode_changes_words_not_facts():
    poses = sample(60, seed=4)
    steady = sentences_of(poses, slight=True, steady=True)
    assert [[fact for _, told in rows for fact in told] for rows in steady] == [
        [fact for _, told in rows for fact in told] for rows in sentences_of(poses, slight=True, steady=False)
    ]
    listed = [sorted(map(repr, (fact for _, told in rows for fact in told))) for rows in steady]
    assert listed == [sorted(map(repr, one)) for one in facts(poses)]


def test_sentences_make_up_the_text():
    poses = sample(40, seed=5)
    for style in ("paragraph", "short", "coach"):
        rows = sentences_of(poses, 2, style=style, steady=False)
        assert [" ".join(text for text, _ in one) for one in rows] == describe(poses, 2, style=style)


def test_mirrored_poses_have_mirrored_steady_words():
    poses = sample(40, seed=6)
    words, mirrored = describe(poses, steady=True), describe(poses.mirror(), steady=True)
    assert mirrored == [swap_sides(text) for text in words]


def test_seeds_choose_other_words():
    poses = sample(20, seed=7)
    assert describe(poses, 0, steady=True) != describe(poses, 1, steady=True)


def test_facts_of_a_side_have_joints_of_that_side():
    for told in facts(sample(80, seed=8)):
        for fact in told:
            names = [JOINT_NAMES[place] for place in joints_of(fact)]
            assert names
            if fact.side in ("left", "right") and fact.group in ("arms", "legs"):
                assert all(name.startswith(fact.side) for name in names)


def test_a_named_pose_is_told_of_a_pose_without_leading_axes():
    told = poseloom.describe_sentences(stance("downward dog"), names=True)
    assert told.sentences[0][0].facts == ()
    assert told[0].startswith("The pose is ")
