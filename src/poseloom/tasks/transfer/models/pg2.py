"""PG2 (Ma et al., NIPS 2017): a coarse picture, then what it lacks; and Mobile PG2, the same of separable convolutions.

Layers, orders and names are those of the PyTorch port whose weights are in use.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, TransferInputs
from poseloom.tasks.transfer.models.units import (
    ResBlock,
    conv_relu,
    end_conv,
    halved,
    twice_as_large,
    two_convs,
)

Picture = Float[Tensor, "batch 3 height width"]
_PICTURE = 3


@dataclass(frozen=True)
class CoarseConfig:
    """Sizes of stage 1; the defaults are those for Market-1501.

    Args:
        channels: of picture and pose map together.
        base: channels of the first level; each further level has as many more.
        levels: scales; 6 for pictures of 256 x 256.
        code: size of the bottleneck.
        height, width: of the pictures, pixels; the bottleneck is made for them.
        separable: depthwise-separable convolutions, as in Mobile PG2.
    """

    channels: int = within(21, 1, 1024)
    base: int = within(128, 1, 4096)
    levels: int = within(5, 1, 12)
    code: int = within(64, 1, 65_536)
    height: int = within(128, 1, 4096)
    width: int = within(64, 1, 4096)
    separable: bool = False


@dataclass(frozen=True)
class DetailConfig:
    """Sizes of stage 2; the defaults are those for Market-1501.

    Args:
        channels: of the two pictures together.
        base: channels of the first level.
        levels: scales; 4 for pictures of 256 x 256.
        skips_left_out: levels from the top whose features the decoder does not see; 0 for 256 x 256.
        separable: depthwise-separable convolutions, as in Mobile PG2.
    """

    channels: int = within(6, 1, 1024)
    base: int = within(128, 1, 4096)
    levels: int = within(3, 1, 12)
    skips_left_out: int = within(1, 0, 12)
    separable: bool = False


@dataclass(frozen=True)
class Pg2Config:
    """PG2 of one stage or of both.

    Args:
        coarse: stage 1.
        detail: stage 2.
        stages: 1, or 2.
        maps: how keypoints are drawn: gaussian, point, or disc (the paper's own, -1 to 1).
    """

    coarse: CoarseConfig = field(default_factory=CoarseConfig)
    detail: DetailConfig = field(default_factory=DetailConfig)
    stages: int = within(2, 1, 2)
    maps: str = "gaussian"


class _Down(nn.Module):
    def __init__(self, channels: int, out: int | None, separable: bool):
        super().__init__()
        self.res = ResBlock(channels, separable=separable)
        self.conv = None if out is None else conv_relu(channels, out, stride=2, separable=separable)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skip = self.res(x)
        return skip, skip if self.conv is None else self.conv(skip)


class _Up(nn.Module):
    def __init__(self, channels: int, out: int | None, separable: bool):
        super().__init__()
        self.res = ResBlock(channels, separable=separable)
        self.conv = None if out is None else conv_relu(channels, out, kernel=1, separable=separable)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        x = self.res(x)
        # a 1 x 1 convolution sees single pixels: before they are doubled it costs a quarter and gives the same
        return x if self.conv is None else twice_as_large(self.conv(x), size)


class Unet(nn.Module):
    """The U-Net of stage 1, with a bottleneck of fully connected layers.

    Args:
        config: its sizes; `channels` are those of its input.
    """

    def __init__(self, config: CoarseConfig):
        super().__init__()
        self.config = config
        base, levels, separable = config.base, config.levels, config.separable
        widths = [base * (level + 1) for level in range(levels)]
        self.start_conv = conv_relu(config.channels, base, separable=separable)
        self.encoder = nn.ModuleList(
            _Down(width, widths[level + 1] if level < levels - 1 else None, separable)
            for level, width in enumerate(widths)
        )
        self.bottom = halved(config.height, levels - 1), halved(config.width, levels - 1)
        pixels = self.bottom[0] * self.bottom[1]
        self.down_fc = nn.Linear(widths[-1] * pixels, config.code)
        self.up_fc = nn.Linear(config.code, base * pixels)
        into = [base + widths[-1], *(2 * width for width in reversed(widths[:-1]))]
        out = [*reversed(widths[:-1]), None]
        self.decoder = nn.ModuleList(_Up(*one, separable) for one in zip(into, out, strict=True))
        self.end_conv = end_conv(into[-1], _PICTURE, separable=separable)

    def encode(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> tuple[Float[Tensor, "batch code"], list[Tensor]]:
        """The code of the bottleneck, and the features of all levels from the finest on."""
        x, skips = self.start_conv(x), []
        for block in self.encoder:
            skip, x = block(x)
            skips.append(skip)
        return self.down_fc(x.flatten(1)), skips

    def decode(self, code: Float[Tensor, "batch code"], skips: list[Tensor]) -> Picture:
        """The picture of a code and the features of all levels."""
        x = self.up_fc(code).unflatten(1, (-1, *self.bottom))
        sizes = [tuple(skip.shape[-2:]) for skip in skips]
        for level, block in zip(reversed(range(len(skips))), self.decoder, strict=True):
            x = block(torch.cat([x, skips[level]], dim=1), sizes[max(level - 1, 0)])
        return self.end_conv(x)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Picture:
        return self.decode(*self.encode(x))


class CoarseGenerator(Unet):
    """Stage 1 (G1): a coarse picture of the person in the target's pose, without bounds."""

    def inputs(self, source: Picture, target_map: Float[Tensor, "batch joints height width"]) -> Tensor:
        """Picture and target map, one above the other."""
        return torch.cat([source, target_map], dim=1)


class _DetailDown(nn.Module):
    def __init__(self, channels: int, out: int, last: bool, separable: bool):
        super().__init__()
        self.main = two_convs(channels, out, separable=separable)
        self.conv = None if last else conv_relu(out, out, stride=2, separable=separable)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        skip = self.main(x)
        return skip, skip if self.conv is None else self.conv(skip)


class _DetailUp(nn.Module):
    def __init__(self, channels: int, out: int, separable: bool):
        super().__init__()
        self.main = two_convs(channels, out, separable=separable)

    def forward(self, x: Tensor) -> Tensor:
        return self.main(x)


class DetailGenerator(nn.Module):
    """Stage 2 (G2): what is added to the coarse picture.

    Args:
        config: its sizes.
    """

    def __init__(self, config: DetailConfig | None = None):
        super().__init__()
        self.config = config = config or DetailConfig()
        base, levels, separable = config.base, config.levels, config.separable
        widths = [base * (level + 1) for level in range(levels)]
        self.start_conv = conv_relu(config.channels, base, separable=separable)
        self.encoder = nn.ModuleList(
            _DetailDown(widths[max(level - 1, 0)], width, level == levels - 1, separable)
            for level, width in enumerate(widths)
        )
        self._joined = [number < levels - config.skips_left_out for number in range(levels)]
        decoder, into = [], widths[-1]
        for number, joined in enumerate(self._joined):
            decoder.append(_DetailUp(into + joined * widths[levels - 1 - number], base, separable))
            into = base
        self.decoder = nn.ModuleList(decoder)
        self.end_conv = end_conv(base, _PICTURE, separable=separable)

    def encode(self, source: Picture, coarse: Picture) -> tuple[Float[Tensor, "batch wide rows columns"], list[Tensor]]:
        """The features of the coarsest level ("GFV"), and those of all levels from the finest on."""
        x, skips = self.start_conv(torch.cat([source, coarse], dim=1)), []
        for block in self.encoder:
            skip, x = block(x)
            skips.append(skip)
        return x, skips

    def decode(self, features: Float[Tensor, "batch wide rows columns"], skips: list[Tensor]) -> Picture:
        """The difference picture; other `features` than the encoder's enter before the first concatenation alone."""
        x, levels = features, len(skips)
        for number, block in enumerate(self.decoder):
            level = levels - 1 - number
            x = block(torch.cat([x, skips[level]], dim=1) if self._joined[number] else x)
            if level:
                x = twice_as_large(x, (skips[level - 1].shape[-2], skips[level - 1].shape[-1]))
        return self.end_conv(x)

    def forward(self, source: Picture, coarse: Picture) -> Picture:
        return self.decode(*self.encode(source, coarse))


class Pg2(nn.Module):
    """Both stages: the coarse picture and its details.

    Args:
        config: its sizes; of one stage alone there are no details.
    """

    def __init__(self, config: Pg2Config | None = None):
        super().__init__()
        self.config = config = config or Pg2Config()
        self.generator1 = CoarseGenerator(config.coarse)
        self.generator2 = DetailGenerator(config.detail) if config.stages > 1 else None

    def coarse(self, source: Picture, target_map: Float[Tensor, "batch joints height width"]) -> Picture:
        """Stage 1 alone."""
        return self.generator1(self.generator1.inputs(source, target_map))

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The coarse picture, and with stage 2 the final one."""
        coarse = self.coarse(inputs.source, inputs.target_map(self.config.maps))
        if self.generator2 is None:
            return {FINAL: coarse}
        return {COARSE: coarse, FINAL: coarse + self.generator2(inputs.source, coarse)}

    def forward(self, source: Picture, target_map: Float[Tensor, "batch joints height width"]) -> Picture:
        """The last stage's picture, not clipped."""
        coarse = self.coarse(source, target_map)
        return coarse if self.generator2 is None else coarse + self.generator2(source, coarse)
