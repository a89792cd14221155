"""For every pixel the nearest one of a set: jump flooding (Rong & Tan, I3D 2006)."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Int
from torch import Tensor

_AWAY = 1 << 14


def nearest_pixels(chosen: Bool[Tensor, "height width"], reach: int) -> Int[Tensor, "height width 2"]:
    """Row and column of the nearest chosen pixel of each pixel; -1 where none lies within about `reach` pixels.

    Exact but for a few ties. A chosen pixel is its own nearest.
    """
    height, width = chosen.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    own = torch.stack([y, x], dim=-1)
    found = torch.where(chosen[..., None], own, torch.full_like(own, -_AWAY))
    step = 1
    while step < reach:
        step *= 2
    while step >= 1:
        for down in (-step, 0, step):
            for along in (-step, 0, step):
                if down or along:
                    found = _nearer(found, _shifted(found, down, along), own)
        step //= 2
    there = ((found - own).square().sum(-1) <= reach**2)[..., None]
    return torch.where(there, found, torch.full_like(found, -1))


def _nearer(first: Tensor, second: Tensor, own: Tensor) -> Tensor:
    closer = (second - own).square().sum(-1) < (first - own).square().sum(-1)
    return torch.where(closer[..., None], second, first)


def _shifted(found: Tensor, down: int, along: int) -> Tensor:
    """What pixels `down` rows and `along` columns further know."""
    height, width = found.shape[:2]
    moved = torch.full_like(found, -_AWAY)
    if abs(down) >= height or abs(along) >= width:
        return moved
    rows, columns = slice(max(0, -down), height - max(0, down)), slice(max(0, -along), width - max(0, along))
    from_rows, from_columns = slice(max(0, down), height - max(0, -down)), slice(max(0, along), width - max(0, -along))
    moved[rows, columns] = found[from_rows, from_columns]
    return moved
