"""Convolutions of the published generators, whole or separable, and first weights."""

from __future__ import annotations

import math
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

FirstWeights = Literal["", "normal", "xavier", "tflib"]
"""How weights begin: PyTorch's own; N(0, 0.02); Xavier; uniform within 0.02 sqrt(3), as TensorFlow's GAN library."""
_DEVIATION = 0.02


class SeparableConv(nn.Module):
    """A depthwise convolution, then one of 1 x 1 (MobileNet, arXiv 1704.04861), a ReLU after each.

    Args:
        channels, out: channels in and out.
        kernel, stride: of the depthwise convolution.
        linear: without the ReLUs.
    """

    def __init__(self, channels: int, out: int, kernel: int = 3, stride: int = 1, *, linear: bool = False):
        super().__init__()
        depthwise = nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels)
        pointwise = nn.Conv2d(channels, out, 1)
        parts = [depthwise, pointwise] if linear else [depthwise, nn.ReLU(), pointwise, nn.ReLU()]
        self.main = nn.Sequential(*parts)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out rows columns"]:
        return self.main(x)


def conv_relu(channels: int, out: int, kernel: int = 3, stride: int = 1, *, separable: bool = False) -> nn.Module:
    """One convolution and a ReLU: whole (``.0`` in the state dict), or separable."""
    if separable:
        return SeparableConv(channels, out, kernel, stride)
    return nn.Sequential(nn.Conv2d(channels, out, kernel, stride, kernel // 2), nn.ReLU())


def two_convs(channels: int, out: int, *, separable: bool = False) -> nn.Sequential:
    """Two 3 x 3 convolutions with a ReLU after each."""
    if separable:
        return nn.Sequential(SeparableConv(channels, out), SeparableConv(out, out))
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, padding=1), nn.ReLU(), nn.Conv2d(out, out, 3, padding=1), nn.ReLU()
    )


def end_conv(channels: int, out: int, *, separable: bool = False) -> nn.Module:
    """The 3 x 3 convolution that gives the picture, without activation."""
    return SeparableConv(channels, out, linear=True) if separable else nn.Conv2d(channels, out, 3, padding=1)


class ResBlock(nn.Module):
    """x + ReLU(conv(ReLU(conv(x)))): the ReLU stands before the addition, none after it (PG2)."""

    def __init__(self, channels: int, *, separable: bool = False):
        super().__init__()
        self.main = two_convs(channels, channels, separable=separable)

    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        return x + self.main(x)


def twice_as_large(
    x: Float[Tensor, "batch channels height width"], size: tuple[int, int]
) -> Float[Tensor, "batch channels rows columns"]:
    """Every pixel doubled both ways; of a picture with odd sides the last row or column is left out again."""
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")[..., : size[0], : size[1]]


def halved(side: int, times: int) -> int:
    """A side after convolutions of stride 2, each of which rounds up."""
    return math.ceil(side / 2**times)


def give_first_weights(module: nn.Module, how: FirstWeights) -> None:
    """Draw the first weights of a network's convolutions, norms and linear layers.

    ``tflib``: convolutions and linear layers uniform, linear biases 0; ``xavier``: convolutions alone, biases 0;
    ``normal``: convolutions N(0, 0.02). All three give norms N(1, 0.02) and bias 0.
    """
    if not how:
        return
    bound = _DEVIATION * math.sqrt(3)
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            if how == "tflib":
                nn.init.uniform_(part.weight, -bound, bound)
            elif how == "xavier":
                nn.init.xavier_uniform_(part.weight)
                if part.bias is not None:
                    nn.init.zeros_(part.bias)
            else:
                nn.init.normal_(part.weight, 0.0, _DEVIATION)
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.weight, 1.0, _DEVIATION)
            nn.init.zeros_(part.bias)
        elif isinstance(part, nn.Linear) and how == "tflib":
            nn.init.uniform_(part.weight, -bound, bound)
            nn.init.zeros_(part.bias)
