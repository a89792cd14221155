"""People are told the most telling limb first, little that is only slight, and what hands touch."""

import re

import numpy as np
import pytest
import torch

import poseloom
from poseloom.language import describe, facts, read_description, swap_sides
from poseloom.language.description.limbs import SKIN
from poseloom.pose import Pose
from poseloom.pose.sampler import sample
from poseloom.pose.stances import stance

KICKS = ["front kick (right)", "side kick (right)", "arabesque (on left)", "warrior III (on left)"]


@pytest.mark.parametrize("name", KICKS)
def test_a_raised_leg_is_told_first_and_never_dropped(name):
    for pose in (stance(name), stance(name, mirrored=True)):
        leg = _raised(pose)
        for style in ("paragraph", "short"):
            second = poseloom.describe(pose.reshape(1), style=style)[0].split(". ")[1]
            assert re.search(rf"{leg} (leg|thigh)", second), second


def _raised(pose: Pose) -> str:
    found = facts(pose)[0]
    return next(fact.side for fact in found if fact.subject in ("leg", "thigh") and not fact.name.endswith(".down"))


def test_real_kicks_are_told_in_a_short_text(shared_data):
    poses = np.load(shared_data("mocap") / "val.npz")["pose"][[1126, 3030, 965, 4800]].astype(np.float32)
    for text in poseloom.describe(Pose(torch.from_numpy(poses)), style="short"):
        assert re.search(r"(left|right) (leg|thigh) ", text.split(". ", 1)[1]), text


def test_slight_things_are_told_where_little_else_is(build):
    bowed = build(neck=("X", (18,)), head=("X", (14,)))
    assert "head" in poseloom.describe(bowed.reshape(1))[0]
    poses = sample(200, seed=4)
    few, all_of_it = (
        len(re.findall("slightly|a little", " ".join(texts))) for texts in (poseloom.describe(poses), describe(poses))
    )
    assert few < 0.4 * all_of_it


def test_what_people_are_told_is_part_of_what_models_are_told():
    poses = sample(60, seed=5)
    for fewer, every in zip(facts(poses, slight=False), facts(poses), strict=True):
        assert set(fewer) <= set(every) and fewer[0] == every[0]


def test_touches_are_read_back_and_mirrored(build):
    reach = [
        stance(name)
        for name in ("hand on the chin (right), thinking", "squat", "forward fold", "hands behind the head")
    ]
    for pose in reach:
        text = describe(pose)[0]
        assert not read_description(text).disagreements(facts(pose)[0])
        assert describe(pose.mirror())[0] == swap_sides(text)
    touched = {fact.target for told in facts(sample(400, seed=1)) for fact in told if fact.sector == "touching"}
    assert len(touched & set(SKIN)) >= 4


def test_no_sentence_needs_a_plan_of_the_body():
    texts = " ".join(poseloom.describe(sample(300, seed=9)))
    assert "toward the hips and" not in texts and "sideways from the trunk" not in texts
