"""Conventions of PoseEmbroider's data: orientation, boxes, mirror and mean pose, as the release has them."""

from __future__ import annotations

import pytest
import torch

from poseloom.data.sources.bedlam_body import turn_of_hips
from poseloom.data.sources.bedlam_people import People, scaled_boxes, seen_joints
from poseloom.pose.rotations import axis_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import from_published, pairs, to_published_rotations
from poseloom.tasks.embedding.body_objective import mean_rotations

UP = axis_to_rotmat(torch.tensor(torch.pi / 2), "X")
"""From y up to z up, as AMASS has it."""


@pytest.fixture
def case(golden):
    """Inputs and outputs of the case, and a comparison of rotation vectors by what they turn."""
    told, numbers = golden("embroider/pose_transforms")
    arrays = {name: torch.from_numpy(value) for name, value in numbers.items()}
    atol = told["tolerance"]["atol"]

    def same_turns(found, name):
        torch.testing.assert_close(rotvec_to_rotmat(found), rotvec_to_rotmat(arrays[name]), atol=atol, rtol=atol)

    return arrays, same_turns


def _rooted(root):
    """Poses of which the root alone is turned, with z up."""
    return from_published(torch.cat([root[:, None], torch.zeros(len(root), 21, 3)], dim=1))


def _z_up(pose, joints=22):
    return to_published_rotations(pose, joints)


def test_bedlams_poses_stand_as_amass_has_them(case):
    arrays, same_turns = case
    same_turns(_z_up(Pose(arrays["bedlam_pose"][None]), 52)[0], "bedlam_pose_out")


def test_the_camera_turns_the_normalised_body_into_its_view(case):
    arrays, same_turns = case
    in_camera, normalised = (rotvec_to_rotmat(arrays[name]) for name in ("bedlam_root_cam", "bedlam_root_norm"))
    raw = in_camera @ normalised.mT
    same_turns(rotmat_to_rotvec(raw), "bedlam_cam_rot_raw")
    same_turns(rotmat_to_rotvec(UP.mT @ raw @ UP.mT), "bedlam_cam_rot")


def test_bedlam_turns_by_the_hips(case):
    arrays, same_turns = case
    turn = turn_of_hips(arrays["hip_left"], arrays["hip_right"])
    same_turns(rotmat_to_rotvec(turn @ rotvec_to_rotmat(arrays["hip_root"])), "hip_root_out")


def test_amass_turns_by_the_euler_angle(case):
    arrays, same_turns = case
    roots = arrays["amass_root"]
    normalised = _z_up(_rooted(roots).without_heading())[:, 0]
    same_turns(normalised, "amass_root_out")
    turn = rotvec_to_rotmat(normalised) @ rotvec_to_rotmat(roots).mT
    same_turns(rotmat_to_rotvec(turn), "amass_normalising_rotation")
    _, second = pairs(_rooted(roots[:1]), _rooted(roots[1:2]))
    same_turns(_z_up(second)[:, 0], "amass_pose_B_in_sequence")


def test_3dpw_comes_from_the_camera(case):
    arrays, same_turns = case
    upright = from_published(arrays["threedpw_pose"][None]).turned(UP.mT)
    found = _z_up(upright.without_heading())[0]
    same_turns(found, "threedpw_pose_out")
    back = rotvec_to_rotmat(_z_up(upright)[0, 0]) @ rotvec_to_rotmat(found[0]).mT
    same_turns(rotmat_to_rotvec(back), "threedpw_cam_rot")


def test_left_and_right_change_places(case):
    arrays, same_turns = case
    same_turns(Pose(arrays["flip_in"]).mirror().rotations, "flip_out")


@pytest.mark.parametrize(("scale", "frame"), [(1.1, (1280, 720)), (1.3, (1920, 1080))])
def test_boxes_move_out_by_their_diagonal(case, scale, frame):
    arrays, _ = case
    boxes = arrays["bboxes"]
    people = People(torch.arange(len(boxes)), torch.zeros(len(boxes), 22, 2), boxes, torch.ones(len(boxes)), frame)
    assert torch.equal(scaled_boxes(people, scale), arrays[f"bbox_{round(scale * 10)}"])


def test_joints_on_the_border_are_not_seen(case):
    arrays, _ = case
    joints = arrays["kpts2d"].float()
    people = People(
        torch.arange(len(joints)), joints, torch.zeros(len(joints), 4), torch.ones(len(joints)), (1280, 720)
    )
    assert torch.equal(seen_joints(people).sum(-1), arrays["kpts_visible_count"])
    assert torch.equal(seen_joints(people).all(-1).int(), arrays["kpts_full_visible"])


def test_the_mean_pose_is_the_rotation_nearest_to_the_sum(case):
    arrays, same_turns = case
    same_turns(rotmat_to_rotvec(mean_rotations(rotvec_to_rotmat(arrays["poses_for_mean"]))), "mean_pose")
