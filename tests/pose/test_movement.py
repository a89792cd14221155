import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.pose import PARENTS
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.movement import (
    MOVEMENT_INDEX,
    MOVEMENTS,
    PRODUCTS,
    arm_twist,
    decompose,
    from_matrices,
    joint_angles,
    to_matrices,
    with_arm_twist,
)
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.stances import mirror_angles
from poseloom.pose.types import Pose

SEEDS = st.integers(0, 10_000)


def random_angles(seed, *batch, most=1.4):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(*batch, len(MOVEMENTS), generator=generator) * 2 - 1) * most


def pose_of(**degrees):
    angles = torch.zeros(len(MOVEMENTS))
    for name, value in degrees.items():
        angles[MOVEMENT_INDEX[name]] = math.radians(value)
    return angles


def joints_of(**degrees):
    offsets = rest_offsets()[:BODY_JOINTS]
    positions = forward_kinematics(to_matrices(pose_of(**degrees)), offsets, PARENTS[:BODY_JOINTS])[1]
    return {name: positions[index] for name, index in JOINT_INDEX.items() if index < BODY_JOINTS}


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_angles_lead_to_rotations_and_back(seed):
    angles = random_angles(seed, 3, 2)
    torch.testing.assert_close(from_matrices(to_matrices(angles)), angles, atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_rotations_of_single_joints_survive_the_way_there_and_back(seed):
    matrices = rot.rotvec_to_rotmat(torch.randn(4, BODY_JOINTS, 3, generator=torch.Generator().manual_seed(seed)))
    again = to_matrices(from_matrices(matrices))
    shared = [JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]
    single = [joint for joint in range(BODY_JOINTS) if joint not in shared]
    torch.testing.assert_close(again[:, single], matrices[:, single], atol=1e-4, rtol=0)


def test_every_joint_is_the_product_of_its_turns_in_their_order():
    angles = random_angles(3, 20)
    matrices = to_matrices(angles)
    for joint, (axes, slots) in PRODUCTS.items():
        turns = torch.stack([angles[:, MOVEMENT_INDEX[name]] * factor for name, factor in slots], dim=-1)
        torch.testing.assert_close(matrices[:, JOINT_INDEX[joint]], rot.euler_to_rotmat(turns, axes))
        found = decompose(matrices[:, JOINT_INDEX[joint]], axes)
        torch.testing.assert_close(joint_angles(matrices)[:, JOINT_INDEX[joint]], found, atol=1e-6, rtol=0)


def test_shares_of_the_trunk_and_neck_add_up_to_the_total():
    for total in ("trunk", "head"):
        for kind in ("turn", "flexion", "side"):
            shares = [f for _, slots in PRODUCTS.values() for name, f in slots if name == f"{total}_{kind}"]
            assert math.isclose(sum(shares), 1, abs_tol=1e-9)


def test_movements_go_where_their_names_say():
    rest = joints_of()
    ahead, up, left = 2, 1, 0
    assert joints_of(left_hip_flexion=90)["left_knee"][ahead] > rest["left_knee"][ahead] + 0.3
    assert joints_of(right_hip_flexion=90)["right_knee"][ahead] > rest["right_knee"][ahead] + 0.3
    assert joints_of(left_hip_abduction=40)["left_knee"][left] > rest["left_knee"][left] + 0.2
    assert joints_of(right_hip_abduction=40)["right_knee"][left] < rest["right_knee"][left] - 0.2
    assert joints_of(left_knee_flexion=90)["left_ankle"][ahead] < rest["left_ankle"][ahead] - 0.3
    assert joints_of(right_ankle_flexion=40)["right_foot"][up] < rest["right_foot"][up] - 0.05
    assert joints_of(trunk_flexion=60)["head"][ahead] > rest["head"][ahead] + 0.2
    assert joints_of(trunk_side=30)["head"][left] < rest["head"][left] - 0.1
    assert joints_of(trunk_turn=40)["left_shoulder"][ahead] < rest["left_shoulder"][ahead] - 0.05
    for side, out in (("left", 1), ("right", -1)):
        wrist = f"{side}_wrist"
        assert joints_of(**{f"{side}_shoulder_elevation": 80})[wrist][up] > rest[wrist][up] + 0.4
        assert joints_of(**{f"{side}_shoulder_swing": 90})[wrist][ahead] > rest[wrist][ahead] + 0.4
        assert joints_of(**{f"{side}_collar_elevation": 20})[wrist][up] > rest[wrist][up] + 0.1
        assert joints_of(**{f"{side}_collar_protraction": 20})[wrist][ahead] > rest[wrist][ahead] + 0.1
        bent = joints_of(**{f"{side}_elbow_flexion": 90})[wrist]
        assert bent[ahead] > rest[wrist][ahead] + 0.2 and abs(bent[left] - out * 0.46) < 0.02


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_mirrored_angles_are_the_mirrored_pose(seed):
    angles = random_angles(seed, 3)
    expected = Pose.from_matrices(to_matrices(angles)).mirror().matrices()
    torch.testing.assert_close(to_matrices(mirror_angles(angles)), expected, atol=1e-5, rtol=0)


@settings(deadline=None, max_examples=30)
@given(SEEDS)
def test_arm_twist_is_the_twist_after_the_shortest_swing(seed):
    angles = random_angles(seed, 20, most=1.5)
    for side, g in (("left", 1.0), ("right", -1.0)):
        shoulder = to_matrices(angles)[:, JOINT_INDEX[f"{side}_shoulder"]]
        along = torch.tensor([g, 0.0, 0.0]).expand(20, 3)
        twist = rot.shortest_arc_rotmat(along, shoulder[..., 0] * g).transpose(-1, -2) @ shoulder
        expected = torch.atan2(twist[:, 2, 1], twist[:, 1, 1])
        torch.testing.assert_close(arm_twist(angles, side), expected, atol=1e-4, rtol=0)
        again = with_arm_twist(angles, side, torch.full((20,), 0.4))
        torch.testing.assert_close(arm_twist(again, side), torch.full((20,), 0.4), atol=1e-4, rtol=0)
        moved = to_matrices(again)[:, JOINT_INDEX[f"{side}_shoulder"], :, 0]
        torch.testing.assert_close(moved, shoulder[..., 0], atol=1e-5, rtol=0)


def test_a_hanging_arm_has_one_twist_however_its_swing_is_written():
    straight = pose_of(left_shoulder_elevation=-89.9)
    turned = pose_of(left_shoulder_elevation=-89.9, left_shoulder_swing=70, left_shoulder_twist=-70)
    torch.testing.assert_close(arm_twist(straight, "left"), arm_twist(turned, "left"), atol=5e-3, rtol=0)


def test_gradients_reach_the_angles():
    angles = random_angles(0, 2).requires_grad_()
    from_matrices(to_matrices(angles)).square().sum().backward()
    assert torch.isfinite(angles.grad).all() and (angles.grad != 0).any()
