"""Poses between poses."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.pose.types import Pose


def blend(start: Pose, end: Pose, weight: Float[Tensor, "*batch"]) -> Pose:
    """The pose on the way from `start` (weight 0) to `end` (weight 1).

    Every joint turns along the shortest arc at constant speed (slerp); translations move on a straight line, and are
    dropped where one of the poses has none. Batch axes of poses and weight broadcast.
    """
    from_start = start.matrices()
    between = rot.rotmat_to_rotvec(from_start.transpose(-1, -2) @ end.matrices())
    matrices = from_start @ rot.rotvec_to_rotmat(between * weight[..., None, None])
    translation = None
    if start.translation is not None and end.translation is not None:
        translation = torch.lerp(start.translation, end.translation, weight[..., None])
    return Pose.from_matrices(matrices, translation=translation)


def ease(fraction: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Smooth start and stop: 3 t^2 - 2 t^3 for t in [0, 1]."""
    t = fraction.clamp(0, 1)
    return t * t * (3 - 2 * t)
