"""Inverse kinematics of the signer's arms."""

import pytest
import torch

from poseloom.language.hamnosys.tree import Direction, Orientation
from poseloom.pose import Pose, movement
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.movement import MOVEMENT_INDEX
from poseloom.pose.skeleton import rest_offsets
from poseloom.signer.arms import chest_origin, discomfort, shoulder_points, solve_arms, within_reach
from poseloom.signer.frames import oriented

FRAMES = 200
WRISTS = [JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]]


@pytest.fixture(scope="module")
def solved():
    generator = torch.Generator().manual_seed(3)
    box = torch.rand(FRAMES, 3, generator=generator) * torch.tensor([0.35, 0.5, 0.3]) + torch.tensor([-0.3, -0.3, 0.12])
    right = chest_origin() + box
    left = right * torch.tensor([-1.0, 1.0, 1.0]) + torch.tensor([2 * float(chest_origin()[0]), 0, 0])
    hands = rot.rotvec_to_rotmat(torch.randn(FRAMES, 3, generator=generator))
    flip = torch.diag(torch.tensor([-1.0, 1.0, 1.0]))
    hands = torch.stack([flip @ hands @ flip, hands], dim=1)
    points = torch.stack([left, right], dim=1)
    return points, hands, solve_arms(points, hands)


def pose_of(arms):
    rotations = torch.zeros(len(arms.wrist), 22, 3)
    for name in ("shoulder", "elbow", "wrist"):
        indices = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right")]
        rotations[:, indices] = rot.rotmat_to_rotvec(getattr(arms, name))
    return Pose(rotations)


def test_wrists_come_to_their_points(solved):
    points, _, arms = solved
    _, joints = forward_kinematics(pose_of(arms).with_hands().matrices(), rest_offsets(), PARENTS)
    sides = [[within_reach(point, side) for point, side in zip(row, ("left", "right"), strict=True)] for row in points]
    wanted = torch.stack([torch.stack(row) for row in sides])
    assert float((joints[:, WRISTS] - wanted).norm(dim=-1).max()) < 2e-3


def test_wrists_and_elbows_stay_within_their_ranges(solved):
    angles = movement.from_matrices(pose_of(solved[2]).matrices()).rad2deg()
    for side in ("left", "right"):
        flexion, radial, bend = (
            angles[:, MOVEMENT_INDEX[f"{side}_{name}"]] for name in ("wrist_flexion", "wrist_radial", "elbow_flexion")
        )
        assert flexion.min() > -70.1
        assert flexion.max() < 75.1
        assert radial.min() > -30.1
        assert radial.max() < 20.1
        assert bend.min() >= 0
        assert bend.max() < 148.5


def test_mirrored_targets_give_mirrored_arms(solved):
    pose = pose_of(solved[2])
    both = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("shoulder", "elbow", "wrist")]
    difference = pose.matrices()[:, both] - pose.mirror().matrices()[:, both]
    assert float(difference.abs().amax((1, 2, 3)).quantile(0.9)) < 0.05  # the skeleton itself is mirrored to 1 mm


def test_a_comfortable_hand_reaches_its_rotation():
    points = (chest_origin() + torch.tensor([-0.17, -0.25, 0.28]))[None]
    forward = oriented(Orientation(Direction(("o",)), Direction(("d",))), "right", False)
    assert float(discomfort(points, forward, "right")) < 1.0
    backward = oriented(Orientation(Direction(("i",)), Direction(("d",))), "right", False)
    assert float(discomfort(points, backward, "right")) > 5.0


def test_points_out_of_reach_are_approached():
    shoulder = shoulder_points()[1]
    far = within_reach(shoulder + torch.tensor([0.0, 0.0, 3.0]), "right")
    assert 0.5 < float((far - shoulder).norm()) < 0.57
    near = within_reach(shoulder + torch.tensor([0.0, 0.0, 0.01]), "right")
    assert float((near - shoulder).norm()) > 0.15
