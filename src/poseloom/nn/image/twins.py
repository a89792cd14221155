"""Twins (Chu et al., NeurIPS 2021): PCPVT, with global attention to a sub-sampled grid, and SVT, which adds windows.

State names are those of the public files of OpenMMLab: ``patch_embeds.0.projection``, ``stages.0.1.attn.kv``,
``position_encodings.0.proj``, ``norm_after_stage3``.
"""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.layers.stochastic_depth import StochasticDepth, rising_shares

_STAGES = 4
_PATCH = (4, 2, 2, 2)
_REDUCED = (8, 4, 2, 1)
"""Keys and values of global attention stand for squares of that many cells."""
_WINDOW = 7


@dataclass(frozen=True)
class TwinsSizes:
    """What tells one of them from another.

    Args:
        widths, heads, depths, widened: of each stage; feed-forward layers are `widened` times as wide.
        local: whether every other block, the first one included, attends within windows (SVT).
        epsilon: of the normalisations.
        rest: stochastic depth of the last block.
    """

    widths: tuple[int, ...]
    heads: tuple[int, ...]
    depths: tuple[int, ...]
    widened: tuple[int, ...]
    local: bool
    epsilon: float
    rest: float = 0.3


TWINS: dict[str, TwinsSizes] = {
    "twins_svt": TwinsSizes((96, 192, 384, 768), (3, 6, 12, 24), (2, 2, 18, 2), (4, 4, 4, 4), True, 1e-5),
    "twins_pcpvt": TwinsSizes((64, 128, 320, 512), (1, 2, 5, 8), (3, 4, 18, 3), (8, 8, 4, 4), False, 1e-6),
}
"""Both in the size that is called base."""


class Twins(nn.Module):
    """A normalised picture to the feature map of the last stage (224 to 7)."""

    def __init__(self, sizes: TwinsSizes):
        super().__init__()
        self.sizes, self.channels = sizes, sizes.widths[-1]
        shares = iter(rising_shares(sizes.rest, sum(sizes.depths)))
        before = (3, *sizes.widths)
        self.patch_embeds = nn.ModuleList(
            _PatchEmbedding(before[stage], sizes.widths[stage], _PATCH[stage]) for stage in range(_STAGES)
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(_block(sizes, stage, place, next(shares)) for place in range(sizes.depths[stage]))
            for stage in range(_STAGES)
        )
        self.position_encodings = nn.ModuleList(_PositionEncoding(width) for width in sizes.widths)
        self.norm_after_stage3 = nn.LayerNorm(self.channels, eps=sizes.epsilon)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        grid = pictures
        for stage in range(_STAGES):
            cells, size = self.patch_embeds[stage](grid)
            blocks = self.stages[stage]
            assert isinstance(blocks, nn.ModuleList)
            for place, block in enumerate(blocks):
                cells = block(cells, size)
                if place == 0:
                    cells = self.position_encodings[stage](cells, size)
            if stage == _STAGES - 1:
                cells = self.norm_after_stage3(cells)
            grid = cells.mT.unflatten(2, size)
        return grid


class _PatchEmbedding(nn.Module):
    def __init__(self, channels: int, width: int, side: int):
        super().__init__()
        self.projection = nn.Conv2d(channels, width, side, side)
        self.norm = nn.LayerNorm(width)

    def forward(self, grid: Tensor) -> tuple[Tensor, tuple[int, int]]:
        found = self.projection(grid)
        return self.norm(found.flatten(2).mT), (found.shape[2], found.shape[3])


class _PositionEncoding(nn.Module):
    """Positions told by a depthwise convolution, which notices the border."""

    def __init__(self, width: int):
        super().__init__()
        self.proj = nn.Conv2d(width, width, 3, 1, 1, groups=width)

    def forward(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        grid = cells.mT.unflatten(2, size)
        return (self.proj(grid) + grid).flatten(2).mT


class _Block(nn.Module):
    """Attention and feed-forward layer, each after a normalisation and added to what came in."""

    def __init__(self, width: int, widened: int, attention: nn.Module, epsilon: float, rests: list[StochasticDepth]):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=epsilon)
        self.attn = attention
        self.norm2 = nn.LayerNorm(width, eps=epsilon)
        self.ffn = nn.Module()
        first = nn.Sequential(nn.Linear(width, width * widened), nn.GELU())
        self.ffn.layers = nn.Sequential(first, nn.Linear(width * widened, width))
        self.rest = nn.Sequential(*rests)

    def forward(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        cells = cells + self.rest(self.attn(self.norm1(cells), size))
        return cells + self.rest(self.ffn.layers(self.norm2(cells)))


def _block(sizes: TwinsSizes, stage: int, place: int, share: float) -> _Block:
    width, heads = sizes.widths[stage], sizes.heads[stage]
    local = sizes.local and place % 2 == 0
    attention = _WindowAttention(width, heads) if local else _GlobalAttention(width, heads, _REDUCED[stage])
    # a global branch rests twice in training: within itself and around
    rests = [StochasticDepth(share) for _ in range(1 if local else 2)]
    return _Block(width, sizes.widened[stage], attention, sizes.epsilon, rests)


class _GlobalAttention(nn.Module):
    def __init__(self, width: int, heads: int, reduced: int):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)
        self.sr = nn.Conv2d(width, width, reduced, reduced) if reduced > 1 else None
        self.norm = nn.LayerNorm(width) if reduced > 1 else None

    def forward(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        sources = cells
        if self.sr is not None and self.norm is not None:
            sources = self.norm(self.sr(cells.mT.unflatten(2, size)).flatten(2).mT)
        query = self.q(cells).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = self.kv(sources).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.proj(mixed.transpose(1, 2).flatten(2))


class _WindowAttention(nn.Module):
    """Cells attend within windows of 7 x 7; the grid is padded to whole windows, and padding is not attended to."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, cells: Tensor, size: tuple[int, int]) -> Tensor:
        grid = cells.unflatten(1, size)
        windows, padded = in_windows(grid, _WINDOW)
        query, key, value = self.qkv(windows).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        seen = None
        if padded != size:
            inside, _ = in_windows(grid.new_ones(1, *size, 1), _WINDOW)
            seen = (inside[..., 0] > 0)[:, None, None, :].repeat(len(cells), 1, 1, 1)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        joined = out_of_windows(self.proj(mixed.transpose(1, 2).flatten(2)), padded, _WINDOW)
        return joined[:, : size[0], : size[1]].flatten(1, 2)


def in_windows(
    grid: Float[Tensor, "batch rows columns width"], side: int
) -> tuple[Float[Tensor, "windows cells width"], tuple[int, int]]:
    """The squares of a grid, padded with zeros to the right and below to whole ones, and the size that it then has."""
    below, right = -grid.shape[1] % side, -grid.shape[2] % side
    if below or right:
        grid = functional.pad(grid, (0, 0, 0, right, 0, below))
    rows, columns = grid.shape[1:3]
    cut = grid.unflatten(2, (-1, side)).unflatten(1, (-1, side)).transpose(2, 3)
    return cut.reshape(-1, side * side, grid.shape[-1]), (rows, columns)


def out_of_windows(
    windows: Float[Tensor, "windows cells width"], size: tuple[int, int], side: int
) -> Float[Tensor, "batch rows columns width"]:
    """The inverse of `in_windows`, padding included."""
    rows, columns = size[0] // side, size[1] // side
    cut = windows.reshape(-1, rows, columns, side, side, windows.shape[-1])
    return cut.transpose(2, 3).reshape(len(cut), *size, windows.shape[-1])
