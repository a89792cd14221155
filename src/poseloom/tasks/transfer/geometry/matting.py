"""Masks of a person: brought to the edges that the photo shows, and freed of what is thin."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from poseloom.tasks.transfer.geometry.nearest import nearest_pixels

_LARGEST = 512
"""Longest side at which edges are looked for, pixels."""
_NONE, _ALL = 0.25, 0.75
"""What a filter's average makes of places that are certain: less counts as nothing, more as all."""
_CERTAIN = 0.5
_SMOOTH = 1e-3
"""Variance of colours below which nothing is an edge."""


def to_edges(
    mask: Float[Tensor, "height width"], photo: Float[Tensor, "3 height width"], reach: float
) -> Float[Tensor, "height width"]:
    """A coarse mask with the edges of the photo: the guided filter of colours (He, Sun & Tang, PAMI 2013), whose
    numbers are found in a smaller picture (He & Sun, arXiv 1505.00996).

    Args:
        mask: 0 to 1.
        photo: 0 to 1.
        reach: half the side of the windows that it looks at, pixels of the photo.
    """
    step = -(-max(mask.shape) // _LARGEST)
    small, guide = (functional.avg_pool2d(one, step, ceil_mode=True) for one in (mask[None], photo))
    side = max(1, round(reach / step))
    mean, value = _means(guide, side), _means(small, side)
    both = _means(guide[:, None] * guide[None, :], side) - mean[:, None] * mean[None, :]
    along = _means(guide * small, side) - mean * value
    spread = both.movedim((0, 1), (-2, -1)) + _SMOOTH * torch.eye(3)
    slope = torch.linalg.solve(spread, along.movedim(0, -1)).movedim(-1, 0)
    start = value - (slope * mean).sum(0, keepdim=True)
    numbers = _means(torch.cat([slope, start]), side)
    size = (mask.shape[0], mask.shape[1])
    numbers = functional.interpolate(numbers[None], size, mode="bilinear", align_corners=False)[0]
    found = (numbers[:3] * photo).sum(0) + numbers[3]
    return ((found - _NONE) / (_ALL - _NONE)).clamp(0, 1)


def without_slivers(
    share: Float[Tensor, "height width"], body: Bool[Tensor, "height width"], thin: float, reach: int
) -> Float[Tensor, "height width"]:
    """Shares beside a body without slivers: an opening by a disc, the body counted as full, and of that what hangs
    together with the body.

    Args:
        share: 0 to 1.
        body: where the body is.
        thin: pixels, half the width of what is left out.
        reach: pixels, how far from the body shares may lie.
    """
    full = body | (share > _CERTAIN)
    core = full & (nearest_pixels(~full, max(1, round(thin)))[..., 0] < 0)
    opened = full & (nearest_pixels(core, max(1, round(thin)))[..., 0] >= 0)
    return share * _reached(opened, body, reach)


def between(
    share: Float[Tensor, "height width"], body: Bool[Tensor, "height width"], wide: float
) -> Bool[Tensor, "height width"]:
    """Gaps between a body and shares beside it that are narrower than twice `wide` pixels: a closing by a disc."""
    full = body | (share > _CERTAIN)
    grown = nearest_pixels(full, max(1, round(wide)))[..., 0] >= 0
    closed = nearest_pixels(~grown, max(1, round(wide)))[..., 0] < 0
    return closed & ~full


def without_teeth(
    share: Float[Tensor, "height width"], body: Bool[Tensor, "height width"], fine: float
) -> Float[Tensor, "height width"]:
    """Shares beside a body whose outline is smooth: less than the mean of about `fine` pixels around allows."""
    full = torch.maximum(share, body.float())[None]
    around = _means(_means(full, max(1, round(fine))), max(1, round(fine)))[0]
    return torch.minimum(share, ((around - _NONE) / (_ALL - _NONE)).clamp(0, 1))


def _reached(free: Bool[Tensor, "height width"], start: Bool[Tensor, "height width"], steps: int) -> Tensor:
    """Free pixels that hang together with the start within some steps."""
    found = start
    for _ in range(steps):
        grown = (functional.max_pool2d(found[None].float(), 3, 1, 1)[0] > 0) & (free | start)
        if torch.equal(grown, found):
            break
        found = grown
    return found


def _means(values: Float[Tensor, "*maps rows columns"], side: int) -> Float[Tensor, "*maps rows columns"]:
    """Of the square around each pixel, as far as it lies within the picture."""
    flat = values.reshape(1, -1, *values.shape[-2:])
    width = 2 * side + 1
    for kernel, pad in (((1, width), (0, side)), ((width, 1), (side, 0))):
        flat = functional.avg_pool2d(flat, kernel, 1, pad, count_include_pad=False)
    return flat.reshape(values.shape)
