"""Poses seen in a mirror that exchanges left and right, where rotations are matrices; vectors: `Pose.mirror`."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import MIRROR


def mirrored_rotmats(rotations: Float[Tensor, "*batch joints 3 3"]) -> Float[Tensor, "*batch joints 3 3"]:
    """Local rotations in the mirror across the plane x = 0; of the 22 joints of the body or of all 52."""
    signs = rotations.new_tensor([-1.0, 1.0, 1.0])
    return rotations[..., list(MIRROR[: rotations.shape[-3]]), :, :] * signs[:, None] * signs


def mirrored_joints(places: Float[Tensor, "*batch joints 3"]) -> Float[Tensor, "*batch joints 3"]:
    """Joints in the mirror across the plane x = 0; of the body's 22 or of all 52."""
    return places[..., list(MIRROR[: places.shape[-2]]), :] * places.new_tensor([-1.0, 1.0, 1.0])
