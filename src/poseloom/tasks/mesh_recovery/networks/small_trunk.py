"""The upper part of the photo reader's trunk and its tower, which the small network has for itself, so that they learn.

Inverted residual blocks (Sandler et al., MobileNetV2, 2018): wide, depthwise, thin.
"""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

LATE, LATE_SIDE = 88, 16
"""Channels and side of the trunk's map from which on it is learned."""
DEEP, DEEP_SIDE = 288, 8
"""Channels and side of its last map."""


class _Sizes(NamedTuple):
    inputs: int
    wide: int
    outputs: int
    kernel: int
    stride: int


_TO_DEEP = (_Sizes(88, 528, 144, 5, 2), *[_Sizes(144, 864, 144, 5, 1)] * 3)
_WIDE = 864
_STRIDES = (2, *[1] * 4, 2, *[1] * 5)
SUMMARY = DEEP * (DEEP_SIDE // 4) ** 2
"""Size of the tower's last map."""


class _Inverted(nn.Module):
    """A block, with a way around it where the map stays as it is."""

    def __init__(self, sizes: _Sizes):
        super().__init__()
        self.around = sizes.inputs == sizes.outputs and sizes.stride == 1
        self.enter = nn.Conv2d(sizes.inputs, sizes.wide, 1)
        padding = sizes.kernel // 2
        self.each = nn.Conv2d(sizes.wide, sizes.wide, sizes.kernel, sizes.stride, padding, groups=sizes.wide)
        self.leave = nn.Conv2d(sizes.wide, sizes.outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        made = self.leave(_cut(self.each(_cut(self.enter(x)))))
        return x + made if self.around else made


class UpperTrunk(nn.Module):
    """From a late map of the trunk to its last one."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(_Inverted(sizes) for sizes in _TO_DEEP))
        self.enter = nn.Conv2d(_TO_DEEP[-1].outputs, _WIDE, 1)
        self.each = nn.ModuleList(nn.Conv2d(_WIDE, _WIDE, 3, padding=1, groups=_WIDE) for _ in range(2))
        self.leave = nn.Conv2d(_WIDE, DEEP, 1)

    def forward(self, late: Float[Tensor, "people 88 16 16"]) -> Float[Tensor, "people 288 8 8"]:
        deep = _cut(self.enter(self.blocks(late)))
        for each in self.each:
            deep = _cut(each(deep))
        return _cut(self.leave(deep))


class _Separable(nn.Module):
    """Depthwise, then pointwise, added to the input; a block that halves the map pads behind, as TensorFlow does."""

    def __init__(self, channels: int, stride: int):
        super().__init__()
        self.halves = stride > 1
        self.deep = nn.Conv2d(channels, channels, 3, stride, groups=channels)
        self.wide = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, (0, 1, 0, 1) if self.halves else (1, 1, 1, 1))
        rest = functional.max_pool2d(x, 2) if self.halves else x
        return _cut(rest + self.wide(_cut(self.deep(padded))))


class Tower(nn.Sequential):
    """The trunk's last map -> a map of 2 x 2, as the reader's own landmark tower does it."""

    def __init__(self) -> None:
        super().__init__(*(_Separable(DEEP, stride) for stride in _STRIDES))


def _cut(x: Tensor) -> Tensor:
    return functional.relu6(x, inplace=True)
