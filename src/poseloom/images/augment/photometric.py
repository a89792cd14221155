"""Colours: noise of the channels (Kolotouros et al., ICCV 2019), and the distortion of SSD (Liu et al., ECCV 2016)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.augment.batch import PeoplePictures, between, draws

_BYTE = 255.0
_SIXTH = 1 / 6


@dataclass(frozen=True)
class ChannelNoise:
    """Each channel times a number of its own, from 1 - strength to 1 + strength; cut off at white.

    Args:
        strength: 0.4 in the benchmark, 0.2 together with self-mixing or photometric distortion.
    """

    strength: float = 0.4

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise PoseloomError(f"ChannelNoise: strength: expected 0 to 1, got {self.strength}")

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        factors = between(draws(batch, seed, 3, "channels"), (1 - self.strength, 1 + self.strength))
        return replace(batch, pictures=(batch.pictures * factors.T[:, :, None, None]).clamp_(0, 1))


@dataclass(frozen=True)
class PhotometricDistortion:
    """Brightness, contrast, saturation and hue, each in half of the pictures; contrast before or after the other two.

    Args:
        brightness: is added, at most, of 255.
        contrast, saturation: bounds of the factors.
        hue: is added, at most, degrees.
    """

    brightness: float = 32.0
    contrast: tuple[float, float] = (0.5, 1.5)
    saturation: tuple[float, float] = (0.5, 1.5)
    hue: float = 18.0

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        numbers = draws(batch, seed, 9, "photometric")
        on = numbers[:4] < 0.5
        shift = between(numbers[4], (-self.brightness, self.brightness)) / _BYTE * on[0]
        contrast = torch.where(on[1], between(numbers[5], self.contrast), 1.0)
        first = numbers[8] < 0.5
        saturation = torch.where(on[2], between(numbers[6], self.saturation), 1.0)
        hue = between(numbers[7], (-self.hue, self.hue)) / 360 * on[3]
        pictures = (batch.pictures + shift[:, None, None, None]) * _each(torch.where(first, contrast, 1.0))
        pictures = shifted_hsv(pictures.clamp(0, 1), saturation, hue)
        pictures = pictures * _each(torch.where(first, 1.0, contrast))
        return replace(batch, pictures=pictures.clamp_(0, 1))


def shifted_hsv(
    pictures: Float[Tensor, "people 3 height width"],
    saturation: Float[Tensor, " people"],
    hue: Float[Tensor, " people"],
) -> Float[Tensor, "people 3 height width"]:
    """RGB pictures with their saturation times a factor (cut off at 1) and their hue moved by a part of the circle."""
    value, _ = pictures.max(1)
    low = pictures.amin(1)
    spread = value - low
    safe = spread.clamp_min(1e-12)
    red, green, blue = pictures.unbind(1)
    angle = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    angle = torch.where(spread > 0, angle * _SIXTH, 0.0) + hue[:, None, None]
    strength = torch.minimum(spread * saturation[:, None, None], value)  # saturation times value
    sector = angle * 6
    channels = []
    for offset in (5.0, 3.0, 1.0):
        place = torch.remainder(sector + offset, 6.0)
        channels.append(value - strength * torch.minimum(place, 4 - place).clamp(0, 1))
    return torch.stack(channels, dim=1)


def _each(values: Float[Tensor, " people"]) -> Float[Tensor, "people 1 1 1"]:
    return values[:, None, None, None]
