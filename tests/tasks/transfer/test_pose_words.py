"""Words behind --to: activities become states, and only limbs that are spoken of move."""

from __future__ import annotations

import pytest
import torch

from poseloom.pose.limbs import LIMBS
from poseloom.pose.sampler import sample
from poseloom.tasks.transfer.words import pose_words


@pytest.mark.parametrize(
    ("said", "text", "limbs"),
    [
        ("a person raising both arms", "a person with both arms raised", ("left_arm", "right_arm")),
        ("this person, waving", "a person with the right hand over the head", ("right_arm",)),
        ("waving with her left hand", "with the left hand over the head", ("left_arm",)),
        ("the same woman lifting one leg", "a woman with the right leg raised", ("right_leg",)),
        ("bending the left knee", "with the left knee bent", ("left_leg",)),
        ("looking up with the head raised", "looking up with the head raised", ("head",)),
        ("a person standing with both arms raised", "a person standing with both arms raised", ()),
        ("sitting, waving", "sitting, with the right hand over the head", ()),
        ("something else", "something else", ()),
    ],
)
def test_words(said, text, limbs):
    read = pose_words(said)
    assert (read.text, read.limbs) == (text, limbs)


def test_the_other_limbs_stay():
    own, drawn = sample(2, seed=1)
    moved = pose_words("raising both arms").moved(own, drawn)
    arms = [*LIMBS["left_arm"], *LIMBS["right_arm"]]
    others = [joint for joint in range(52) if joint not in arms]
    assert torch.equal(moved.rotations[arms], drawn.with_hands().rotations[arms])
    assert torch.equal(moved.rotations[others], own.with_hands().rotations[others])
    assert pose_words("a person sitting").moved(own, drawn) is drawn
