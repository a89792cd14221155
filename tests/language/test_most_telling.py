"""People are told the most telling limb first, little that is only slight, and what hands touch."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import poseloom
from poseloom.language import describe, fact_agreement, facts, read_description, swap_sides
from poseloom.language.description.fact import Fact
from poseloom.language.description.learned_words import in_learned_words
from poseloom.pose import Pose
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance

KICKS = ["front kick (right)", "side kick (right)", "arabesque (on left)", "warrior III (on left)"]


@pytest.mark.parametrize("name", KICKS)
def test_a_raised_leg_is_told_first_and_never_dropped(name):
    for pose in (stance(name), stance(name, mirrored=True)):
        leg = _raised(pose)
        for style in ("paragraph", "short"):
            first = poseloom.describe(pose.reshape(1), style=style)[0].split(". ")[0]
            assert re.search(rf"with (the|their|his|her) {leg} (leg|thigh)", first), first


def _raised(pose: Pose) -> str:
    found = facts(pose)[0]
    return next(fact.side for fact in found if fact.subject in ("leg", "thigh") and not fact.name.endswith(".down"))


def test_real_kicks_are_told_in_a_short_text(shared_data):
    poses = np.load(shared_data("mocap") / "val.npz")["pose"][[1126, 3030, 965, 4800]].astype(np.float32)
    for text in poseloom.describe(Pose(torch.from_numpy(poses)), style="short"):
        assert re.search(r"(left|right) (leg|thigh) ", text), text


def test_slight_things_are_told_where_little_else_is(build):
    bowed = build(neck=("X", (18,)), head=("X", (14,)))
    assert "head" in poseloom.describe(bowed.reshape(1))[0]
    poses = sample(200, seed=4)
    few, all_of_it = (
        len(re.findall("slightly|a little", " ".join(texts))) for texts in (poseloom.describe(poses), describe(poses))
    )
    assert few < 0.4 * all_of_it


def test_what_people_are_told_is_what_models_are_told_but_for_steps_feet_and_thighs():
    poses = sample(60, seed=5)
    own = ("posture.st", "feet.heel", "foot.hovering", "thigh.stance")
    for fewer, every in zip(facts(poses, slight=False), facts(poses), strict=True):
        assert {fact for fact in fewer if not fact.name.startswith(own)} <= set(every)


def test_the_first_sentence_has_the_posture_and_the_most_telling_limb(build):
    raised = build(left_shoulder=("Z", (85,)), right_knee=("X", (20,)))
    first = poseloom.describe(raised.reshape(1))[0].split(". ")[0]
    assert re.fullmatch(r".* (stands|is standing) with (the|their|his|her) left arm stretched straight up", first), (
        first
    )


def test_a_step_is_told_as_a_step(build):
    front = {"right_hip": ("X", (-32,)), "right_knee": ("X", (8,)), "right_ankle": ("X", (24,))}
    rolling = build(**front, left_hip=("X", (28,)), left_knee=("X", (20,)), left_ankle=("X", (-20,)))
    for pose, side in ((rolling, "right"), (rolling.mirror(), "left")):
        text = poseloom.describe(pose.reshape(1), style="short")[0]
        assert re.search(rf"step forward( with the {side} foot|, the {side} foot in front)", text), text
    flat = build(left_hip=("X", (-16,)), left_ankle=("X", (16,)), right_hip=("X", (16,)), right_ankle=("X", (-16,)))
    assert "step forward" not in poseloom.describe(flat.reshape(1))[0]


def test_heels_and_feet_that_are_up_are_told(build):
    tiptoe = {"right_hip": ("X", (-35,)), "right_knee": ("X", (70,)), "right_ankle": ("X", (28,))}
    heel = facts(build(**tiptoe), slight=False)[0]
    assert [fact.side for fact in heel if fact.name == "feet.heel"] == ["right"]
    lifted = build(left_hip=("X", (-40,)), left_knee=("X", (48,)))
    told = facts(lifted, slight=False)[0]
    assert [fact.side for fact in told if fact.name == "foot.hovering"] == ["left"]
    assert "left foot just off the ground" in poseloom.describe(lifted.reshape(1))[0]


def test_what_people_read_is_read_back(real_poses):
    for poses in (real_poses[:120], sample(120, seed=8)):
        known = facts(poses, slight=False)
        for style in ("paragraph", "list", "coach"):
            for text, told in zip(poseloom.describe(poses, 2, style=style), known, strict=True):
                assert read_description(text).disagreements(told) == []


def test_mirrored_poses_have_mirrored_words_for_people(real_poses):
    for poses in (real_poses[:120], sample(120, seed=8)):
        for style in ("paragraph", "short", "coach"):
            words = poseloom.describe(poses, style=style)
            assert [swap_sides(text) for text in words] == list(poseloom.describe(poses.mirror(), style=style))


def test_facts_of_people_hold_by_the_measure_of_texts(real_poses):
    texts = poseloom.describe(real_poses[:120])
    for pose, text in enumerate(texts):
        agreed = fact_agreement([text], real_poses[pose : pose + 1])
        assert agreed.share.min() == 1, text


def test_texts_of_models_go_to_models_as_they_are(real_poses):
    for text in describe(real_poses[:80]):
        assert in_learned_words(text) == text
    for text, told in zip(poseloom.describe(real_poses[:80]), facts(real_poses[:80], slight=False), strict=True):
        again = in_learned_words(text)
        left_out = ("posture.st", "feet.heel", "foot.hovering", "thigh.stance")
        said = {_anywhere(fact) for options in read_description(again).said for fact in options}
        assert {_anywhere(fact) for fact in told if not fact.name.startswith(left_out)} <= said, (text, again)


def _anywhere(fact: Fact) -> Fact:
    """In the room or along the trunk: some words do not tell."""
    return replace(fact, group="", name=fact.name.replace(".body.", ".upright."))
