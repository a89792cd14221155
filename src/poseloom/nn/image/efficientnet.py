"""EfficientNet (Tan and Le, ICML 2019) and its Lite form without squeeze-and-excitation.

State names are those of the PyTorch ports of the TPU release: ``_conv_stem``, ``_blocks.0._depthwise_conv``,
``_conv_head``. Convolutions are padded as TensorFlow does: so that the output has a whole number of strides, the odd
pixel to the right and below.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.layers.stochastic_depth import StochasticDepth

_EPSILON, _MOMENTUM = 1e-3, 0.01
_STEM, _HEAD = 32, 1280
_SQUEEZED = 0.25
_REST = 0.2
_WHOLE = 8
"""Numbers of channels are multiples of it."""

_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""Kernel, stride of the first block, expansion, channels, blocks."""


@dataclass(frozen=True)
class EfficientnetSizes:
    """What tells one of the family from another.

    Args:
        wider, deeper: factors of channels and of blocks.
        lite: without squeeze-and-excitation, and with ReLU6 in place of SiLU.
        classes: of the classifier ``_fc``, which is in the files and is not used.
    """

    wider: float = 1.0
    deeper: float = 1.0
    lite: bool = False
    classes: int = 1000


EFFICIENTNETS: dict[str, EfficientnetSizes] = {
    "efficientnet_b0": EfficientnetSizes(),
    "efficientnet_b5": EfficientnetSizes(1.6, 2.2),
    "efficientnet_lite0": EfficientnetSizes(lite=True),
}


class Efficientnet(nn.Module):
    """A normalised picture to the map before the classifier (224 to 7)."""

    def __init__(self, sizes: EfficientnetSizes):
        super().__init__()
        self.act: nn.Module = nn.ReLU6(inplace=True) if sizes.lite else nn.SiLU(inplace=True)
        stem = _rounded(_STEM, sizes.wider)
        self._conv_stem = _PaddedConv(3, stem, 3, 2, bias=False)
        self._bn0 = _norm(stem)
        blocks = list(_plan(sizes))
        rests = [_REST * place / len(blocks) for place in range(len(blocks))]
        self._blocks = nn.ModuleList(
            _Block(*one, lite=sizes.lite, rest=rest) for one, rest in zip(blocks, rests, strict=True)
        )
        self.channels = _rounded(_HEAD, sizes.wider)
        self._conv_head = _PaddedConv(blocks[-1][1], self.channels, 1, 1, bias=False)
        self._bn1 = _norm(self.channels)
        self._fc = nn.Linear(self.channels, sizes.classes) if sizes.classes else None

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch channels rows columns"]:
        x = self.act(self._bn0(self._conv_stem(pictures)))
        for block in self._blocks:
            x = block(x)
        return self.act(self._bn1(self._conv_head(x)))

    @property
    def stages(self) -> list[nn.Module]:
        """Stem and blocks, in order: what is frozen from the front."""
        return [nn.ModuleList([self._conv_stem, self._bn0]), *self._blocks]


def _plan(sizes: EfficientnetSizes) -> Iterator[tuple[int, int, int, int, int]]:
    """Channels in and out, kernel, stride and expansion of every block."""
    before = _rounded(_STEM, sizes.wider)
    for kernel, stride, expansion, channels, blocks in _STAGES:
        out = _rounded(channels, sizes.wider)
        for place in range(math.ceil(blocks * sizes.deeper)):
            yield before, out, kernel, stride if place == 0 else 1, expansion
            before = out


class _Block(nn.Module):
    """Inverted residual: wider, depthwise, narrower; added to the input where that has the same size."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int, *, lite: bool, rest: float):
        super().__init__()
        self.act: nn.Module = nn.ReLU6(inplace=True) if lite else nn.SiLU(inplace=True)
        inner = channels * expansion
        self.expands, self.adds, self.squeezes = expansion > 1, stride == 1 and channels == out, not lite
        if self.expands:
            self._expand_conv = _PaddedConv(channels, inner, 1, 1, bias=False)
            self._bn0 = _norm(inner)
        self._depthwise_conv = _PaddedConv(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        if self.squeezes:
            squeezed = max(1, int(channels * _SQUEEZED))
            self._se_reduce = _PaddedConv(inner, squeezed, 1, 1)
            self._se_expand = _PaddedConv(squeezed, inner, 1, 1)
        self._project_conv = _PaddedConv(inner, out, 1, 1, bias=False)
        self._bn2 = _norm(out)
        self.rest = StochasticDepth(rest)

    def forward(self, kept: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        x = self.act(self._bn0(self._expand_conv(kept))) if self.expands else kept
        x = self.act(self._bn1(self._depthwise_conv(x)))
        if self.squeezes:
            whole = functional.silu(self._se_reduce(x.mean((2, 3), keepdim=True)))
            x = x * self._se_expand(whole).sigmoid()
        x = self._bn2(self._project_conv(x))
        return kept + self.rest(x) if self.adds else x


class _PaddedConv(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, groups: int = 1, bias: bool = True):
        super().__init__(channels, out, kernel, stride, groups=groups, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = [max((math.ceil(side / stride) - 1) * stride + kernel - side, 0) for side in x.shape[2:]]
        if any(missing):
            below, right = missing
            x = functional.pad(x, (right // 2, right - right // 2, below // 2, below - below // 2))
        return super().forward(x)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM)


def _rounded(channels: int, factor: float) -> int:
    """To a multiple of eight, and not below nine tenths."""
    wanted = channels * factor
    found = max(_WHOLE, int(wanted + _WHOLE / 2) // _WHOLE * _WHOLE)
    return found + _WHOLE if found < 0.9 * wanted else found
