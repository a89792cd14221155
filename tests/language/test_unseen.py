"""People whom a picture shows in part: nothing is told of limbs that are not seen, and that is said."""

import pytest
import torch

from poseloom.language import describe
from poseloom.language.description.describe import facts, figures
from poseloom.language.description.doubt import believed
from poseloom.language.description.unseen import remark, told
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.stances import stance

LEGS = {"left_leg": "outside", "right_leg": "outside"}
_LEG_WORDS = ("stand", "knee", "foot", "feet", "leg ", "thigh")


@pytest.fixture(scope="module")
def pose():
    return stance("lunge left")


@pytest.mark.parametrize("style", ["paragraph", "short", "list", "coach"])
def test_legs_that_are_not_seen_are_not_told(pose, style):
    (text,) = describe(pose, style=style, unseen=LEGS)
    body, _, last = text.rpartition("The legs are not in the picture.")
    assert last == "" and not any(word in body for word in _LEG_WORDS)


def test_of_two_limbs_the_one_that_is_seen_is_told():
    raised = facts(stance("t-pose"))[0]
    assert any(fact.group == "arms" and fact.side == "both" for fact in raised)
    kept = told(raised, {"left_arm": "hidden"})
    arms = [fact for fact in kept if fact.group == "arms"]
    assert arms and {fact.side for fact in arms} == {"right"}


def test_the_posture_needs_both_legs(pose):
    assert not any(fact.name.startswith("posture.") for fact in told(facts(pose)[0], {"left_leg": "hidden"}))
    assert told(facts(pose)[0], {}) == facts(pose)[0]


def test_remarks_name_limbs_by_why_they_are_not_seen():
    assert remark(LEGS | {"head": "outside"}) == "The legs and head are not in the picture."
    assert remark({"left_arm": "hidden", "right_leg": "outside"}) == (
        "The right leg is not in the picture. The left arm is hidden."
    )
    assert remark({}) == ""


def test_only_what_is_sure_is_believed_and_mirrored_poses_alike(pose):
    found = facts(pose)[0]
    sure = believed(pose, [found], figures)[0]
    assert set(sure) < set(found)
    other = pose.mirror()
    mirrored = believed(other, facts(other), figures)[0]
    assert {fact.mirrored() for fact in sure} == set(mirrored)


def test_less_is_believed_of_whom_less_is_known(pose):
    found = facts(pose)[0]
    told_with = [believed(pose, [found], figures, torch.full((22,), doubt))[0] for doubt in (0.0, 0.3, 1.5)]
    assert set(told_with[0]) > set(told_with[1]) >= set(told_with[2])
    elbows = torch.zeros(22)
    elbows[[JOINT_INDEX["left_elbow"], JOINT_INDEX["right_elbow"]]] = 1.5
    lost = set(told_with[0]) - set(believed(pose, [found], figures, elbows)[0])
    assert all(fact.subject in ("arm", "elbow", "forearm", "hand", "upper_arm") for fact in lost)


def test_somebody_of_whom_nothing_is_sure_has_no_empty_sentence(pose):
    everything = dict.fromkeys(("left_arm", "right_arm", "left_leg", "right_leg", "head"), "hidden")
    for style in ("paragraph", "short", "list", "coach"):
        (text,) = describe(stance("stand"), style=style, unseen=everything)
        assert text.strip("- ").endswith("The arms, legs and head are hidden.")
