"""poseloom's own generator of people in other poses: limbs are carried by the joints, a small network does the rest.

`limb_warp` lays the limbs of the source where those of the target are. A U-Net sees both, moves what was carried by a
few pixels, paints what neither shows, and says for each pixel which of the three it takes: the source as it is, what
was carried, or what it painted. It starts from the carried picture, so little has to be learned.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.tasks.transfer.maps import seen_joints, squared_distance
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, TransferInputs
from poseloom.tasks.transfer.models.limb_warp import PARTS, LimbWarp, limb_warp
from poseloom.tasks.transfer.models.scales import ConvUnit, ResidualUnit, ScalesConfig

Picture = Float[Tensor, "batch 3 height width"]
_MARKED = (0, 16, 17)
"""Joints that have a map: nose and ears tell where a face looks."""
_MARK = 2.0
"""Pixels, deviation of these maps for a picture 128 high."""
_SEEN = 3 + 3 + PARTS + 1 + 1 + 2 + len(_MARKED)
_CHOICES = 3
_FARTHEST = 0.15
"""Most that the network moves what was carried, of half the picture's sides."""


@dataclass(frozen=True)
class WarpedConfig(ScalesConfig):
    """Sizes of the generator; the finest level has half the picture's size.

    Args:
        fine: channels at the picture's own size.
        looks_at: the network sees higher pictures made as small as this; what it says of their pixels is then put
            together at their own size.
    """

    fine: int = within(16, 4, 256)
    looks_at: int = within(128, 16, 4096)


class WarpedGenerator(nn.Module):
    """A person's picture and the joints of both poses to the person in the other pose.

    Args:
        config: its sizes.
    """

    def __init__(self, config: WarpedConfig | None = None):
        super().__init__()
        self.config = config = config or WarpedConfig()
        widths = config.widths
        into = [_SEEN, *widths[:-1]]
        self.down = nn.ModuleList(
            nn.Sequential(ConvUnit(one, two, 2), ResidualUnit(two)) for one, two in zip(into, widths, strict=True)
        )
        self.bottom = nn.Sequential(*(ResidualUnit(widths[-1]) for _ in range(config.blocks)))
        self.up = nn.ModuleList(
            nn.Sequential(ConvUnit(coarse + own, own), ResidualUnit(own)) if level else ConvUnit(coarse + own, own)
            for level, (own, coarse) in enumerate(pairwise(widths))
        )
        self.shift = nn.Conv2d(widths[0], 2, 3, padding=1)
        self.thin = nn.Conv2d(widths[0], config.fine, 1)
        self.last = nn.Sequential(ConvUnit(config.fine + _SEEN + 3, config.fine), ResidualUnit(config.fine))
        self.paint = nn.Conv2d(config.fine, 3 + _CHOICES, 3, padding=1)
        nn.init.zeros_(self.shift.weight)
        nn.init.zeros_(self.shift.bias)

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The picture, and as its first stage what the joints alone carry."""
        warp = limb_warp(inputs.source_keypoints, inputs.target_keypoints, inputs.size)
        carried = carried_picture(inputs.source, warp)
        if inputs.size[0] > self.config.looks_at:
            return {COARSE: carried, FINAL: self.layers(inputs).over(inputs.source, warp.places)}
        return {COARSE: carried, FINAL: self(inputs.source, seen_of(inputs, warp, carried), warp.places)}

    def layers(self, inputs: TransferInputs) -> Layers:
        """What the picture is put together of, as large as the network looks at it."""
        inputs = inputs.reduced(self.config.looks_at)
        warp = limb_warp(inputs.source_keypoints, inputs.target_keypoints, inputs.size)
        return self._layers(inputs.source, seen_of(inputs, warp, carried_picture(inputs.source, warp)), warp.places)

    def forward(
        self,
        source: Picture,
        seen: Float[Tensor, "batch seen height width"],
        places: Float[Tensor, "batch height width 2"],
    ) -> Picture:
        """The picture, -1 to 1, of what `seen_of` gathered and where the joints say that each pixel lies."""
        return self._layers(source, seen, places).over(source, places)

    def _layers(self, source: Tensor, seen: Tensor, places: Tensor) -> Layers:
        size, found = (source.shape[-2], source.shape[-1]), []
        x = seen
        for level in self.down:
            x = level(x)
            found.append(x)
        x = self.bottom(x)
        for own, level in zip(reversed(found[:-1]), reversed(self.up), strict=True):
            x = level(torch.cat([functional.interpolate(x, own.shape[-2:], mode="nearest"), own], dim=1))
        shift = functional.interpolate(self.shift(x).tanh() * _FARTHEST, size, mode="bilinear", align_corners=False)
        fine = functional.interpolate(self.thin(x), size, mode="bilinear", align_corners=False)
        moved = _drawn(source, places + shift.movedim(1, -1))
        last = self.last(torch.cat([fine, seen, moved], dim=1))
        painted, choice = self.paint(last).split([3, _CHOICES], dim=1)
        return Layers(shift, painted.tanh(), choice.softmax(1))


@dataclass(frozen=True, eq=False)
class Layers:
    """What the generator's picture is put together of.

    Args:
        shift: by how much what the joints carry is moved, x and y, of half the picture's sides.
        painted: colours that the network made, -1 to 1.
        shares: of the source as it is, of what was carried, and of what was painted; their sum is 1.
    """

    shift: Float[Tensor, "batch 2 height width"]
    painted: Picture
    shares: Float[Tensor, "batch 3 height width"]

    def over(
        self, source: Float[Tensor, "batch 3 rows columns"], places: Float[Tensor, "batch rows columns 2"]
    ) -> Float[Tensor, "batch 3 rows columns"]:
        """The picture of a source in this frame, at the source's own size: what is taken from it keeps its detail.

        Args:
            source: -1 to 1.
            places: where its joints say that each of its pixels lies (`limb_warp`): pieces keep their edges.
        """
        size = (source.shape[-2], source.shape[-1])
        shift, painted, shares = (_sized(one, size) for one in (self.shift, self.painted, self.shares))
        moved = _drawn(source, places + shift.movedim(1, -1))
        return source * shares[:, :1] + moved * shares[:, 1:2] + painted * shares[:, 2:]


def _sized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    if maps.shape[-2:] == size:
        return maps
    return functional.interpolate(maps, size, mode="bicubic", align_corners=False)


def carried_picture(source: Picture, warp: LimbWarp) -> Picture:
    """The source with its limbs where the target's are, nothing filled in."""
    return _drawn(source, warp.places)


def seen_of(inputs: TransferInputs, warp: LimbWarp, carried: Picture) -> Float[Tensor, "batch seen height width"]:
    """All that the network sees, as one stack of maps."""
    facing = warp.facing[..., None, None].expand(-1, -1, *inputs.size)
    return torch.cat([inputs.source, carried, warp.parts, warp.own, warp.found, facing, _marks(inputs)], dim=1)


def _marks(inputs: TransferInputs) -> Float[Tensor, "batch marks height width"]:
    points = inputs.target_keypoints[:, list(_MARKED)]
    deviation = _MARK * inputs.size[0] / 128
    bumps = torch.exp(-squared_distance(points, inputs.size) / (2 * deviation**2))
    return bumps * seen_joints(inputs.target_keypoints)[:, list(_MARKED), None, None]


def _drawn(picture: Picture, places: Float[Tensor, "batch height width 2"]) -> Picture:
    return functional.grid_sample(picture, places, padding_mode="border", align_corners=False)
