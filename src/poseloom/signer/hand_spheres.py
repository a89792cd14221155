"""A hand as spheres: what keeps out of the body and of the other hand."""

from __future__ import annotations

from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import FINGERS
from poseloom.signer.hand_points import hand_points

_PALM = (
    (0.0, 0.0, 0.0, 0.024),
    (0.035, 0.004, 0.014, 0.018),
    (0.035, 0.004, -0.014, 0.018),
    (0.07, 0.004, 0.024, 0.015),
    (0.07, 0.005, 0.0, 0.017),
    (0.07, 0.004, -0.024, 0.015),
)
"""Metres in the hand's frame (fingers, palm, thumb), radius: the wrist and the palm."""
_JOINT_RADII = (0.011, 0.009, 0.008, 0.007)
"""Metres, of a finger from knuckle to tip; the tip's sphere lies within the finger."""
_THUMB_GIVES = 0.016
"""Metres by which a thumb goes aside."""
_BETWEEN_RADIUS = 0.009
PALM_SPHERES = (*range(len(_PALM)), *range(len(_PALM), len(_PALM) + 4 * (len(FINGERS) - 1), 4))
"""Which ones are the wrist's, the palm's and the knuckles' of all fingers but the thumb."""


def sphere_radii() -> Float[Tensor, " spheres"]:
    """Metres, in the order of `hand_spheres`."""
    palm = [radius for *_, radius in _PALM]
    return torch.tensor([*palm, *(_JOINT_RADII * len(FINGERS)), *([_BETWEEN_RADIUS] * len(FINGERS))])


def radii_against_the_other() -> Float[Tensor, " spheres"]:
    """The same where two hands are laid against each other: thumbs give way."""
    radii, thumb = sphere_radii(), FINGERS.index("thumb")
    first = len(_PALM) + thumb * len(_JOINT_RADII)
    radii[first : first + len(_JOINT_RADII)] -= _THUMB_GIVES
    radii[len(_PALM) + len(FINGERS) * len(_JOINT_RADII) + thumb] -= _THUMB_GIVES
    return radii


def hand_spheres(angles: Float[Tensor, "*batch 5 4"]) -> Float[Tensor, "*batch spheres 3"]:
    """Middles of the spheres in the hand's frame, metres; those of one hand are not to be written to.

    Args:
        angles: how the hand is bent, radians.
    """
    return _of_one(tuple(angles.flatten().tolist())) if angles.ndim == 2 else _of_many(angles)


@lru_cache(maxsize=256)
def _of_one(angles: tuple[float, ...]) -> Float[Tensor, "spheres 3"]:
    return _of_many(torch.tensor(angles).reshape(len(FINGERS), -1))


def _of_many(angles: Float[Tensor, "*batch 5 4"]) -> Float[Tensor, "*batch spheres 3"]:
    points, frames = hand_points(angles)
    tips = points[..., 3, :] - _JOINT_RADII[3] * frames[..., :, 0]
    joints = torch.cat([points[..., :3, :], tips[..., None, :]], dim=-2)
    between = (joints[..., 0, :] + joints[..., 1, :]) / 2
    palm = torch.tensor(_PALM)[:, :3].expand(*angles.shape[:-2], -1, -1)
    return torch.cat([palm, joints.flatten(-3, -2), between], dim=-2)
