"""Rotations from points: what is fitted shows the same joints, on clips of our own whose rotations are known."""

import numpy as np
import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.fitting import FitWeights, fit_tracks
from poseloom.fitting.landmarks import keypoint_name, landmarks
from poseloom.pose import JOINT_NAMES, Pose, ranges
from poseloom.pose import rotations as rot
from poseloom.pose.joint_tracks import JointTracks
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets

APART = FitWeights(smooth=0)
"""For poses that are no clip."""


def tracks_of(pose, count=22, names=None, size=1.0):
    joints = size * default_body().joints(pose)[:, :count]
    keys = [keypoint_name(name) for name in JOINT_NAMES[:count]]
    chosen = names or keys
    joints = joints[:, [keys.index(name) for name in chosen]]
    return JointTracks(tuple(chosen), joints, torch.ones(joints.shape[:2]))


def turned_by(a, b):
    """Degrees between local rotations."""
    between = rot.to_matrix(a).mT @ rot.to_matrix(b)
    return rot.to_axis_angle(between).norm(dim=-1).rad2deg()


@pytest.fixture(scope="module")
def poses():
    drawn = sample(60, seed=4)
    return Pose(drawn.rotations, torch.randn(60, 3, generator=torch.Generator().manual_seed(0)))


def test_the_joints_come_back_and_the_rotations_that_they_tell(poses):
    fitted = fit_tracks(tracks_of(poses), APART)
    found = fitted.clip.pose
    apart = (default_body().joints(found)[:, :22] - default_body().joints(poses)[:, :22]).norm(dim=-1)
    assert apart.max() < 5e-3
    assert fitted.error < 5e-4
    turns = turned_by(found.rotations, poses.body().rotations).mean(0)
    told = ("pelvis", "left_hip", "right_knee", "spine1", "spine3", "left_shoulder", "right_shoulder")
    assert max(float(turns[JOINT_INDEX[name]]) for name in told) < 5
    assert "fitted to 22 points: 0 mm" in fitted.clip.notes["fit"]


def test_fingers_come_back_with_52_joints(poses):
    fitted = fit_tracks(tracks_of(poses[:8], 52), APART)
    found = fitted.clip.pose
    assert found.joints == 52
    apart = (default_body().joints(found) - default_body().joints(poses[:8])).norm(dim=-1)
    assert apart.max() < 5e-3
    knuckles = [JOINT_INDEX[f"left_{finger}2"] for finger in ("index", "middle", "ring")]
    assert turned_by(found.rotations, poses[:8].rotations)[:, knuckles].mean() < 5


def test_a_person_of_another_size_and_build_is_fitted_by_own_bones(poses):
    offsets = rest_offsets()[:22] * 0.85
    offsets[[JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]] *= 1.15
    offsets[[JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]] *= torch.tensor([0.7, 1.3, 1.0])
    local = poses.body().matrices()
    joints = forward_kinematics(local, offsets, PARENTS[:22], poses.translation)[1]
    names = tuple(keypoint_name(name) for name in JOINT_NAMES[:22])
    fitted = fit_tracks(JointTracks(names, joints, torch.ones(joints.shape[:2])), APART)
    assert fitted.error < 5e-3
    assert torch.allclose(fitted.offsets.norm(dim=-1)[4:6], offsets.norm(dim=-1)[4:6], rtol=0.02)
    assert turned_by(fitted.clip.pose.rotations, poses.body().rotations)[:, [1, 2, 4, 5, 16, 17]].mean() < 6


