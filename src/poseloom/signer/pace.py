"""Elbows take their time: one that is faster than its wrist has reason to be is amiss."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.signer.timing import FPS

_RATIO, _FASTEST, _AT_REST = 1.4, 3.2, 0.36
"""An elbow is at most so much faster than its wrist is about then, and at most so fast; metres a second up to which it
is never too fast."""
_ABOUT = 5
"""Frames over which a wrist's speed is looked at."""


def hasty_frames(
    wrists: Float[Tensor, "frames 2 3"], elbows: Float[Tensor, "frames 2 3"], share: float = 1.0
) -> Bool[Tensor, "frames 2"]:
    """Frames in which an elbow is faster than a share of what it has reason to be."""
    hasty = torch.diff(elbows, dim=0).norm(dim=-1) > share * allowed_ways(wrists)
    return torch.cat([hasty[:1], hasty])


def allowed_ways(wrists: Float[Tensor, "frames 2 3"]) -> Float[Tensor, "frames-1 2"]:
    """Metres that an elbow may go from each frame to the next beside its wrist."""
    way = torch.diff(wrists, dim=0).norm(dim=-1)
    about = torch.nn.functional.max_pool1d(way.T[:, None], _ABOUT, 1, _ABOUT // 2)[:, 0].T
    return (_RATIO * about).clamp(_AT_REST / FPS, _FASTEST / FPS)
