import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from poseloom.pose import Pose, clip_to_ranges, violations, within_ranges
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import (
    MOVEMENT_INDEX,
    MOVEMENTS,
    to_matrices,
    with_twists_measured,
    without_twists_measured,
)
from poseloom.pose.ranges import LIMITED, clip_angles, couplings, degrees_over, limits

SEEDS = st.integers(0, 10_000)


def pose_of(**degrees):
    angles = torch.zeros(len(MOVEMENTS))
    for name, value in degrees.items():
        angles[MOVEMENT_INDEX[name]] = math.radians(value)
    return Pose.from_matrices(to_matrices(angles))


def test_every_limit_is_an_interval_and_clinical_ones_stand_beside():
    for source in ("sampler", "clinical"):
        low, high = limits(source)
        assert (low <= high).all()
        free = {name for name, a in zip(MOVEMENTS, low.tolist(), strict=True) if math.isinf(a)}
        assert free == {"root_turn", "root_flexion", "root_side"}
    assert len(couplings()) == 18


def test_the_t_pose_is_within_its_ranges():
    assert within_ranges(Pose.identity())
    assert violations(Pose.identity(3)) == []
    assert degrees_over(Pose.identity(2, 3)).shape == (2, 3, len(LIMITED))


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.sampled_from([22, 52]))
def test_any_pose_is_within_its_ranges_after_clipping(seed, joints):
    generator = torch.Generator().manual_seed(seed)
    pose = Pose(torch.randn(20, joints, 3, generator=generator))
    clipped = clip_to_ranges(pose)
    assert within_ranges(clipped, tolerance=0.1).all()
    torch.testing.assert_close(clipped.rotations[:, 0], pose.rotations[:, 0])
    assert torch.equal(clipped.rotations[:, 22:], pose.rotations[:, 22:])


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_clipping_twice_is_clipping_once(seed):
    generator = torch.Generator().manual_seed(seed)
    once = clip_angles(torch.randn(50, len(MOVEMENTS), generator=generator))
    torch.testing.assert_close(to_matrices(clip_angles(once)), to_matrices(once), atol=1e-5, rtol=0)


def test_coupled_limits_come_one_after_the_other():
    angles = with_twists_measured(torch.randn(500, len(MOVEMENTS), generator=torch.Generator().manual_seed(5)) * 2)
    low, high = limits()
    expected = torch.minimum(torch.maximum(angles, low), high)
    for coupling in couplings():
        limit, now = coupling.limit(expected), expected[:, coupling.movement]
        pick = torch.minimum if coupling.is_highest else torch.maximum
        expected = expected.index_copy(1, torch.tensor([coupling.movement]), pick(now, limit)[:, None])
    found = clip_angles(without_twists_measured(angles))
    torch.testing.assert_close(found, without_twists_measured(expected), atol=1e-4, rtol=0)


def test_what_is_within_is_left_alone():
    pose = pose_of(left_hip_flexion=60, left_knee_flexion=70, right_elbow_flexion=90, trunk_flexion=20, head_turn=30)
    torch.testing.assert_close(clip_to_ranges(pose).matrices(), pose.matrices(), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("degrees", "name", "over"),
    [
        ({"left_knee_flexion": -20}, "left_knee_flexion", 20),
        ({"right_elbow_flexion": 160}, "right_elbow_flexion", 12),
        ({"left_hip_flexion": 110}, "left_hip_flexion", 20),
        ({"right_ankle_flexion": -30}, "right_ankle_flexion", 18),
        ({"head_turn": 85}, "head_turn", 10),
        ({"left_shoulder_swing": -70}, "left_shoulder_swing", 25),
        ({"right_shoulder_twist": -100}, "right_shoulder_twist", 15),
    ],
)
def test_violations_tell_movement_and_degrees(degrees, name, over):
    worst = violations(pose_of(**degrees))[0]
    assert worst.movement == name and worst.pose == ()
    assert worst.over == pytest.approx(over, abs=0.5)
    assert name.split("_")[1] in str(worst) and f"{over} outside" in str(worst)


def test_limits_depend_on_neighbouring_joints():
    assert not within_ranges(pose_of(left_hip_flexion=110))
    assert within_ranges(pose_of(left_hip_flexion=110, left_knee_flexion=90))
    assert not within_ranges(pose_of(left_hip_flexion=-20, left_knee_flexion=100))
    assert not within_ranges(pose_of(right_knee_flexion=152))
    assert within_ranges(pose_of(right_knee_flexion=152, right_hip_flexion=70))
    assert not within_ranges(pose_of(right_hip_rotation=65))
    assert within_ranges(pose_of(right_hip_rotation=65, right_hip_flexion=80, right_knee_flexion=90))


def test_one_spine_joint_cannot_bend_for_all_three():
    rotations = torch.zeros(22, 3)
    rotations[JOINT_INDEX["spine3"], 0] = math.radians(60)
    assert [v.movement for v in violations(Pose(rotations))] == ["spine3_joint_flexion"]


def test_arms_at_the_poles_are_judged_by_their_twist():
    for swing in (-150, -60, 0, 60, 150):
        assert within_ranges(
            pose_of(left_shoulder_elevation=-84, left_shoulder_swing=swing, left_shoulder_twist=-swing)
        )
    assert not within_ranges(pose_of(left_shoulder_elevation=-84, left_shoulder_twist=100))


def test_batches_report_their_place():
    rotations = torch.zeros(2, 3, 22, 3)
    rotations[1, 2, JOINT_INDEX["left_knee"], 0] = -0.5
    found = violations(Pose(rotations))
    assert [(v.pose, v.movement) for v in found] == [((1, 2), "left_knee_flexion")]
    assert within_ranges(Pose(rotations)).tolist() == [[True] * 3, [True, True, False]]


def test_real_poses_are_mostly_near_their_ranges(shared_data):
    with np.load(shared_data("mocap") / "val.npz") as file:
        rotations = torch.from_numpy(file["pose"][file["ok"]][::5].astype("float32"))
    over = degrees_over(Pose(rotations))
    for name in ("knee_flexion", "elbow_flexion", "hip_flexion", "hip_abduction", "shoulder_elevation"):
        columns = [LIMITED.index(f"{side}_{name}") for side in ("left", "right")]
        assert (over[:, columns] < 15).float().mean() > 0.95, name
    assert within_ranges(clip_to_ranges(Pose(rotations)), tolerance=0.1).all()


def test_axis_angle_beyond_a_half_turn_is_the_same_pose():
    rotations = torch.zeros(22, 3)
    rotations[JOINT_INDEX["left_elbow"]] = torch.tensor([0.0, -math.radians(100) + 2 * math.pi, 0.0])
    same = rot.rotmat_to_rotvec(rot.rotvec_to_rotmat(rotations))
    assert within_ranges(Pose(rotations)) == within_ranges(Pose(same))
