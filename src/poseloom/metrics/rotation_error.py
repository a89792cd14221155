"""Geodesic distance of rotations, degrees."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot


def geodesic_degrees(
    predicted: Float[Tensor, "*batch 3 3"], true: Float[Tensor, "*#batch 3 3"]
) -> Float[Tensor, "*batch"]:
    """Angle of the rotation from one matrix to the other, in degrees, 0 to 180 (Huynh 2009, metric 6).

    Taken from the rotation vector, which is exact to rounding at both ends; the arc cosine of the trace loses half
    the digits there.
    """
    return torch.rad2deg(rot.rotmat_to_rotvec(predicted.mT @ true).norm(dim=-1))


def pose_geodesic_degrees(
    predicted: Float[Tensor, "*batch joints 3"], true: Float[Tensor, "*batch joints 3"]
) -> Float[Tensor, "*batch"]:
    """Mean over the joints of the angle between local rotations, given as axis-angle vectors in radians; degrees.

    The root's orientation counts as one joint, as in PoseScript and PoseFix.
    """
    return geodesic_degrees(rot.rotvec_to_rotmat(predicted), rot.rotvec_to_rotmat(true)).mean(-1)
