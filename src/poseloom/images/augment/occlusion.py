"""Objects pasted over pictures (Sárándi et al. 2018): anywhere, or over a keypoint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

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
    normal,
)
from poseloom.images.augment.dropout import whole
from poseloom.images.augment.objects import Objects, drawn_objects

REFERENCE_SIDE = 256.0
"""Pixels: of a picture in which objects are pasted at their own size times the scale."""


@dataclass(frozen=True)
class SyntheticOcclusion:
    """Several objects at random places.

    Args:
        objects: what is pasted; drawn things by default. `read_objects` reads others.
        probability: of a picture to be changed.
        count: bounds of their number.
        scale: bounds of their size, in a picture of 256 pixels.
    """

    objects: Objects = field(default_factory=drawn_objects)
    probability: float = 1.0
    count: tuple[int, int] = (1, 7)
    scale: tuple[float, float] = (0.2, 1.0)

    def __post_init__(self) -> None:
        name = type(self).__name__
        checked_probability(name, self.probability)
        checked_bounds(name, "count", self.count, 1, 100)
        checked_bounds(name, "scale", self.scale, 1e-3, 100)

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        most = self.count[1]
        on, number = draws(batch, seed, 2, "objects")
        count = whole(number, self.count) * (on < self.probability)
        which, size = draws(batch, seed, 2 * most, "kinds").reshape(2, most, len(batch))
        scale = between(size, self.scale) * (min(batch.size) / REFERENCE_SIDE)
        places = self._places(batch, seed, most)
        pictures = batch.pictures.clone()
        for person, there in enumerate(count.int().tolist()):
            for place in range(there):
                thing = self.objects.pictures[int(which[place, person] * len(self.objects))]
                _paste(pictures[person], thing, float(scale[place, person]), places[place, person])
        return replace(batch, pictures=pictures)

    def _places(self, batch: PeoplePictures, seed: int, most: int) -> Float[Tensor, "most people 2"]:
        """The middle of each object."""
        numbers = draws(batch, seed, 2 * most, "places").reshape(2, most, len(batch))
        return torch.stack([numbers[0] * batch.size[1], numbers[1] * batch.size[0]], dim=-1)


@dataclass(frozen=True)
class KeypointOcclusion(SyntheticOcclusion):
    """Objects over keypoints that are certain: confidence 1.

    Pictures without such a keypoint stay as they are.

    Args:
        spread: standard deviation of an object's middle about its keypoint, by the box's longer side.
    """

    spread: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.spread <= 10:
            raise PoseloomError(f"KeypointOcclusion: spread: expected 0 to 10, got {self.spread}")

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        return batch.where(super().__call__(batch, seed), (batch.keypoints[..., 2] == 1).any(-1))

    def _places(self, batch: PeoplePictures, seed: int, most: int) -> Float[Tensor, "most people 2"]:
        certain = batch.keypoints[..., 2] == 1
        numbers = draws(batch, seed, 5 * most, "joints").reshape(5, most, len(batch))
        wanted = (numbers[0] * certain.sum(-1)).floor()  # the n-th of the certain ones
        counted = certain.cumsum(-1) - 1
        chosen = ((counted[None] == wanted[..., None]) & certain[None]).int().argmax(-1)
        points = batch.keypoints[torch.arange(len(batch)), chosen, :2]
        away = torch.stack([normal(numbers[1], numbers[2]), normal(numbers[3], numbers[4])], dim=-1)
        return points + away * self.spread * batch.boxes[:, 2:].amax(-1)[None, :, None]


def _paste(picture: Float[Tensor, "3 height width"], thing: Tensor, scale: float, middle: Tensor) -> None:
    """Lay a scaled object over a picture, in place; what lies outside is cut off."""
    height, width = (max(1, round(side * scale)) for side in thing.shape[-2:])
    left, top = round(float(middle[0]) - width / 2), round(float(middle[1]) - height / 2)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, picture.shape[-1]), min(top + height, picture.shape[-2])
    if x0 >= x1 or y0 >= y1:
        return
    scaled = torch.nn.functional.interpolate(thing[None], size=(height, width), mode="bilinear", antialias=True)[0]
    part = scaled[:, y0 - top : y1 - top, x0 - left : x1 - left]
    behind = picture[:, y0:y1, x0:x1]
    picture[:, y0:y1, x0:x1] = torch.lerp(behind, part[:3], part[3:].clamp(0, 1))
