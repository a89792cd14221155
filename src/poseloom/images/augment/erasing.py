"""Rectangles that hide a part: noise (Zhong et al., AAAI 2020), half seen through, or another part of the picture.

The noise of a rectangle is cut from a fixed square of noise at a random place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.images.augment.batch import (
    PeoplePictures,
    between,
    checked_bounds,
    checked_probability,
    draws,
)

_TRIES = 100
"""Of a rectangle that fits."""
_SQUARE = 512
"""Pixels: side of the noise."""

Rectangles = Int[Tensor, "people 4"]
"""Left, top, right, bottom (behind the last pixel); nothing where right is left."""


@dataclass(frozen=True)
class HardErasing:
    """A rectangle of noise in the person's box; none where it would leave the picture.

    Args:
        probability: of a picture to be changed.
        area: bounds of its part of the box.
        aspect: bounds of height by width.
    """

    probability: float = 0.5
    area: tuple[float, float] = (0.0, 0.7)
    aspect: tuple[float, float] = (0.3, 3.33)

    def __post_init__(self) -> None:
        checked_probability("HardErasing", self.probability)
        checked_bounds("HardErasing", "area", self.area, 0, 1)
        checked_bounds("HardErasing", "aspect", self.aspect, 1e-3, 1e3)

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        on, area, aspect, x, y = draws(batch, seed, 5, "rectangle")
        extent = _extent(batch.boxes[:, 2:].prod(-1) * between(area, self.area), between(aspect, self.aspect))
        corner = batch.boxes[:, :2] + torch.stack([x, y], -1) * (batch.boxes[:, 2:] - extent)
        rectangles = torch.cat([corner, corner + extent], -1).floor().long()
        height, width = batch.size
        inside = (rectangles[:, :2] >= 0).all(-1) & (rectangles[:, 2] <= width) & (rectangles[:, 3] <= height)
        mask = _mask(rectangles, inside & (on < self.probability), batch.size)
        return replace(batch, pictures=torch.where(mask, noise(batch, seed), batch.pictures))


@dataclass(frozen=True)
class SoftErasing:
    """A rectangle anywhere, mixed with noise.

    Args:
        probability: of a picture to be changed.
        area: bounds of its part of the picture.
        aspect: bounds of height by width.
        share: bounds of the part of noise in the mixture.
    """

    probability: float = 0.5
    area: tuple[float, float] = (0.02, 0.4)
    aspect: tuple[float, float] = (0.3, 1 / 0.3)
    share: tuple[float, float] = (0.1, 0.9)

    def __post_init__(self) -> None:
        name = type(self).__name__
        checked_probability(name, self.probability)
        checked_bounds(name, "area", self.area, 0, 1)
        checked_bounds(name, "aspect", self.aspect, 1e-3, 1e3)
        checked_bounds(name, "share", self.share, 0, 1)

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        on, share = draws(batch, seed, 2, "mixture")
        rectangles, found = fitting_rectangles(batch, seed, self.area, self.aspect)
        mask = _mask(rectangles, found & (on < self.probability), batch.size)
        weight = between(share, self.share)[:, None, None, None] * mask
        return replace(batch, pictures=torch.lerp(batch.pictures, self._other(batch, seed, rectangles), weight))

    def _other(self, batch: PeoplePictures, seed: int, rectangles: Rectangles) -> Tensor:
        return noise(batch, seed)


@dataclass(frozen=True)
class SelfMixing(SoftErasing):
    """A rectangle anywhere, mixed with another part of the same picture."""

    def _other(self, batch: PeoplePictures, seed: int, rectangles: Rectangles) -> Tensor:
        """The pictures moved so that the other part lies on the rectangle."""
        height, width = batch.size
        room = torch.tensor([width, height]) - (rectangles[:, 2:] - rectangles[:, :2])
        corner = (draws(batch, seed, 2, "other").T * (room + 1)).floor().long().minimum(room)
        moves = (rectangles[:, :2] - corner).tolist()
        pairs = zip(batch.pictures, moves, strict=True)
        return torch.stack([picture.roll((y, x), dims=(-2, -1)) for picture, (x, y) in pairs])


def fitting_rectangles(
    batch: PeoplePictures, seed: int, area: tuple[float, float], aspect: tuple[float, float]
) -> tuple[Rectangles, Bool[Tensor, " people"]]:
    """For each picture the first of 100 rectangles that fits; and whether one does."""
    height, width = batch.size
    numbers = draws(batch, seed, 2 * _TRIES, "rectangles").reshape(2, _TRIES, len(batch))
    extents = _extent(height * width * between(numbers[0], area), between(numbers[1], aspect)).floor()
    fits = (extents[..., 0] < width) & (extents[..., 1] < height) & (extents >= 1).all(-1)
    first = fits.int().argmax(0)
    extent = extents[first, torch.arange(len(batch))].long()
    x, y = draws(batch, seed, 2, "place")
    room = torch.tensor([width, height]) - extent
    corner = (torch.stack([x, y], -1) * (room.clamp_min(0) + 1)).floor().long()
    return torch.cat([corner, corner + extent], -1), fits.any(0)


def noise(batch: PeoplePictures, seed: int) -> Float[Tensor, "people 3 height width"]:
    """Uniform noise in [0, 1] for each picture."""
    height, width = batch.size
    side = max(_SQUARE, 2 * height, 2 * width)
    square = _noise_square(side)
    places = draws(batch, seed, 2, "noise") * torch.tensor([[side - width], [side - height]])
    return torch.stack([square[:, y : y + height, x : x + width] for x, y in places.long().T.tolist()])


@lru_cache(maxsize=2)
def _noise_square(side: int) -> Float[Tensor, "3 side side"]:
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(side))


def _extent(area: Float[Tensor, "*any"], aspect: Float[Tensor, "*any"]) -> Float[Tensor, "*any 2"]:
    """Width and height."""
    return torch.stack([(area / aspect).sqrt(), (area * aspect).sqrt()], dim=-1)


def _mask(rectangles: Rectangles, chosen: Bool[Tensor, " people"], size: tuple[int, int]) -> Bool[Tensor, "p 1 h w"]:
    y, x = (torch.arange(side) for side in size)
    across = (x >= rectangles[:, :1]) & (x < rectangles[:, 2:3]) & chosen[:, None]
    down = (y >= rectangles[:, 1:2]) & (y < rectangles[:, 3:])
    return (down[:, :, None] & across[:, None, :])[:, None]
