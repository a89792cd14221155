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
    found = torch.full((*chosen.shape, 2), -1)
    if not bool(chosen.any()):
        return found
    rows, columns = around(chosen, reach)
    part = _flooded(chosen[rows, columns], reach).long()
    found[rows, columns] = torch.where(part >= 0, part + torch.tensor([rows.start, columns.start]), part)
    return found


def around(mask: Bool[Tensor, "height width"], margin: int) -> tuple[slice, slice]:
    """Rows and columns of the box around a mask that is not empty, wider by a margin within the picture."""
    sides = []
    for axis in (1, 0):
        there = mask.any(axis).nonzero()
        first, last = int(there[0]) - margin, int(there[-1]) + margin + 1
        sides.append(slice(max(0, first), min(mask.shape[1 - axis], last)))
    return sides[0], sides[1]


def _flooded(chosen: Bool[Tensor, "rows columns"], reach: int) -> Int[Tensor, "rows columns 2"]:
    height, width = chosen.shape
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.int32) for side in (height, width)), indexing="ij")
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
    there = (_squared(found - own) <= reach**2)[..., None]
    return torch.where(there, found, torch.full_like(found, -1))


def _nearer(first: Tensor, second: Tensor, own: Tensor) -> Tensor:
    closer = _squared(second - own) < _squared(first - own)
    return torch.where(closer[..., None], second, first)


def _squared(away: Tensor) -> Tensor:
    """Without the wider numbers that a sum would take."""
    return away[..., 0] ** 2 + away[..., 1] ** 2


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
