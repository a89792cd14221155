"""poseloom's own generator of people in other poses: small enough for a CPU.

One encoder sees the source with its pose and the target's; features are carried to where the target's limbs are by a
field of places that the network states at its coarsest levels (Siarohin et al., CVPR 2018; Ren et al., CVPR 2020,
carry features likewise), and a decoder paints what was hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.inputs import FINAL, TransferInputs
from poseloom.tasks.transfer.models.scales import ConvUnit, ResidualUnit, ScalesConfig

Picture = Float[Tensor, "batch 3 height width"]
_POSES = 36


@dataclass(frozen=True)
class SmallConfig(ScalesConfig):
    """Sizes of the generator; the finest level has the picture's own size.

    Args:
        flows: coarsest levels at which features are carried along.
    """

    base: int = within(24, 4, 512)
    blocks: int = within(2, 0, 32)
    flows: int = within(3, 0, 8)


class _Encoder(nn.Module):
    """Features of all levels, from the finest on."""

    def __init__(self, channels: int, widths: list[int]):
        super().__init__()
        into = [channels, *widths[:-1]]
        self.levels = nn.ModuleList(
            nn.Sequential(ConvUnit(one, two, 1 if level == 0 else 2), *([ResidualUnit(two)] if level else []))
            for level, (one, two) in enumerate(zip(into, widths, strict=True))
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        found = []
        for level in self.levels:
            x = level(x)
            found.append(x)
        return found


class SmallGenerator(nn.Module):
    """A person's picture, its pose and the target's to the person in that pose.

    Args:
        config: its sizes.
    """

    def __init__(self, config: SmallConfig | None = None):
        super().__init__()
        self.config = config = config or SmallConfig()
        widths = config.widths
        self.seen = _Encoder(3 + _POSES // 2, widths)
        self.poses = _Encoder(_POSES, [max(4, width // 2) for width in widths])
        half = [max(4, width // 2) for width in widths]
        self.bottom = nn.Sequential(
            ConvUnit(widths[-1] + half[-1], widths[-1]), *(ResidualUnit(widths[-1]) for _ in range(config.blocks))
        )
        flows = [level for level in range(config.levels) if level >= config.levels - config.flows]
        self.flow = nn.ModuleDict(
            {str(level): nn.Conv2d(widths[min(level + 1, config.levels - 1)], 3, 3, padding=1) for level in flows}
        )
        for one in self.flow.values():
            nn.init.zeros_(one.weight)
            nn.init.zeros_(one.bias)
        self.up = nn.ModuleList(
            ConvUnit(widths[min(level + 1, config.levels - 1)] + widths[level] + half[level], widths[level])
            for level in range(config.levels)
        )
        self.paint = nn.Conv2d(widths[0], 4, 3, padding=1)

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The picture."""
        return {FINAL: self(inputs.source, inputs.both_maps(self.config.maps))}

    def forward(self, source: Picture, poses: Float[Tensor, "batch 36 height width"]) -> Picture:
        """The picture, -1 to 1; `poses` are the maps of the source and of the target."""
        seen = self.seen(torch.cat([source, poses[:, : _POSES // 2]], dim=1))
        posed = self.poses(poses)
        x, places = self.bottom(torch.cat([seen[-1], posed[-1]], dim=1)), None
        for level in reversed(range(self.config.levels)):
            size = (seen[level].shape[-2], seen[level].shape[-1])
            if x.shape[-2:] != size:
                x = functional.interpolate(x, size, mode="nearest")
            if places is not None and places.shape[-2:] != size:
                places = functional.interpolate(places, size, mode="bilinear", align_corners=False)
            if str(level) in self.flow:
                said = self.flow[str(level)](x)
                places = said if places is None else places + said
            carried = seen[level] if places is None else _carried(seen[level], places)
            x = self.up[level](torch.cat([x, carried, posed[level]], dim=1))
        made, kept = self.paint(x).split([3, 1], dim=1)
        copied = source if places is None else _carried(source, places)
        share = kept.sigmoid()
        return made.tanh() * (1 - share) + copied * share


def _carried(features: Tensor, places: Tensor) -> Tensor:
    """Features from the places that are said for each pixel (shares of half the picture), weighed by the third map."""
    height, width = features.shape[-2:]
    y = (torch.arange(height, device=features.device, dtype=features.dtype) + 0.5) * (2 / height) - 1
    x = (torch.arange(width, device=features.device, dtype=features.dtype) + 0.5) * (2 / width) - 1
    own = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    grid = own + places[:, :2].movedim(1, -1)
    drawn = functional.grid_sample(features, grid, padding_mode="border", align_corners=False)
    return drawn * (2 * places[:, 2:3].sigmoid()) if features.shape[1] > 3 else drawn
