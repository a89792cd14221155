"""What forearm and wrist do for a hand that is beyond their ranges: the turn within them that comes nearest.

Where one of the three angles is cut off at its end, the other two make up for what they can.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.arm_angles import DEVIATION, FLEXION, PRONATION, ArmAngles, wrapped

_SWEEPS = 3
"""How often each angle is set anew to the best one beside the other two."""
_OVER = 1e-4
"""Radians."""

Turns = tuple[Float[Tensor, "frames sides"], Float[Tensor, "frames sides"], Float[Tensor, "frames sides"]]
"""Pronation, flexion, deviation; radians."""


def within_ranges(angles: ArmAngles, sign: Float[Tensor, " sides"]) -> Turns:
    """The angles of forearm and wrist within their ranges with which hands come nearest to their rotations.

    Args:
        angles: of one candidate.
        sign: 1 for a left arm, -1 for a right one.
    """
    wanted = (angles.pronation[..., 0], angles.flexion[..., 0], angles.deviation[..., 0])
    pronation, flexion, deviation = (
        _cut(angle, limits) for angle, limits in zip(wanted, (PRONATION, FLEXION, DEVIATION), strict=True)
    )
    over = sum((a - b).abs() for a, b in zip(wanted, (pronation, flexion, deviation), strict=True))
    if not bool((over > _OVER).any()):
        return pronation, flexion, deviation
    relative = angles.relative[..., 0, :, :]
    for _ in range(_SWEEPS):
        bent = rot.axis_to_rotmat(-sign * flexion, "Z") @ rot.axis_to_rotmat(-sign * deviation, "Y")
        pronation = _cut(wrapped(_about(relative @ bent.mT, 1, 2)), PRONATION)
        unrolled = rot.axis_to_rotmat(-pronation, "X") @ relative
        aside = rot.axis_to_rotmat(sign * deviation, "Y")
        flexion = _cut(-sign * _about(unrolled @ aside, 0, 1), FLEXION)
        unbent = rot.axis_to_rotmat(sign * flexion, "Z") @ unrolled
        deviation = _cut(-sign * _about(unbent, 2, 0), DEVIATION)
    return pronation, flexion, deviation


def _about(matrix: Float[Tensor, "*batch 3 3"], first: int, second: int) -> Float[Tensor, " *batch"]:
    """Angle of the rotation in the plane of two axes that is nearest to a matrix."""
    sine = matrix[..., second, first] - matrix[..., first, second]
    return torch.atan2(sine, matrix[..., first, first] + matrix[..., second, second])


def _cut(angle: Tensor, limits: tuple[float, float]) -> Tensor:
    low, high = (math.radians(limit) for limit in limits)
    return angle.clamp(low, high)