def test_a_clip_is_fitted_smoothly_through_noise_and_gaps():
    turn = torch.linspace(0, 1.5, 40)
    rotations = torch.zeros(40, 22, 3)
    rotations[:, JOINT_INDEX["left_shoulder"], 2] = -turn
    rotations[:, JOINT_INDEX["left_elbow"], 1] = -turn
    pose = Pose(rotations, torch.zeros(40, 3))
    clean = tracks_of(pose)
    noise = 0.01 * torch.randn(clean.positions.shape, generator=torch.Generator().manual_seed(1))
    weights = clean.weights.clone()
    weights[10:20, JOINT_INDEX["left_wrist"]] = 0
    noisy = JointTracks(clean.names, clean.positions + noise, weights)

    def restless(fitted):
        return fitted.clip.pose.rotations.diff(2, dim=0).norm(dim=-1)[:, 16:20].mean()

    smooth, rough = fit_tracks(noisy, FitWeights(smooth=0.1)), fit_tracks(noisy, APART)
    assert restless(smooth) < 0.6 * restless(rough)
    assert turned_by(smooth.clip.pose.rotations, rotations)[:, [16, 18]].mean() < 13


def test_joints_beyond_their_ranges_are_drawn_back():
    rotations = torch.zeros(1, 22, 3)
    rotations[0, JOINT_INDEX["left_knee"], 0] = -0.6  # bent forward
    pose = Pose(rotations, torch.zeros(1, 3))
    found = fit_tracks(tracks_of(pose), FitWeights(ranges=1.0)).clip.pose
    free = fit_tracks(tracks_of(pose), FitWeights(ranges=0.0, hinge=0.0)).clip.pose
    assert ranges.degrees_over(found).max() < ranges.degrees_over(pose).max() / 2
    assert abs(float(free.rotations[0, JOINT_INDEX["left_knee"], 0]) + 0.6) < 0.1


def test_an_outlier_bends_nothing_where_points_are_from_pictures(poses):
    clean = tracks_of(poses[:4])
    wild = clean.positions.clone()
    wild[:, JOINT_INDEX["right_wrist"]] += torch.tensor([0.0, 3.0, 0.0])
    trusting, robust = (
        fit_tracks(JointTracks(clean.names, wild, clean.weights), FitWeights(smooth=0, robust=scale))
        for scale in (None, 0.1)
    )
    others = [0, 12, 15, 17]
    true = default_body().joints(poses[:4])[:, others]

    def off(fitted):
        return (default_body().joints(fitted.clip.pose)[:, others] - true).norm(dim=-1).mean()

    assert off(robust) < 0.5 * off(trusting)


def test_the_scale_of_a_person_is_told_apart_from_the_pose(poses):
    small = fit_tracks(tracks_of(poses, size=0.6), APART)
    assert small.error < 1e-3
    assert turned_by(small.clip.pose.rotations, poses.body().rotations)[:, [0, 1, 2, 16, 17]].mean() < 5


def test_points_that_the_body_does_not_know_are_refused():
    tracks = JointTracks(("nose", "tail"), torch.zeros(3, 2, 3), torch.ones(3, 2))
    with pytest.raises(PoseloomError, match=r"only 1 points that the body knows \(nose\).*joint_map"):
        fit_tracks(tracks)
    with pytest.raises(PoseloomError, match="expected positions"):
        JointTracks(("nose",), torch.zeros(3, 2, 3), torch.ones(3, 2))
    with pytest.raises(PoseloomError, match="NaN"):
        JointTracks(("nose",), torch.full((3, 1, 3), torch.nan), torch.ones(3, 1))


def test_missing_points_may_hold_anything(poses):
    tracks = tracks_of(poses[:3])
    positions, weights = tracks.positions.clone(), tracks.weights.clone()
    positions[:, 15] = torch.nan
    weights[:, 15] = 0
    fitted = fit_tracks(JointTracks(tracks.names, positions, weights), APART)
    assert np.isfinite(fitted.error)
    assert fitted.error < 2e-3


def test_both_sides_of_every_landmark_mirror_each_other():
    for name, mark in landmarks().items():
        if name.startswith("left_") and not mark.is_joint:
            other = landmarks()[f"right_{name[5:]}"]
            assert other.offset == (-mark.offset[0], *mark.offset[1:])
            assert JOINT_NAMES[other.joint] == JOINT_NAMES[mark.joint].replace("left", "right")
