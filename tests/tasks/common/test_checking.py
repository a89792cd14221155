"""Facts of a user's words on poses whose truth is known."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.language.description.agreement import claims_of
from poseloom.pose import Pose
from poseloom.tasks.common.checking import instructed_facts, stated_facts


def arms(*left):
    """Poses with the left arm up or down, the right one down."""
    rotations = torch.zeros(len(left), 22, 3)
    rotations[:, 16, 2] = torch.tensor([1.3 if up else -1.3 for up in left])
    rotations[:, 17, 2] = 1.3
    return Pose(rotations)


def test_each_statement_is_judged_of_each_pose():
    facts = stated_facts("left arm raised, right arm raised, a zebra", arms(True, False))
    assert facts.holds.tolist() == [[True, False], [False, False]] and facts.judged.all()
    assert facts.unread == ("zebra",) and facts.share.tolist() == [0.5, 0]


def test_a_statement_holds_where_one_of_its_meanings_does():
    """An arm is low by the room in those who stand, by the trunk in others: never both."""
    text = "Their left arm is held low, out to the side, with the elbow fully extended."
    options, _ = claims_of(text).statements
    assert len(options) > 1
    pose = arms(True, False).rotations
    pose[0, 16, 2] = -0.7
    assert stated_facts(text, Pose(pose)).holds.tolist() == [[True, True], [False, True]]


def test_instructions_are_judged_from_the_first_pose_to_the_second():
    down, both = arms(False), arms(True, False)
    assert instructed_facts("Raise the left arm.", down, both).holds.tolist() == [[True], [False]]
    assert instructed_facts("Lower the left arm.", both, arms(False, False)).holds.tolist() == [[True], [False]]
    with pytest.raises(PoseloomError, match="one second pose for each of 2"):
        instructed_facts("Raise the left arm.", both, down)
