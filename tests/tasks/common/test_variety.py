"""What words leave open is as people leave it, and what they say stays."""

from itertools import pairwise

import pytest
import torch

from poseloom.language.lexicon.composing import compose
from poseloom.language.lexicon.understanding import understand
from poseloom.pose.movement import MOVEMENT_INDEX
from poseloom.tasks.common.drawing import Asked, draw, draw_all
from poseloom.tasks.common.variety import deeper, left_open

MANY = 400


def open_poses(text, seed=0):
    composed = compose(understand(text))
    generator = torch.Generator().manual_seed(seed)
    return composed, left_open(composed, composed.angles.expand(MANY, -1), ~composed.held, generator)


def degrees(angles, movement):
    return angles[:, MOVEMENT_INDEX[movement]].rad2deg()


def test_quiet_arms_hang_and_hang_alike():
    _, made = open_poses("looking to the left")
    left, right = (degrees(made, f"{side}_shoulder_elevation") for side in ("left", "right"))
    assert -76 < left.mean() < -68 and 3 < left.std() < 7
    assert 0.4 < torch.corrcoef(torch.stack([left, right]))[0, 1] < 0.8


def test_weight_is_on_one_leg_of_half_of_the_people():
    _, made = open_poses("waving")
    drop = degrees(made, "root_side") - degrees(made, "root_side").median()
    shifted = drop.abs() > 1
    assert 0.4 < shifted.float().mean() < 0.6
    assert (drop[shifted] > 0).any() and (drop[shifted] < 0).any()


def test_the_trunk_stays_upright_over_a_pelvis_that_drops():
    composed, made = open_poses("waving")
    drop, lean = (degrees(made, name) - degrees(composed.angles[None], name) for name in ("root_side", "trunk_side"))
    torch.testing.assert_close(lean, -1.4 * drop, atol=1e-3, rtol=0)


@pytest.mark.parametrize("text", ["both arms forward", "left knee raised", "head turned to the left", "handstand"])
def test_what_words_decide_stays(text):
    composed, made = open_poses(text)
    assert composed.held.any()
    assert torch.equal(made[:, composed.held], composed.angles[composed.held].expand(MANY, -1))


def test_nobody_stands_quietly_who_is_in_a_named_pose():
    composed, made = open_poses("warrior two")
    assert torch.equal(
        degrees(made, "left_hip_abduction"), degrees(composed.angles.expand(MANY, -1), "left_hip_abduction")
    )


def test_a_named_pose_is_more_or_less_deep_and_one_on_the_floor_is_not():
    for text, varies in (("squatting", True), ("lying on the back with the knees bent", False)):
        composed = compose(understand(text))
        made = deeper(composed, composed.angles.expand(MANY, -1), torch.Generator().manual_seed(1))
        knees = degrees(made, "left_knee_flexion")
        assert (knees.std() > 1) == varies
        share = knees / degrees(composed.angles[None], "left_knee_flexion")
        assert bool(((share > 0.89) & (share < 1.07)).all())
        assert torch.equal(
            degrees(made, "left_elbow_flexion"), degrees(composed.angles.expand(MANY, -1), "left_elbow_flexion")
        )


def test_several_texts_are_drawn_as_each_alone():
    texts = ("waving", "left hand on the right knee")
    asked = [compose(understand(text)) for text in texts]
    holds = [understand(text).statements for text in texts]
    alone = [draw(one, must, 3, torch.Generator().manual_seed(4)) for one, must in zip(asked, holds, strict=True)]
    together = draw_all(
        [Asked(one, must, torch.Generator().manual_seed(4)) for one, must in zip(asked, holds, strict=True)], 3
    )
    for one, other in zip(alone, together, strict=True):
        torch.testing.assert_close(one, other, atol=1e-2, rtol=0)


def test_samples_differ_from_each_other():
    composed = compose(understand("waving"))
    made = draw(composed, understand("waving").statements, 4, torch.Generator().manual_seed(0))
    assert min(float((one - other).abs().max()) for one, other in pairwise(made)) > 0.05
