"""SMPL bodies of annotated pictures as the poses of rows: from the camera's axes into those turned upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray as Array

from poseloom.data.schema import Camera, Layout
from poseloom.data.sources.threedpw import CAMERA_TO_WORLD, COEFFICIENTS, REST_PELVIS
from poseloom.formats.arrays import FRAMES, LARGEST_ANGLE, LARGEST_COEFFICIENT, LARGEST_LENGTH, numbers
from poseloom.pose import BODY_JOINTS, Pose
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat

POSE_NUMBERS = 72
CAMERA_AXES = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0)
"""Rotation of the world of a row, upright, into the camera's axes."""
SMPL_LAYOUT = Layout(BODY_JOINTS, translation=False, shape=COEFFICIENTS, shape_model="smpl")
PLACED_LAYOUT = Layout(BODY_JOINTS, shape=COEFFICIENTS, shape_model="smpl")
"""Of data sets that tell where in front of the camera a body stands."""


def upright_pose(
    pose: Float32[Array, "people numbers"],
    shape: Float32[Array, "people coefficients"],
    translation: Float32[Array, "people 3"] | None = None,
) -> Pose:
    """SMPL's axis-angle (root first; hands are dropped) in the camera's axes as poses of rows.

    Args:
        pose: radians, as the camera sees them.
        shape: the first ten coefficients are taken; missing ones are zero.
        translation: SMPL's own, metres, camera axes; the row tells where the pelvis of an average body is then.
    """
    rotations = (
        torch.from_numpy(np.ascontiguousarray(pose)).reshape(len(pose), pose.shape[1] // 3, 3)[:, :BODY_JOINTS].float()
    )
    turn = torch.tensor(CAMERA_TO_WORLD, dtype=torch.float64)
    root = rotmat_to_rotvec(turn @ rotvec_to_rotmat(rotations[:, 0].double())).float()
    betas = torch.zeros(len(pose), COEFFICIENTS)
    betas[:, : shape.shape[1]] = torch.from_numpy(np.ascontiguousarray(shape[:, :COEFFICIENTS]))
    moved = None
    if translation is not None:
        there = torch.from_numpy(np.ascontiguousarray(translation)).double() + torch.tensor(REST_PELVIS).double()
        moved = (there @ turn.T).float()
    return Pose(torch.cat([root[:, None], rotations[:, 1:]], dim=1), moved, betas, "smpl")


def camera_pose(pose: Pose) -> Float32[Array, "people 72"]:
    """The inverse: SMPL's axis-angle in the camera's axes, its hands at rest."""
    turn = torch.tensor(CAMERA_TO_WORLD, dtype=torch.float64)
    root = rotmat_to_rotvec(turn @ rotvec_to_rotmat(pose.rotations[:, 0].double())).float()
    body = torch.cat([root[:, None], pose.rotations[:, 1:BODY_JOINTS]], dim=1).flatten(1)
    return torch.nn.functional.pad(body, (0, POSE_NUMBERS - body.shape[1])).numpy()


def row_camera(focal: tuple[float, float], centre: tuple[float, float]) -> Camera:
    """The camera of a row whose world is the camera's, turned upright."""
    return Camera(focal, centre, CAMERA_AXES)


def axis_angles(matrices: Float32[Array, "people joints 3 3"]) -> Float32[Array, "people numbers"]:
    """Rotation matrices as one list of axis-angle numbers."""
    found = rotmat_to_rotvec(torch.from_numpy(matrices).double()).flatten(1).float().numpy()
    return np.asarray(found, np.float32)


def checked_pose(path: Path, field: str, values: Any, count: int | str = FRAMES) -> Float32[Array, "people 72"]:
    """72 pose numbers a person, in whatever shape they are stored."""
    array = np.asarray(values)
    if array.ndim > 1 and array.size == len(array) * POSE_NUMBERS:
        array = array.reshape(len(array), POSE_NUMBERS)
    return numbers(path, field, array, (count, POSE_NUMBERS), largest=LARGEST_ANGLE)


def checked_shape(path: Path, field: str, values: Any, count: int | str = FRAMES) -> Float32[Array, "people k"]:
    """Shape coefficients of all people."""
    return numbers(path, field, np.asarray(values), (count, "coefficients"), largest=LARGEST_COEFFICIENT)


def checked_translation(path: Path, field: str, values: Any, count: int | str = FRAMES) -> Float32[Array, "people 3"]:
    """Translations of all people, metres."""
    return numbers(path, field, np.asarray(values), (count, 3), largest=LARGEST_LENGTH)
