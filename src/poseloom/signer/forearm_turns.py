"""What forearm and wrist do for a hand that is beyond their ranges: the turn within them that comes nearest.

Where one of the three angles is cut off at its end, the other two make up for what they can.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.signer.arm_angles import DEVIATION, FLEXION, PRONATION, ArmAngles

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
    swept = _swept(angles.relative[..., 0, :, :].numpy(), sign.numpy(), flexion.numpy(), deviation.numpy())
    pronation, flexion, deviation = (torch.from_numpy(angle) for angle in swept)
    return pronation, flexion, deviation


def _swept(
    relative: np.ndarray, sign: np.ndarray, flexion: np.ndarray, deviation: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each of the three angles set anew to the best one beside the other two.

    The hand is Rx(pronation) Rz(-sign flexion) Ry(-sign deviation) beside the forearm. Of the products of these
    matrices only those entries are worked out, in numpy, that tell an angle: many small calls of torch cost more.

    Args:
        relative: (..., 3, 3) of the hand beside a forearm that is not turned.
        sign: (sides,) 1 for a left arm, -1 for a right one.
        flexion, deviation: (...) radians, at first.
    """
    (a, b, c), (d, e, f), (g, h, i) = np.moveaxis(relative, (-2, -1), (0, 1))
    for _ in range(_SWEEPS):
        sf, cf, sd, cd = np.sin(-sign * flexion), np.cos(flexion), np.sin(-sign * deviation), np.cos(deviation)
        second, third = (sf * cd, cf, sf * sd), (-sd, cd)
        sine = g * second[0] + h * second[1] + i * second[2] - (d * third[0] + f * third[1])
        cosine = d * second[0] + e * second[1] + f * second[2] + g * third[0] + i * third[1]
        pronation = _within(_unwound(np.arctan2(sine, cosine)), PRONATION)
        sp, cp = np.sin(pronation), np.cos(pronation)
        unrolled = (cp * d + sp * g, cp * e + sp * h)
        last = (cp * g - sp * d, cp * i - sp * f)
        middle = cp * f + sp * i
        sine = unrolled[0] * cd + middle * sd - b
        flexion = _within(-sign * np.arctan2(sine, a * cd + c * sd + unrolled[1]), FLEXION)
        sf, cf = np.sin(-sign * flexion), np.cos(flexion)
        sine = cf * c + sf * middle - last[0]
        deviation = _within(-sign * np.arctan2(sine, last[1] + cf * a + sf * unrolled[0]), DEVIATION)
    return pronation, flexion, deviation


def _unwound(pronation: np.ndarray) -> np.ndarray:
    """As `arm_angles.wrapped`."""
    middle = math.radians(sum(PRONATION) / 2)
    return np.remainder(pronation - middle + math.pi, 2 * math.pi) + middle - math.pi


def _within(angle: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    low, high = (math.radians(limit) for limit in limits)
    return np.clip(angle, low, high)


def _cut(angle: Tensor, limits: tuple[float, float]) -> Tensor:
    low, high = (math.radians(limit) for limit in limits)
    return angle.clamp(low, high)
