"""Distances of made pictures from the true ones, pixel by pixel."""

from __future__ import annotations

import torch
from jaxtyping import Float, Real
from torch import Tensor

_LEVELS = 255.0
_LUMA = (0.2125, 0.7154, 0.0721)
"""Weights of red, green and blue in grey (ITU-R BT.709, as scikit-image has them)."""


def picture_l1(
    reference: Real[Tensor, "*batch channels height width"], other: Real[Tensor, "*batch channels height width"]
) -> Float[Tensor, "*batch"]:
    """Mean absolute difference of pictures of 0 to 255, after both are scaled to -1 to 1."""
    return ((reference.double() - other.double()).abs() / (_LEVELS / 2)).mean((-3, -2, -1))


def psnr(
    reference: Real[Tensor, "*batch channels height width"], other: Real[Tensor, "*batch channels height width"]
) -> Float[Tensor, "*batch"]:
    """Peak signal-to-noise ratio of pictures of 0 to 255, dB; infinite where they are the same."""
    error = (reference.double() - other.double()).square().mean((-3, -2, -1))
    return 10 * torch.log10(_LEVELS**2 / error)


def grey(picture: Real[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 1 height width"]:
    """Luma of an RGB picture, float64."""
    weights = torch.tensor(_LUMA, dtype=torch.float64, device=picture.device)
    return (picture.double() * weights[:, None, None]).sum(-3, keepdim=True)
