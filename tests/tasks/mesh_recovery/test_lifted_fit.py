"""Where a lifter tells the depth, the fit believes it and not the networks; it stays at the picture's points."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from poseloom.pose import BODY_JOINTS
from poseloom.pose import rotations as rot
from poseloom.pose.joints import JOINT_INDEX, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.sampler import sample
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose
from poseloom.tasks.lifting.predict import Lifted
from poseloom.tasks.mesh_recovery.landmarks import fit_landmarks
from poseloom.tasks.mesh_recovery.lifted_terms import lifted_points, lifted_state
from poseloom.tasks.mesh_recovery.predict import check_algorithm, recover_bodies

sys.path.insert(0, str(Path(__file__).parent))
from people_stand_ins import FOCAL, SIZE, keypoints_of, standing


class TrueLifter:
    """Says the truth, and how sure it is of it."""

    def __init__(self, poses, error=0.05):
        local = poses.matrices()
        joints = joints_of(local)
        errors = torch.full((len(poses), BODY_JOINTS), error)
        self.lifted = Lifted(local, joints, errors, errors)

    def lift(self, people, focal):
        return self.lifted


def joints_of(local):
    return forward_kinematics(local, rest_offsets()[:22].to(local), PARENTS[:22], local.new_zeros(3))[1]


@pytest.fixture(scope="module")
def poses():
    return Pose(sample(10, seed=8).body().without_heading().rotations)


def without_depth(keypoints):
    return replace(keypoints, world=keypoints.world * torch.tensor([1.0, 1.0, -0.5]))


def test_wrong_depth_of_the_networks_does_not_matter(poses):
    wrong = without_depth(keypoints_of(poses))
    truth = joints_of(poses.matrices().double())
    lifted = fit_landmarks(wrong, FOCAL, lifted=TrueLifter(poses).lifted)
    alone = fit_landmarks(wrong, FOCAL)
    apart = [(joints_of(found.local[:, :22]) - truth).norm(dim=-1).mean() for found in (lifted, alone)]
    assert apart[0] < 0.03 < 0.1 < apart[1]


def test_the_picture_mends_what_the_lifter_gets_wrong_in_it(poses):
    turned = poses.rotations.clone()
    turned[:, JOINT_INDEX["left_shoulder"], 2] += 0.5
    lifter = TrueLifter(Pose(turned), error=0.3)
    found = fit_landmarks(keypoints_of(poses), FOCAL, lifted=lifter.lifted)
    wrist = JOINT_INDEX["left_wrist"]
    truth = joints_of(poses.matrices().double())[:, wrist, :2]
    before = (lifter.lifted.joints[:, wrist, :2].double() - truth).norm(dim=-1).mean()
    after = (joints_of(found.local[:, :22])[:, wrist, :2] - truth).norm(dim=-1).mean()
    assert after < 0.5 * before


def test_a_joint_of_which_the_lifter_is_sure_is_moved_less(poses):
    turned = poses.rotations.clone()
    turned[:, JOINT_INDEX["left_elbow"], 1] -= 0.6
    moved = []
    for error in (0.05, 0.5):
        lifter = TrueLifter(Pose(turned), error)
        found = fit_landmarks(keypoints_of(poses), FOCAL, lifted=lifter.lifted)
        between = lifter.lifted.local.double().mT @ found.local[:, :22]
        moved.append(float(rot.rotmat_to_rotvec(between)[:, JOINT_INDEX["left_elbow"]].norm(dim=-1).mean()))
    assert moved[0] < 0.7 * moved[1]


@pytest.mark.wrong_types
def test_a_landmark_far_from_all_others_does_not_send_the_person_away(poses):
    keypoints = keypoints_of(poses)
    points = keypoints.points.clone()
    points[:, 15:23:2, :2] += 250.0
    points[:, 25:33:2, :2] -= 250.0
    found = recover_bodies(replace(keypoints, points=points), lifter=TrueLifter(poses))
    assert bool((found.error < 1.0).all())
    assert float(found.poses.translation[:, 2].min()) > -12


def test_landmarks_of_a_lifted_pose_are_those_of_the_body(poses):
    lifted = TrueLifter(poses).lifted
    local, root = lifted_state(lifted)
    hips = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
    assert torch.allclose(
        (joints_of(local) + root[:, None])[:, hips].mean(1), torch.zeros(len(poses), 3).double(), atol=1e-6
    )
    wanted = keypoints_of(poses).world
    from poseloom.tasks.mesh_recovery.body_landmarks import body_places

    marks = body_places()
    places = lifted_points(lifted)
    own = places - places[:, [marks.names.index("left_hip"), marks.names.index("right_hip")]].mean(1, keepdim=True)
    assert torch.allclose(own.float(), wanted[:, list(marks.rows)], atol=1e-4)


@pytest.mark.wrong_types
def test_legs_beyond_the_edge_stand_also_where_the_lifter_bends_them():
    bent = standing().rotations.clone()
    bent[:, [1, 2], 0], bent[:, [4, 5], 0] = -1.2, 1.2
    keypoints = keypoints_of(standing(), depth=2.2, up=-0.4)
    points, visibility = keypoints.points.clone(), keypoints.visibility.clone()
    points[:, 25:33, 1] = SIZE[1] + 60.0
    visibility[:, 25:33] = 0.1
    lifter = TrueLifter(Pose(bent), error=0.5)
    found = recover_bodies(replace(keypoints, points=points, visibility=visibility), lifter=lifter)
    assert found.unseen() == {"left_leg": "outside", "right_leg": "outside"}
    assert float(found.poses.rotations[0, JOINT_INDEX["left_knee"], 0]) < 0.3


@pytest.mark.wrong_types
def test_doubt_goes_with_the_clip(poses):
    lifter = TrueLifter(poses, error=0.2)
    keypoints = keypoints_of(poses)
    with_lifter, alone = recover_bodies(keypoints, lifter=lifter), recover_bodies(keypoints)
    assert with_lifter.clip(2).notes["doubt"] == [0.2] * BODY_JOINTS
    assert alone.doubt is None and "doubt" not in alone.clip(2).notes


def test_known_algorithms_pass():
    check_algorithm("lifted")
    check_algorithm("landmarks")
    check_algorithm("keypoints")
