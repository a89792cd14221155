"""People found in a picture or a video, their bodies told by a network that looks at the pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.pose.camera import Camera
from poseloom.pose.types import Pose, concatenate
from poseloom.results.keypoints import Keypoints
from poseloom.results.recovered import Recovered, on_floor
from poseloom.tasks.mesh_recovery.body_landmarks import beyond_edge, seen_joints, seen_rows
from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
from poseloom.tasks.mesh_recovery.on_ground import stands_of
from poseloom.tasks.mesh_recovery.predict import NORMAL_LENS, picture_camera

Picture = Float[Tensor, "3 height width"]
_LANDMARKS = {16: 11, 17: 12, 18: 13, 19: 14, 20: 15, 21: 16, 1: 23, 2: 24, 4: 25, 5: 26, 7: 27, 8: 28}
"""Joints of shoulders, elbows, wrists, hips, knees, ankles, and the points of MediaPipe that show them."""


def recover_by_network(
    network: BodyNetwork,
    keypoints: Keypoints,
    pictures: Iterable[Picture],
    *,
    lens: float | None = None,
    notes: tuple[str, ...] = (),
) -> Recovered:
    """The bodies of people who were found, as a network sees them; each frame by itself.

    Args:
        network: tells the bodies.
        keypoints: of at least one person; say who is where, and how well joints are seen.
        pictures: those of all frames, in order.
        lens: focal length in millimetres on a sensor of 36 x 24, by the diagonal; a normal lens by default.
        notes: notes of the result, before those of the keypoints.

    Returns:
        ``error`` is how far shoulders, elbows, wrists, hips, knees and ankles are drawn from their keypoints, in metres
        at the body's distance.

    Raises:
        PoseloomError: nobody is there.
    """
    if not len(keypoints):
        raise PoseloomError(f"{keypoints.name or 'keypoints'}: nobody is there whose body could be recovered")
    focal = math.hypot(*keypoints.size) * (lens or NORMAL_LENS) / NORMAL_LENS
    pose = _looked_at(network, keypoints, pictures, focal)
    camera = picture_camera(keypoints.size, focal)
    nowhere = torch.zeros(len(keypoints), 2, dtype=torch.bool)
    assert pose.translation is not None
    return Recovered(
        keypoints,
        pose,
        camera,
        lens is not None,
        seen_joints(seen_rows(keypoints), nowhere),
        seen_joints(beyond_edge(keypoints), nowhere, any_of=True),
        (keypoints.visibility.mean(-1) * keypoints.scores).clamp(0, 1),
        drawn_apart(pose, camera, keypoints),
        on_floor(pose) if keypoints.fps is None else _stands(pose, keypoints),
        notes=(*notes, *keypoints.notes),
    )


def _looked_at(network: BodyNetwork, keypoints: Keypoints, pictures: Iterable[Picture], focal: float) -> Pose:
    """52 joints of each row, before the picture's camera."""
    parts, order = [], []
    for frame, picture in enumerate(pictures):
        rows = (keypoints.frame == frame).nonzero()[:, 0]
        if len(rows):
            pose = network.look(picture, keypoints.boxes[rows].tolist()).pose(focal)
            parts.append(Pose(pose.rotations, pose.translation).with_hands())
            order.append(rows)
    return concatenate(parts)[torch.cat(order).argsort()]


def _stands(pose: Pose, keypoints: Keypoints) -> Float[Tensor, "rows 3"]:
    """Where everybody stands over time."""
    found = torch.zeros(len(keypoints), 3)
    for person in keypoints.people:
        rows = (keypoints.person == person).nonzero()[:, 0]
        own = pose[rows]
        assert own.translation is not None
        found[rows] = stands_of(Pose(own.rotations), own.translation, keypoints[rows])
    return found


def drawn_apart(pose: Pose, camera: Camera, keypoints: Keypoints) -> Float[Tensor, " rows"]:
    """Mean distance of a body's joints from their keypoints, metres at the body's distance; of those that are seen."""
    joints = default_body().joints(pose)
    seen = camera.project(joints)
    own, points = list(_LANDMARKS), list(_LANDMARKS.values())
    apart = (seen[:, own, :2] - keypoints.points[:, points, :2]).norm(dim=-1)
    metres = apart * seen[:, own, 2] / float(camera.focal[0])
    sure = keypoints.seen[:, points].to(metres)
    return (metres * sure).sum(-1) / sure.sum(-1).clamp_min(1)
