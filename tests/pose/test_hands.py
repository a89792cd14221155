import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.base.errors import PoseloomError
from poseloom.pose import PARENTS, Pose
from poseloom.pose.hands import (
    clip_hand,
    finger_rotations,
    hand_limits,
    hand_names,
    hand_shape,
    interpolate,
    with_hand_shapes,
    with_relaxed_hands,
)
from poseloom.pose.joints import FINGERS, JOINT_INDEX
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets


def hand_joints(left, right=None):
    pose = Pose(with_hand_shapes(torch.zeros(22, 3), left, left if right is None else right))
    positions = forward_kinematics(pose.matrices(), rest_offsets(), PARENTS)[1]
    return {name: positions[index] for name, index in JOINT_INDEX.items()}


def test_the_shapes_of_the_field_are_there():
    wanted = {"flat", "relaxed", "fist", "point", "victory", "thumbs up", "pinch", "spread", "claw", "grip"}
    assert wanted <= set(hand_names())
    low, high = hand_limits()
    for name in hand_names():
        shape = hand_shape(name)
        assert shape.shape == (5, 4) and (shape >= low - 1e-6).all() and (shape <= high + 1e-6).all(), name


def test_an_unknown_shape_is_answered_with_the_nearest():
    with pytest.raises(PoseloomError, match="did you mean 'relaxed'"):
        hand_shape("relaxd")


def test_zero_is_the_rest():
    pose = with_hand_shapes(torch.zeros(2, 22, 3), hand_shape("zero"), hand_shape("zero"))
    assert pose.shape == (2, 52, 3) and (pose == 0).all()


def test_fingers_close_towards_the_palm_on_both_sides():
    rest, fist = hand_joints(hand_shape("zero")), hand_joints(hand_shape("fist"))
    for side, out in (("left", 1), ("right", -1)):
        for finger in ("index", "middle", "ring", "pinky"):
            tip = f"{side}_{finger}3"
            assert fist[tip][1] < rest[tip][1] - 0.02
            assert out * fist[tip][0] < out * rest[tip][0] - 0.02


def test_spreading_and_the_thumb_go_to_the_thumb_side():
    rest = hand_joints(hand_shape("zero"))
    spread = hand_joints(hand_shape("spread"))
    for side in ("left", "right"):
        assert spread[f"{side}_index3"][2] > rest[f"{side}_index3"][2] + 0.01
        assert spread[f"{side}_pinky3"][2] < rest[f"{side}_pinky3"][2] - 0.01
        assert spread[f"{side}_thumb3"][2] > rest[f"{side}_thumb3"][2] + 0.01


def test_only_the_pointing_finger_is_straight():
    point, fist = hand_shape("point"), hand_shape("fist")
    index = FINGERS.index("index")
    assert (point[index] == 0).all()
    rest = [row for row in range(5) if row != index]
    assert torch.equal(point[rest], fist[rest])


@settings(deadline=None, max_examples=30)
@given(st.sampled_from(hand_names()), st.sampled_from(hand_names()))
def test_hands_mirror_like_poses(left, right):
    pose = Pose(with_hand_shapes(torch.zeros(22, 3), hand_shape(left), hand_shape(right)))
    other = Pose(with_hand_shapes(torch.zeros(22, 3), hand_shape(right), hand_shape(left)))
    torch.testing.assert_close(pose.mirror().matrices(), other.matrices(), atol=2e-2, rtol=0)


def test_interpolation_meets_both_ends_and_broadcasts():
    a, b = hand_shape("flat"), hand_shape("fist")
    assert torch.equal(interpolate(a, b, 0.0), a)
    torch.testing.assert_close(interpolate(a, b, 1.0), b)
    many = interpolate(a, b, torch.linspace(0, 1, 7))
    assert many.shape == (7, 5, 4) and finger_rotations(many, "left").shape == (7, 15, 3)
    assert (many[1:, 0, 1] > many[:-1, 0, 1]).all()


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_clipped_hands_keep_their_limits_and_closed_fingers_do_not_spread(seed):
    wild = torch.randn(30, 5, 4, generator=torch.Generator().manual_seed(seed)) * 2
    clipped = clip_hand(wild)
    low, high = hand_limits()
    assert (clipped >= low - 1e-6).all() and (clipped <= high + 1e-6).all()
    closed = clipped[:, :4, 1] >= math.radians(89.9)
    assert (clipped[:, :4, 0][closed].abs() < math.radians(0.1)).all()
    torch.testing.assert_close(clip_hand(clipped), clipped)


def test_relaxed_hands_are_those_of_their_name():
    body, relaxed = torch.randn(3, 22, 3), hand_shape("relaxed")
    assert torch.equal(with_relaxed_hands(body), with_hand_shapes(body, relaxed, relaxed))
