"""Facts of a user's words on poses whose truth is known."""

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.language import describe
from poseloom.language.description.agreement import claims_of
from poseloom.pose import Pose
from poseloom.pose.sampler import sample
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
    """Of an arm's two meanings, by the room and by the trunk, a pose can have one alone."""
    poses = sample(12, seed=0).without_heading()
    texts = describe(poses, seed=0)
    assert any(len(options) > 1 for text in texts for options in claims_of(text).statements)
    assert all(stated_facts(text, poses[row : row + 1]).holds.all() for row, text in enumerate(texts))


def test_instructions_are_judged_from_the_first_pose_to_the_second():
    down, both = arms(False), arms(True, False)
    assert instructed_facts("Raise the left arm.", down, both).holds.tolist() == [[True], [False]]
    assert instructed_facts("Lower the left arm.", both, arms(False, False)).holds.tolist() == [[True], [False]]
    with pytest.raises(PoseloomError, match="one second pose for each of 2"):
        instructed_facts("Raise the left arm.", both, down)
