"""Bodies from keypoints: known poses come back, mirrored ones mirrored, and what nobody saw stands as people do."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from poseloom.base.errors import PoseloomError
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.ranges import degrees_over
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose
from poseloom.tasks.mesh_recovery.body_landmarks import beyond_edge, body_places
from poseloom.tasks.mesh_recovery.landmarks import fit_landmarks
from poseloom.tasks.mesh_recovery.predict import check_algorithm, recover_bodies

sys.path.insert(0, str(Path(__file__).parent))
from people_stand_ins import FOCAL, SIZE, keypoints_of, standing

LEGS = (25, 26, 27, 28, 29, 30, 31, 32)


@pytest.fixture(scope="module")
def poses():
    """Everyday poses, about facing the camera."""
    drawn = sample(12, seed=4).body().without_heading()
    return Pose(drawn.rotations)


@pytest.fixture(scope="module")
def fitted(poses):
    return fit_landmarks(keypoints_of(poses), FOCAL)


def joints_of(local):
    count = local.shape[1]
    return forward_kinematics(local, rest_offsets()[:count].to(local), PARENTS[:count])[1][:, :22]


def test_faultless_landmarks_give_the_pose_back(poses, fitted):
    apart = (joints_of(fitted.local) - joints_of(poses.matrices().double())).norm(dim=-1)
    assert apart.mean() < 0.035  # priors pull, and joints beyond their ranges are clipped
    assert apart.mean(-1).median() < 0.03


def test_a_smaller_person_is_the_same_pose_and_as_much_smaller(poses, fitted):
    small = keypoints_of(poses)
    again = fit_landmarks(replace(small, world=small.world * 0.8), FOCAL)
    assert torch.allclose(again.size / fitted.size, torch.tensor(0.8).double(), rtol=0.02)
    assert (joints_of(again.local) - joints_of(fitted.local)).norm(dim=-1).mean() < 0.01


def test_bodies_stand_in_the_camera_where_the_landmarks_are(poses):
    keypoints = keypoints_of(poses, depth=5.0, right=0.6, up=-0.2)
    found = recover_bodies(keypoints)
    marks = body_places()
    turned, places = forward_kinematics(found.poses.matrices(), rest_offsets(), PARENTS, found.poses.translation)
    at = places[:, marks.joint] + (turned[:, marks.joint] @ marks.offset.float()[..., None]).squeeze(-1)
    seen = found.camera.project(at)[..., :2] - 0.5
    apart = (seen - keypoints.points[:, list(marks.rows), :2]).norm(dim=-1)
    assert apart.median() < 0.02 * FOCAL / 5.0  # two centimetres
    assert torch.allclose(found.poses.translation[:, 2], torch.tensor(-5.0), rtol=0.1)
    assert found.camera.size == (SIZE[1], SIZE[0])


def test_the_mirrored_picture_gives_the_mirrored_pose(poses):
    keypoints = keypoints_of(poses)
    marks = body_places()
    order = list(range(33))
    for name, row in zip(marks.names, marks.rows, strict=True):
        if name.startswith("left_"):
            other = marks.rows[marks.names.index(name.replace("left_", "right_"))]
            order[row], order[other] = other, row
    points, world = keypoints.points[:, order].clone(), keypoints.world[:, order].clone()
    points[..., 0], world[..., 0] = SIZE[0] - 1 - points[..., 0], -world[..., 0]
    mirrored = fit_landmarks(replace(keypoints, points=points, world=world), FOCAL)
    wanted = Pose(rot.rotmat_to_rotvec(fit_landmarks(keypoints, FOCAL).local)).mirror()
    assert (joints_of(mirrored.local) - joints_of(wanted.matrices())).norm(dim=-1).max() < 0.01


def test_no_joint_leaves_its_range(fitted):
    assert float(degrees_over(Pose(rot.rotmat_to_rotvec(fitted.local).float())).max()) < 5


def test_people_do_not_see_each_other(poses):
    keypoints = keypoints_of(poses)
    alone = fit_landmarks(keypoints[torch.tensor([3])], FOCAL)
    together = fit_landmarks(keypoints, FOCAL)
    assert torch.allclose(alone.local[0], together.local[3], atol=1e-4)


def test_legs_beyond_the_edge_stand_and_are_said_to_be_outside():
    pose = standing()
    keypoints = keypoints_of(pose, depth=2.2, up=-0.4)
    points, world = keypoints.points.clone(), keypoints.world.clone()
    points[:, list(LEGS), 1] = SIZE[1] + 60.0
    world[:, list(LEGS), 2] += 0.7  # a guess of the network that means nothing
    visibility = keypoints.visibility.clone()
    visibility[:, list(LEGS)] = 0.1
    found = recover_bodies(replace(keypoints, points=points, world=world, visibility=visibility))
    assert found.unseen() == {"left_leg": "outside", "right_leg": "outside"}
    joints = joints_of(found.poses.matrices())[0]
    for side in ("left", "right"):
        thigh = joints[JOINT_INDEX[f"{side}_knee"]] - joints[JOINT_INDEX[f"{side}_hip"]]
        assert thigh[1] / thigh.norm() < -0.93
        assert found.poses.rotations[0, JOINT_INDEX[f"{side}_knee"], 0] < 0.3  # people on the move bend theirs by 0.8
        assert not found.seen[0, JOINT_INDEX[f"{side}_ankle"]] and found.seen[0, JOINT_INDEX[f"{side}_wrist"]]


def test_knees_that_nobody_saw_are_cut_off_where_both_ankles_are():
    keypoints = keypoints_of(standing())
    points, visibility = keypoints.points.clone(), keypoints.visibility.clone()
    points[:, [27, 28], 1] = SIZE[1] + 60.0
    visibility[:, [25, 26, 27, 28]] = 0.1
    cut_off = beyond_edge(replace(keypoints, points=points, visibility=visibility))[0]
    assert cut_off[[25, 26, 27, 28]].all()
    points[:, 27] = keypoints.points[:, 27]
    assert not beyond_edge(replace(keypoints, points=points, visibility=visibility))[0, [25, 26]].any()


def test_knees_at_the_edge_are_cut_off_where_both_ankles_are():
    """Seen or not: a trouser leg that ends at the edge does not tell whether a knee is bent there."""
    keypoints = keypoints_of(standing())
    points, thigh = keypoints.points.clone(), float((keypoints.points[0, 25] - keypoints.points[0, 23])[:2].norm())
    points[:, [25, 26], 1] = SIZE[1] - 1 - 0.2 * thigh
    points[:, [23, 24], 1] = points[:, [25, 26], 1] - thigh
    points[:, [23, 24], 0] = points[:, [25, 26], 0]
    inside = points.clone()
    points[:, [27, 28], 1] = SIZE[1] + 60.0
    assert keypoints.seen[0, [25, 26]].all()
    assert beyond_edge(replace(keypoints, points=points))[0, [25, 26]].all()
    assert not beyond_edge(replace(keypoints, points=inside))[0, [25, 26]].any()


def test_a_knee_that_is_clearly_seen_keeps_the_other_one():
    """Somebody who sits behind an edge does not stand on one leg because the other knee is hidden, or at the edge."""
    keypoints = keypoints_of(standing())
    points, visibility = keypoints.points.clone(), keypoints.visibility.clone()
    points[:, [27, 28], 1] = SIZE[1] + 60.0
    visibility[:, 26] = 0.1
    assert not beyond_edge(replace(keypoints, points=points, visibility=visibility))[0, [25, 26]].any()


def test_somebody_wholly_beyond_the_edge_still_gets_a_body():
    keypoints = keypoints_of(standing())
    found = recover_bodies(replace(keypoints, points=keypoints.points + torch.tensor([0.0, 3.0 * SIZE[1], 0.0])))
    assert found.poses.translation is not None and found.poses.translation[0, 1] < -1.0
    assert torch.isfinite(found.error).all() and set(found.unseen().values()) == {"outside"}


def test_hidden_limbs_within_the_picture_are_said_to_be_hidden():
    keypoints = keypoints_of(standing())
    visibility = keypoints.visibility.clone()
    visibility[:, [13, 15]] = 0.2
    found = recover_bodies(replace(keypoints, visibility=visibility))
    assert found.unseen() == {"left_arm": "hidden"}


def test_shoulders_that_the_network_lets_lean_forward_stand_upright():
    keypoints = keypoints_of(standing())
    world = keypoints.world.clone()
    upper = list(range(23))
    world[:, upper, 2] += world[:, upper, 1] * 0.25  # 14 degrees
    leaning = fit_landmarks(replace(keypoints, world=world), FOCAL)
    joints = joints_of(leaning.local)[0]
    trunk = joints[JOINT_INDEX["neck"]] - joints[0]
    assert torch.rad2deg(torch.atan2(trunk[2], trunk[1])).abs() < 8


def test_a_clear_bow_is_believed():
    rotations = standing().rotations.clone()
    rotations[:, 0, 0] = 1.0
    bowing = fit_landmarks(keypoints_of(Pose(rotations)), FOCAL)
    joints = joints_of(bowing.local)[0]
    trunk = joints[JOINT_INDEX["neck"]] - joints[0]
    assert torch.rad2deg(torch.atan2(trunk[2], trunk[1])) > 45


def test_nobody_and_unknown_algorithms_are_refused():
    keypoints = keypoints_of(standing())
    with pytest.raises(PoseloomError, match="nobody"):
        recover_bodies(keypoints[torch.zeros(0, dtype=torch.long)])
    with pytest.raises(PoseloomError, match="landmarks"):
        check_algorithm("landmark")
