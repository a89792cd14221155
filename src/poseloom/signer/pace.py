"""Elbows take their time: where one is faster than its wrist has reason to be, its swing is spread over more frames."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.signer.arms import SignerArms, swivelled_arms
from poseloom.signer.clearance import smooth_over_time
from poseloom.signer.timing import FPS

_RATIO, _FASTEST, _AT_REST = 1.4, 3.2, 0.36
"""An elbow is at most so much faster than its wrist is about then, and at most so fast; metres a second up to which it
is never too fast."""
_ABOUT = 5
"""Frames over which a wrist's speed is looked at."""
_SPREADS = (2.5, 4.0, 6.0, 8.0)
"""Frames, standard deviation: of what swivels are evened out with, more each time."""
_WRIST = 0.5
"""The same of wrists, as a share."""
_REACH = 2.0
"""Frames before and after that are changed too, as a share of the spread."""


def unhurried(
    points: Float[Tensor, "frames 2 3"],
    arms: SignerArms,
    hands: Float[Tensor, "frames 2 3 3"],
    shoulders: Float[Tensor, "frames 2 3"],
) -> tuple[Float[Tensor, "frames 2 3"], SignerArms]:
    """Wrists and arms whose elbows are not faster than they have to be; the same where they are not.

    Args:
        points: wrists.
        arms: as they are with these wrists.
        hands: rotations that the hands shall have.
        shoulders: where they are.
    """
    for spread in _SPREADS:
        hasty = hasty_frames(points, arms.elbow_points)
        if not bool(hasty.any()):
            break
        share = _share(hasty, spread)
        swivels = arms.swivels[..., None].expand(points.shape)
        swivels = torch.lerp(swivels, smooth_over_time(swivels, spread), share)[..., 0]
        points = torch.lerp(points, smooth_over_time(points, spread * _WRIST), share)
        arms = swivelled_arms(points, hands, swivels, shoulders)
    return points, arms


def hasty_frames(wrists: Float[Tensor, "frames 2 3"], elbows: Float[Tensor, "frames 2 3"]) -> Bool[Tensor, "frames 2"]:
    """Frames in which an elbow is faster than it has reason to be."""
    hasty = torch.diff(elbows, dim=0).norm(dim=-1) > allowed_ways(wrists)
    return torch.cat([hasty[:1], hasty])


def allowed_ways(wrists: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames-1 2"]:
    """Metres that an elbow may go from each frame to the next beside its wrist."""
    way = torch.diff(wrists, dim=0).norm(dim=-1)
    about = torch.nn.functional.max_pool1d(way.T[:, None], _ABOUT, 1, _ABOUT // 2)[:, 0].T
    return (_RATIO * about).clamp(_AT_REST / FPS, _FASTEST / FPS)


def _share(hasty: Bool[Tensor, "frames 2"], spread: float) -> Float[Tensor, "frames 2 3"]:
    """1 about hasty frames, falling off before and after."""
    width = 2 * round(_REACH * spread) + 1
    near = torch.nn.functional.max_pool1d(hasty.float().T[:, None], width, 1, width // 2)[:, 0].T
    return smooth_over_time(near[..., None].expand(*near.shape, 3), spread / 2)
