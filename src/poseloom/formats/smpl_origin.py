"""The translation of SMPL bodies: theirs moves the body's origin, ours is where the pelvis is.

At rest the pelvis of SMPL lies at (0, -0.22, 0.03) m and that of SMPL-X at (0, -0.35, 0.01) m, in the axes of the file
whatever points up there, and turning the body about its pelvis leaves it so. So in a file with Y up the pelvis stands
that much lower than the translation says, in one with Z up that far aside. Much that is written in the names of SMPL
holds the pelvis' own position instead; where the feet would be tells which.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from poseloom.formats.arrays import to_numpy
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Clip, Pose

REST_PELVIS: dict[str, tuple[float, float, float]] = {
    "smpl": (-0.0018, -0.2233, 0.0282),
    "smplh": (-0.0018, -0.2233, 0.0282),
    "smplx": (0.0031, -0.3514, 0.0120),
}
"""Pelvis of the neutral average body at the zero pose, metres; other shapes differ by a few centimetres."""
FIELD = "rest_pelvis"
"""Array of three numbers that poseloom writes beside a translation: the rest pelvis that it was made for."""
LARGEST_REST_PELVIS = 10.0
"""Metres."""
_SMPL_SIZE = 0.88
"""Legs of the average SMPL body beside those of the free one."""
_SOLE = 0.02
"""Metres from the toes' joint down to the floor."""
_ON_FLOOR, _TELLING = 0.13, 0.05
"""How near to the floor a clip's lowest frames must come, and by how much nearer than otherwise, to decide."""
_DOWN = -0.5
"""Cosine of the angle between pelvis and vertical beyond which a frame is upside down."""
_UPSIDE_DOWN = "most frames are upside down: the file's world may have another axis up (up=-y for a camera's)"
_LOW = 0.1
"""Quantile of the frames that counts as their lowest."""


def pelvis_translation(
    trans: Float[ndarray, "frames 3"],
    rest_pelvis: Float[ndarray, " 3"],
    rotations: Float[ndarray, "frames joints 3"],
    to_y_up: Float[ndarray, "3 3"],
    known: bool,
) -> tuple[Float[ndarray, "frames 3"], str]:
    """Where the pelvis is, in our axes, and in a word what the file's translation was taken for.

    Args:
        trans: as in the file, metres.
        rest_pelvis: of the body that the file is for, in its axes.
        rotations: in our axes, local axis-angle.
        to_y_up: turn of the file's world.
        known: the file says that its translation moves the origin.
    """
    if not np.any(rest_pelvis):
        return trans @ to_y_up.T, "the pelvis"
    moved, plain = (trans + rest_pelvis) @ to_y_up.T, trans @ to_y_up.T
    if known or _is_origin(moved, plain, rotations, vertical=bool(abs(to_y_up[1, 1]) > 0.5)):
        return moved.astype(np.float32), "the body's origin"
    return plain.astype(np.float32), "the pelvis"


def rest_pelvis_of(clip: Clip, shape_model: str) -> Float[ndarray, " 3"]:
    """The rest pelvis of the body that a file is written for: the clip's note of it, else the average body's."""
    told = np.array(clip.notes.get(FIELD, REST_PELVIS[shape_model]), dtype=np.float32)
    return told if told.shape == (3,) else np.array(REST_PELVIS[shape_model], np.float32)


def origin_translation(clip: Clip, shape_model: str, from_y_up: Float[ndarray, "3 3"]) -> Float[ndarray, "frames 3"]:
    """The translation that puts the pelvis of an SMPL body where the clip's is, in the file's axes; else zero."""
    if clip.pose.translation is None:
        return np.zeros((len(clip), 3), np.float32)
    turned = to_numpy(clip.pose.translation) @ from_y_up.T - rest_pelvis_of(clip, shape_model)
    return turned.astype(np.float32)


def upside_down(pose: Pose) -> dict[str, str]:
    """A note where most frames have the trunk upside down."""
    down = rot.to_matrix(pose.rotations[:, 0])[:, 1, 1] < _DOWN
    return {"upside_down": _UPSIDE_DOWN} if float(down.float().mean()) > 0.5 else {}


def _is_origin(
    moved: Float[ndarray, "frames 3"],
    plain: Float[ndarray, "frames 3"],
    rotations: Float[ndarray, "frames joints 3"],
    *,
    vertical: bool,
) -> bool:
    """Whether the feet stand on the floor if the translation moves the origin; without a floor, if Y is up."""
    below = _lowest(rotations)
    as_origin, as_pelvis = (abs(float(np.quantile(place[:, 1] + below, _LOW))) for place in (moved, plain))
    if min(as_origin, as_pelvis) < _ON_FLOOR and abs(as_origin - as_pelvis) > _TELLING:
        return as_origin < as_pelvis
    return vertical


def _lowest(rotations: Float[ndarray, "frames joints 3"]) -> Float[ndarray, " frames"]:
    """Height of the sole below or above the pelvis, on an average SMPL body."""
    local = rot.to_matrix(torch.from_numpy(rotations[:, :BODY_JOINTS]).float())
    offsets = _SMPL_SIZE * rest_offsets()[:BODY_JOINTS]
    joints = forward_kinematics(local, offsets, PARENTS[:BODY_JOINTS])[1]
    lowest: Float[ndarray, " frames"] = joints[..., 1].amin(-1).numpy() - _SOLE
    return lowest
