"""Black holes: a few anywhere (DeVries and Taylor 2017), or a grid of them (Chen et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.augment.batch import (
    PeoplePictures,
    between,
    checked_bounds,
    checked_probability,
    draws,
)


@dataclass(frozen=True)
class CoarseDropout:
    """Black rectangles at random places.

    Args:
        probability: of a picture to be changed.
        holes: bounds of their number.
        sides: bounds of their width and of their height, pixels.
    """

    probability: float = 0.5
    holes: tuple[int, int] = (1, 8)
    sides: tuple[int, int] = (10, 40)

    def __post_init__(self) -> None:
        checked_probability("CoarseDropout", self.probability)
        checked_bounds("CoarseDropout", "holes", self.holes, 1, 100)
        checked_bounds("CoarseDropout", "sides", self.sides, 1, 10_000)

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        most = self.holes[1]
        on, count = draws(batch, seed, 2, "holes")
        numbers = draws(batch, seed, 4 * most, "places").reshape(4, most, len(batch)).transpose(1, 2)
        there = torch.arange(most) < whole(count, self.holes)[:, None]
        there &= (on < self.probability)[:, None]
        height, width = batch.size
        across = _span(numbers[0], numbers[1], self.sides, width)
        down = _span(numbers[2], numbers[3], self.sides, height)
        hidden = torch.einsum("pkh,pkw->phw", (down & there[..., None]).float(), across.float()) > 0
        return replace(batch, pictures=batch.pictures.masked_fill(hidden[:, None], 0.0))


@dataclass(frozen=True)
class GridDropout:
    """A black square in each cell of a grid.

    Args:
        probability: of a picture to be changed.
        unit: bounds of a cell's side, pixels.
        ratio: side of the square by that of the cell.
    """

    probability: float = 0.5
    unit: tuple[int, int] = (10, 40)
    ratio: float = 0.5

    def __post_init__(self) -> None:
        checked_probability("GridDropout", self.probability)
        checked_bounds("GridDropout", "unit", self.unit, 2, 10_000)
        if not 0 < self.ratio < 1:
            raise PoseloomError(f"GridDropout: ratio: expected more than 0 and less than 1, got {self.ratio}")

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        on, cell, x, y = draws(batch, seed, 4, "grid")
        unit = whole(cell, self.unit)
        hole = (unit * self.ratio).floor().clamp_min(1)
        height, width = batch.size
        across = _comb(width, unit, hole, x) & (on < self.probability)[:, None]
        down = _comb(height, unit, hole, y)
        hidden = down[:, :, None] & across[:, None, :]
        return replace(batch, pictures=batch.pictures.masked_fill(hidden[:, None], 0.0))


def whole(numbers: Float[Tensor, "*any"], bounds: tuple[int, int]) -> Float[Tensor, "*any"]:
    """Numbers in [0, 1) as whole numbers, both bounds included."""
    return between(numbers, (bounds[0], bounds[1] + 1)).floor()


def _span(side: Tensor, place: Tensor, sides: tuple[int, int], length: int) -> Tensor:
    """Which pixels along an axis a hole covers: (people, holes, length)."""
    extent = whole(side, (min(sides[0], length), min(sides[1], length)))
    first = (place * (length - extent + 1)).floor()
    pixels = torch.arange(length)
    return (pixels >= first[..., None]) & (pixels < (first + extent)[..., None])


def _comb(length: int, unit: Tensor, hole: Tensor, place: Tensor) -> Tensor:
    """Which pixels along an axis lie in a hole: (people, length)."""
    offset = (place * (unit - hole + 1)).floor()
    return torch.remainder(torch.arange(length) - offset[:, None], unit[:, None]) < hole[:, None]
