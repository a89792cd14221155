"""What poseloom's own generators share: a U-Net's sizes and the units that it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within

_GROUPS = 8
"""Of group norm, or fewer where the channels cannot be split so."""


@dataclass(frozen=True)
class ScalesConfig:
    """Sizes of a U-Net.

    Args:
        base: channels of the finest level.
        levels: scales, each half as large as the one before.
        widest: most channels of a level.
        blocks: residual blocks at the coarsest level.
    """

    base: int = within(32, 4, 512)
    levels: int = within(5, 2, 8)
    widest: int = within(160, 4, 2048)
    blocks: int = within(1, 0, 32)

    @property
    def maps(self) -> str:
        """How keypoints are drawn, for the generator or its discriminators."""
        return "gaussian"

    @property
    def widths(self) -> list[int]:
        """Channels of each level, from the finest on."""
        return [min(self.base * 2**level, self.widest) for level in range(self.levels)]


class ConvUnit(nn.Sequential):
    """Convolution, group norm and SiLU."""

    def __init__(self, channels: int, out: int, stride: int = 1):
        groups = next(count for count in range(min(_GROUPS, out), 0, -1) if out % count == 0)
        super().__init__(
            nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.GroupNorm(groups, out), nn.SiLU(inplace=True)
        )


class ResidualUnit(nn.Module):
    """Two of these beside the identity."""

    def __init__(self, width: int):
        super().__init__()
        self.first, self.second = ConvUnit(width, width), ConvUnit(width, width)

    def forward(self, x: Float[Tensor, "batch width rows columns"]) -> Float[Tensor, "batch width rows columns"]:
        return x + self.second(self.first(x))
