"""The part of a hand that touches a place, and the turn with which it does, told by distances alone."""

import math

import pytest
import torch

from poseloom.language.hamnosys.tree import Contact, Location, Place
from poseloom.pose import rotations as rot
from poseloom.pose.hands import hand_shape
from poseloom.signer.arms import reached_rotations
from poseloom.signer.frames import hand_axes, oriented
from poseloom.signer.girdle import girdle_of
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.hand_state import HandState
from poseloom.signer.shoulders import SHORTEST_REACH, chest_origin, shoulder_points
from poseloom.signer.targets import body_target
from poseloom.signer.touching import Touch, _part_there, touching
from poseloom.signer.trunk import trunk_distance

PALM = torch.tensor([0.06, 0.02, 0.0])
OUTSIDE = torch.tensor([0.06, 0.03, 0.0])
TIPS = torch.tensor([0.18, 0.0, 0.0])


def touched(place, turn, parts, named=False, shape="flat"):
    """Wrist, rotation and part of a right hand that shall touch a place, and the place."""
    target = body_target(Location((Place(place),), Contact.TOUCH), False)
    state = HandState(torch.zeros(3), turn, hand_shape(shape))
    rotation, part = touching(Touch(target.point, target.normal, "right", named), state, parts)
    return target.point - hand_axes(rotation, "right") @ part, rotation, part, target.point


def test_a_hand_that_fits_stays_as_it_is():
    _, turn, part, _ = touched("stomach", oriented(None, "right", False), [OUTSIDE])
    _, rotation, again, _ = touched("stomach", turn, [part])
    torch.testing.assert_close(rotation, turn)
    torch.testing.assert_close(again, part)


@pytest.mark.parametrize("degrees", [-20.0, -12.0])
@pytest.mark.parametrize(("named", "farthest"), [(True, 0.04), (False, 0.08)])
def test_a_hand_on_edge_touches_beside_the_part_that_is_meant(degrees, named, farthest):
    across = torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    turn = rot.axis_to_rotmat(torch.tensor(math.radians(degrees)), "Y") @ across @ hand_axes(torch.eye(3), "right").T
    target = body_target(Location((Place("stomach"),), Contact.TOUCH), False)
    state = HandState(torch.zeros(3), turn, hand_shape("flat"))
    _, part = _part_there(Touch(target.point, target.normal, "right", named), state, PALM)
    axes = hand_axes(turn, "right")
    spheres = target.point + (hand_spheres(hand_shape("flat")) - torch.stack([PALM, part])[:, None]) @ axes.T
    depths = (sphere_radii() - trunk_distance(spheres)).amax(-1)
    assert float(depths[1]) < float(depths[0]) - 0.004
    assert 0 < float((part - PALM).norm()) <= farthest


@pytest.mark.parametrize("place", ["shouldertop", "shoulders", "ear"])
def test_a_turn_is_found_that_a_wrist_can_do(place):
    turn = oriented(None, "right", False)
    wrist, rotation, part, point = touched(place, turn, [TIPS, PALM])
    assert float((wrist - shoulder_points()[1]).norm()) > SHORTEST_REACH - 0.01
    reached = reached_rotations(wrist[None], rotation[None], "right")[0]
    assert float((wrist + hand_axes(reached, "right") @ part - point).norm()) < 0.03


def test_collars_go_back_for_hands_at_their_own_shoulders():
    ahead = shoulder_points() + torch.tensor([0.0, -0.1, 0.25])
    still, weights = torch.eye(3).expand(20, 2, 3, 3), torch.ones(20, 2)
    far, near = (
        girdle_of(ahead.expand(20, 2, 3), (shoulder_points() + torch.tensor(way)).expand(20, 2, 3), still, weights)
        for way in ((0.0, -0.1, 0.4), (0.0, 0.1, 0.13))
    )
    rest = shoulder_points()[:, 2]
    assert bool((far.shoulders[..., 2] > rest + 0.01).all())
    assert bool((near.shoulders[..., 2] < rest - 0.01).all())
    assert float(chest_origin()[2]) == pytest.approx(float(rest.mean()))
