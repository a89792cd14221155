"""Heat maps of keypoints: made from points, and read back by their highest place or by their mean.

Points are (x, y) in pixels of the heat map, the centre of its first pixel at (0.5, 0.5).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_QUARTER = 0.25
"""Pixels by which a peak is moved towards its higher neighbour (Newell et al., ECCV 2016; HRNet, CVPR 2019)."""


def gaussian_heatmaps(
    points: Float[Tensor, "*batch points 2"], size: tuple[int, int], sigma: float = 2.0
) -> Float[Tensor, "*batch points height width"]:
    """A bump of height 1 at each point; points out of the picture leave the part of it that is inside.

    Args:
        size: height and width of the heat map.
        sigma: standard deviation, pixels.
    """
    y, x = (torch.arange(side, dtype=points.dtype, device=points.device) + 0.5 for side in size)
    across = torch.exp(-0.5 * ((x - points[..., :1]) / sigma) ** 2)
    along = torch.exp(-0.5 * ((y - points[..., 1:]) / sigma) ** 2)
    return along[..., :, None] * across[..., None, :]


def argmax_points(
    heatmaps: Float[Tensor, "*batch points height width"], *, refine: bool = True
) -> tuple[Float[Tensor, "*batch points 2"], Float[Tensor, "*batch points"]]:
    """The highest pixel of each map, and its value.

    Args:
        refine: move it by a quarter of a pixel towards the higher neighbour, as the networks' authors do.
    """
    width = heatmaps.shape[-1]
    value, place = heatmaps.flatten(-2).max(-1)
    row, column = torch.div(place, width, rounding_mode="floor"), place % width
    points = torch.stack([column, row], dim=-1).to(heatmaps.dtype) + 0.5
    if refine:
        points = points + _QUARTER * torch.stack([_slope(heatmaps, row, column, axis) for axis in (-1, -2)], dim=-1)
    return points, value


def _slope(maps: Tensor, row: Tensor, column: Tensor, axis: int) -> Tensor:
    """Sign of the difference of the two neighbours along an axis; 0 at a border."""
    width = maps.shape[-1]
    place, step = (column, 1) if axis == -1 else (row, width)
    inside = (place > 0) & (place < maps.shape[axis] - 1)
    here = row * width + column
    flat = maps.flatten(-2)
    after, before = (
        flat.gather(-1, (here + sign * step).clamp(0, flat.shape[-1] - 1)[..., None]).squeeze(-1) for sign in (1, -1)
    )
    return torch.sign(after - before) * inside


def soft_argmax(
    heatmaps: Float[Tensor, "*batch points height width"], temperature: float = 1.0
) -> Float[Tensor, "*batch points 2"]:
    """The mean place under the softmax of each map (Sun et al., ECCV 2018): differentiable, finer than a pixel."""
    height, width = heatmaps.shape[-2:]
    share = (heatmaps.flatten(-2) / temperature).softmax(-1).unflatten(-1, (height, width))
    x = torch.arange(width, dtype=share.dtype, device=share.device) + 0.5
    y = torch.arange(height, dtype=share.dtype, device=share.device) + 0.5
    return torch.stack([(share.sum(-2) * x).sum(-1), (share.sum(-1) * y).sum(-1)], dim=-1)
