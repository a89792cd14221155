"""Structural similarity of pictures (Wang et al., IEEE TIP 2004), in the variants that papers on made pictures report.

Values of different variants cannot be compared: a window of another width, another data range or covariance change the
second decimal. `SsimVariant` says all of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Real
from torch import Tensor
from torch.nn import functional

from poseloom.base.errors import PoseloomError

_K1, _K2 = 0.01, 0.03
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Weights of the scales of MS-SSIM (Wang, Simoncelli & Bovik 2003)."""


@dataclass(frozen=True)
class SsimVariant:
    """How similarity is measured.

    Args:
        window: pixels; odd.
        sigma: of the window's Gaussian weights, pixels; 0 weighs all alike.
        sample: covariances of samples (n - 1) in place of those of populations.
        data_range: of the pictures' numbers; 0 takes largest less smallest number of the second picture, as the
            inherited evaluation script of PATN does.
        border: pixels at each side that do not count; -1 for half a window.
    """

    window: int = 11
    sigma: float = 1.5
    sample: bool = False
    data_range: float = 255.0
    border: int = -1


GAUSSIAN = SsimVariant()
"""Wang's own: Gaussian window of 11 pixels, population covariances."""
UNIFORM = SsimVariant(window=7, sigma=0.0, sample=True)
"""PG2's: uniform window of 7 pixels, sample covariances."""
UNIFORM_51 = SsimVariant(window=51, sigma=0.0, sample=True)
"""That of papers from GFLA (Ren et al., CVPR 2020) on: a uniform window of 51 pixels."""
INHERITED = SsimVariant(data_range=0.0)
"""That of the script that PATN inherited: the data range is the second picture's own."""
INHERITED_LEGACY = replace(INHERITED, window=13, border=5)
"""The same under scikit-image before 0.16, whose Gaussian was 13 pixels wide."""


def ssim(
    reference: Real[Tensor, "*batch channels height width"],
    other: Real[Tensor, "*batch channels height width"],
    variant: SsimVariant = GAUSSIAN,
) -> Float[Tensor, "*batch"]:
    """Mean similarity of each pair of pictures; 1 where they are the same.

    Args:
        reference, other: in the numbers of `SsimVariant.data_range`; computed in float64.

    Raises:
        PoseloomError: pictures smaller than the window, or of different sizes.
    """
    similarity, _ = _maps(reference, other, variant)
    return similarity.mean((-3, -2, -1))


def multi_scale_ssim(
    reference: Real[Tensor, "*batch channels height width"],
    other: Real[Tensor, "*batch channels height width"],
    variant: SsimVariant = GAUSSIAN,
) -> Float[Tensor, "*batch"]:
    """MS-SSIM (Wang, Simoncelli & Bovik, Asilomar 2003): contrast of five scales and luminance of the coarsest.

    Small pictures have fewer scales, whose weights are raised to sum to one. Negative contrasts count as zero.

    Raises:
        PoseloomError: pictures smaller than the window, or of different sizes.
    """
    _check(reference, other, variant)
    smaller = range(len(_SCALES), 1, -1)
    count = next((one for one in smaller if min(reference.shape[-2:]) >> (one - 1) >= variant.window), 1)
    weights = torch.tensor(_SCALES[:count], dtype=torch.float64, device=reference.device)
    variant = replace(variant, data_range=variant.data_range or 255.0)
    found = torch.ones(reference.shape[:-3], dtype=torch.float64, device=reference.device)
    for number, weight in enumerate(weights / weights.sum()):
        similarity, contrast = _maps(reference, other, variant)
        value = (similarity if number == count - 1 else contrast).mean((-3, -2, -1))
        found = found * value.clamp(min=0) ** weight
        reference, other = _halved(reference), _halved(other)
    return found


def _halved(picture: Tensor) -> Tensor:
    """Averages of 2 x 2 pixels; a last odd row or column is left out."""
    flat = functional.avg_pool2d(picture.double().reshape(-1, *picture.shape[-3:]), 2)
    return flat.reshape(*picture.shape[:-2], *flat.shape[-2:])


def _maps(reference: Tensor, other: Tensor, variant: SsimVariant) -> tuple[Tensor, Tensor]:
    """Similarity and contrast-structure of every pixel that counts."""
    _check(reference, other, variant)
    first, second = reference.double(), other.double()
    span = variant.data_range or (second.amax((-3, -2, -1)) - second.amin((-3, -2, -1)))[..., None, None, None]
    small, tiny = (_K1 * span) ** 2, (_K2 * span) ** 2
    window = variant.window
    corrected = window**2 / (window**2 - 1) if variant.sample else 1.0
    moments = torch.stack([first, second, first * first, second * second, first * second])
    mean1, mean2, square1, square2, product = _weighed(moments, variant)
    variance1 = corrected * (square1 - mean1 * mean1)
    variance2 = corrected * (square2 - mean2 * mean2)
    covariance = corrected * (product - mean1 * mean2)
    contrast = (2 * covariance + tiny) / (variance1 + variance2 + tiny)
    luminance = (2 * mean1 * mean2 + small) / (mean1 * mean1 + mean2 * mean2 + small)
    return luminance * contrast, contrast


def _weighed(values: Tensor, variant: SsimVariant) -> Tensor:
    """Windowed means of every pixel that counts; where the window leaves the picture, it is mirrored.

    The window is separable, so that both directions are products with band matrices: several times as fast in double
    precision as convolutions.
    """
    half = variant.window // 2
    border = half if variant.border < 0 else variant.border
    if half > border:
        values = _mirrored(values, half - border)
    elif border > half:
        cut = border - half
        values = values[..., cut : values.shape[-2] - cut, cut : values.shape[-1] - cut]
    x = torch.arange(-half, half + 1, dtype=values.dtype, device=values.device)
    weights = torch.exp(-0.5 * (x / variant.sigma) ** 2) if variant.sigma else torch.ones_like(x)
    weights = weights / weights.sum()
    return _band(weights, values.shape[-2]) @ values @ _band(weights, values.shape[-1]).T


def _band(weights: Tensor, side: int) -> Tensor:
    """The matrix that takes numbers along a side to their windowed means."""
    count = side - len(weights) + 1
    band = weights.new_zeros(count, side)
    rows = torch.arange(count, device=weights.device)[:, None]
    band[rows, rows + torch.arange(len(weights), device=weights.device)] = weights
    return band


def _mirrored(flat: Tensor, width: int) -> Tensor:
    """The outermost pixels once more around the picture, the edge itself doubled (SciPy's "reflect")."""
    flat = torch.cat([flat[..., :width, :].flip(-2), flat, flat[..., -width:, :].flip(-2)], dim=-2)
    return torch.cat([flat[..., :width].flip(-1), flat, flat[..., -width:].flip(-1)], dim=-1)


def _check(reference: Tensor, other: Tensor, variant: SsimVariant) -> None:
    if reference.shape != other.shape:
        raise PoseloomError(
            f"SSIM: pictures of {tuple(reference.shape)} and {tuple(other.shape)}; bring them to one size"
        )
    if min(reference.shape[-2:]) < variant.window:
        sides = " x ".join(map(str, reference.shape[-2:]))
        raise PoseloomError(f"SSIM: pictures of {sides} are smaller than the window of {variant.window} pixels")
