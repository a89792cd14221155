"""Swin (Liu et al., ICCV 2021): attention in windows that shift from block to block.

State names are those of the authors' files: ``patch_embed.proj``, ``layers.0.blocks.1.attn.qkv``,
``layers.0.downsample.reduction``; with maps of all stages there are ``norm0`` to ``norm3`` as in their detectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.image.hrnet import doubled
from poseloom.nn.image.twins import in_windows, out_of_windows
from poseloom.nn.layers.stochastic_depth import StochasticDepth, rising_shares

_PATCH = 4
_WINDOW = 7
_WIDENED = 4
_SMALL = 0.02
_AWAY = -100.0
"""Added to the attention of cells that are no neighbours in the picture."""


@dataclass(frozen=True)
class SwinSizes:
    """What tells one Swin from another.

    Args:
        width: of the first stage; each further one is twice as wide.
        depths, heads: of each stage.
        rest: stochastic depth of the last block.
    """

    width: int = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (3, 6, 12, 24)
    rest: float = 0.2


SWIN_T = SwinSizes()


class Swin(nn.Module):
    """A normalised picture to the maps of all stages at the size of the first, one after another as channels.

    Later stages are doubled by learned steps; see `poseloom.nn.image.hrnet.HrnetConcatenated`. Sides are to be
    multiples of 224.
    """

    def __init__(self, sizes: SwinSizes = SWIN_T):
        super().__init__()
        stages = len(sizes.depths)
        widths = [sizes.width * 2**stage for stage in range(stages)]
        self.channels = sum(widths)
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, sizes.width, _PATCH, _PATCH)
        self.patch_embed.norm = nn.LayerNorm(sizes.width)
        shares = iter(rising_shares(sizes.rest, sum(sizes.depths)))
        self.layers = nn.ModuleList(
            _Stage(width, heads, [next(shares) for _ in range(depth)], last=stage == stages - 1)
            for stage, (width, heads, depth) in enumerate(zip(widths, sizes.heads, sizes.depths, strict=True))
        )
        for stage, width in enumerate(widths):
            setattr(self, f"norm{stage}", nn.LayerNorm(width))
            if stage:
                steps = [part for _ in range(stage) for part in doubled(width)]
                setattr(self, f"upsample_stage_{stage + 1}", nn.Sequential(*steps))

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        found = self.stage_maps(pictures)
        others = (getattr(self, f"upsample_stage_{stage + 1}")(x) for stage, x in enumerate(found) if stage)
        return torch.cat([found[0], *others], dim=1)

    def stage_maps(self, pictures: Float[Tensor, "batch 3 height width"]) -> list[Tensor]:
        """The normalised map of each stage, channels first."""
        grid = self.patch_embed.norm(self.patch_embed.proj(pictures).permute(0, 2, 3, 1))
        found = []
        for stage, layer in enumerate(self.layers):
            assert isinstance(layer, _Stage)
            for block in layer.blocks:
                grid = block(grid)
            found.append(getattr(self, f"norm{stage}")(grid).permute(0, 3, 1, 2))
            if layer.downsample is not None:
                grid = layer.downsample(grid)
        return found


class _Stage(nn.Module):
    def __init__(self, width: int, heads: int, shares: list[float], *, last: bool):
        super().__init__()
        self.blocks = nn.ModuleList(
            _Block(width, heads, _WINDOW // 2 if place % 2 else 0, share) for place, share in enumerate(shares)
        )
        self.downsample = None if last else _Merging(width)


class _Merging(nn.Module):
    """Four neighbouring cells become one, twice as wide."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(4 * width)
        self.reduction = nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, grid: Tensor) -> Tensor:
        corners = [grid[:, row::2, column::2] for column in range(2) for row in range(2)]
        return self.reduction(self.norm(torch.cat(corners, dim=-1)))


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, shift: int, rest: float):
        super().__init__()
        self.shift = shift
        self.norm1 = nn.LayerNorm(width)
        self.attn = _Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Module()
        self.mlp.fc1 = nn.Linear(width, _WIDENED * width)
        self.mlp.fc2 = nn.Linear(_WIDENED * width, width)
        self.rest = StochasticDepth(rest)

    def forward(self, grid: Tensor) -> Tensor:
        size = (grid.shape[1], grid.shape[2])
        shift = self.shift if min(size) > _WINDOW else 0
        moved = self.norm1(grid)
        if shift:
            moved = moved.roll((-shift, -shift), (1, 2))
        windows, padded = in_windows(moved, _WINDOW)
        mask = _neighbours(padded, shift).to(grid) if shift else None
        attended = out_of_windows(self.attn(windows, mask), padded, _WINDOW)[:, : size[0], : size[1]]
        if shift:
            attended = attended.roll((shift, shift), (1, 2))
        grid = grid + self.rest(attended)
        return grid + self.rest(self.mlp.fc2(functional.gelu(self.mlp.fc1(self.norm2(grid)))))


class _Attention(nn.Module):
    """Attention in a window, with a learned number for each distance of two cells."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        table = _SMALL * torch.randn((2 * _WINDOW - 1) ** 2, heads)
        self.relative_position_bias_table = nn.Parameter(table)
        self.register_buffer("places", _distances(), persistent=False)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        query, key, value = self.qkv(windows).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.places].permute(2, 0, 1)
        if mask is not None:
            bias = (bias + mask[:, None]).repeat(len(windows) // len(mask), 1, 1, 1)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return self.proj(mixed.transpose(1, 2).flatten(2))


def _distances() -> Int[Tensor, "cells cells"]:
    """Row of the table for each pair of cells of a window."""
    place = torch.stack(torch.meshgrid(torch.arange(_WINDOW), torch.arange(_WINDOW), indexing="ij")).flatten(1)
    apart = place[:, :, None] - place[:, None] + _WINDOW - 1
    return apart[0] * (2 * _WINDOW - 1) + apart[1]


def _neighbours(size: tuple[int, int], shift: int) -> Float[Tensor, "windows cells cells"]:
    """0 for pairs of cells that are neighbours, `_AWAY` for those that only the shift brought together."""
    regions = []
    for side in size:
        region = torch.zeros(side)
        region[-_WINDOW:-shift], region[-shift:] = 1, 2
        regions.append(region)
    label = (3 * regions[0][:, None] + regions[1])[None, :, :, None]
    cells, _ = in_windows(label, _WINDOW)
    same = cells == cells.mT
    return torch.where(same, 0.0, _AWAY)
