"""Keypoints as faultless networks would give them: of known poses before a known camera."""

import math

import torch

from poseloom.images.roi import Roi
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.mesh_recovery.body_landmarks import body_places

SIZE = (640, 480)
FOCAL = math.hypot(*SIZE)


def keypoints_of(pose, depth=4.0, visibility=1.0, fps=None, right=0.0, up=0.0):
    """A row for each pose (n,); the pelvis is `depth` metres before a camera with a normal lens."""
    turned, places = forward_kinematics(pose.matrices(), rest_offsets()[: pose.joints], PARENTS[: pose.joints])
    marks = body_places()
    at = places[:, marks.joint] + (turned[:, marks.joint] @ marks.offset.float()[..., None]).squeeze(-1)
    count = len(pose)
    world, points = torch.zeros(count, 33, 3), torch.zeros(count, 33, 3)
    hips = [marks.names.index("left_hip"), marks.names.index("right_hip")]
    world[:, list(marks.rows)] = at - at[:, hips].mean(1, keepdim=True)
    away = depth - at[..., 2]
    points[:, list(marks.rows), 0] = (at[..., 0] + right) / away * FOCAL + (SIZE[0] - 1) / 2
    points[:, list(marks.rows), 1] = -(at[..., 1] + up) / away * FOCAL + (SIZE[1] - 1) / 2
    roi = Roi(torch.full((count, 2), 240.0), torch.full((count,), 400.0), torch.zeros(count))
    frames = count if fps else 1
    return Keypoints(
        "drawn.png",
        SIZE,
        fps,
        torch.arange(frames) / (fps or 1.0),
        torch.arange(count) if fps else torch.zeros(count, dtype=torch.long),
        torch.zeros(count, dtype=torch.long) if fps else torch.arange(count),
        points,
        world,
        torch.full((count, 33), visibility),
        torch.ones(count),
        roi,
    )


def standing(count=1):
    """Quiet standing, facing the camera."""
    from poseloom.pose.stances import stance

    rotations = stance("stand", grounded=False).rotations[:22]
    return Pose(rotations.expand(count, 22, 3).clone())
