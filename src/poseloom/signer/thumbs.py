"""Thumbs that meet the tips of fingers: the four angles of the thumb, solved for a distance between the tips."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.joints import FINGERS
from poseloom.signer.hand_points import hand_points

_THUMB = FINGERS.index("thumb")
_LOWEST, _HIGHEST = (-10.0, -45.0, -5.0, -15.0), (62.0, 42.0, 55.0, 65.0)
"""Degrees, for the thumb's angles: those of `poseloom.pose.hands`, with a little more opposition."""
_STEPS = 12
_DIFFERENCE = 0.02
"""Radians, of the finite differences."""
_STIFFNESS = 0.004
"""Metres of distance that are worth a radian away from the usual thumb."""
_MARGIN = 1e-9


def thumb_at_distance(angles: Float[Tensor, "5 4"], fingers: tuple[str, ...], distance: float) -> Float[Tensor, "4"]:
    """The thumb, near that of `angles`, whose tip is at a distance from the middle of some fingers' tips.

    Damped Gauss-Newton with finite differences; the four angles are tried at once.

    Args:
        angles: how the whole hand is bent, radians; its thumb is the usual one of the shape.
        fingers: whose tips are met.
        distance: between the middles of the tips, metres.
    """
    rows = [FINGERS.index(finger) for finger in fingers]
    usual = angles[_THUMB].double()
    low, high = (torch.tensor(limit, dtype=torch.float64).deg2rad() for limit in (_LOWEST, _HIGHEST))
    thumb = usual.clone()
    steps = torch.cat([torch.zeros(1, 4), torch.eye(4)]).double() * _DIFFERENCE
    weights = torch.eye(4, dtype=torch.float64) * _STIFFNESS**2
    for _ in range(_STEPS):
        tried = angles.double().expand(5, -1, -1).clone()
        tried[:, _THUMB] = thumb + steps
        points, _ = hand_points(tried)
        gaps = (points[:, _THUMB, 3] - points[:, rows, 3].mean(1)).norm(dim=-1)
        slope = (gaps[1:] - gaps[0]) / _DIFFERENCE
        wanted = slope * (distance - gaps[0]) + weights @ (usual - thumb)
        normal = slope[:, None] * slope + weights + _MARGIN * torch.eye(4, dtype=torch.float64)
        thumb = (thumb + torch.linalg.solve(normal, wanted)).clamp(low, high)
    return thumb.to(angles)
