"""What augmentations act on, and the random numbers that they draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers, text_key, uniform


@dataclass(frozen=True, eq=False)
class PeoplePictures:
    """Pictures of a person each, of one size.

    Args:
        pictures: RGB in [0, 1].
        keypoints: x, y in pixels of the pictures, and the confidence.
        boxes: of each person, x, y, width, height in pixels of the pictures.
        keys: of the random numbers: pictures with the same key are changed alike, in whatever batch they are.
        data_sets: where each picture is from; empty where nobody asks.
    """

    pictures: Float[Tensor, "people 3 height width"]
    keypoints: Float[Tensor, "people points 3"]
    boxes: Float[Tensor, "people 4"]
    keys: Int[Tensor, " people"]
    data_sets: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        return self.pictures.shape[-2], self.pictures.shape[-1]

    def where(self, changed: PeoplePictures, chosen: Bool[Tensor, " people"]) -> PeoplePictures:
        """`changed` where chosen, these elsewhere."""
        if bool(chosen.all()):
            return changed
        return replace(
            self,
            pictures=torch.where(chosen[:, None, None, None], changed.pictures, self.pictures),
            keypoints=torch.where(chosen[:, None, None], changed.keypoints, self.keypoints),
            boxes=torch.where(chosen[:, None], changed.boxes, self.boxes),
        )


class Augmentation(Protocol):
    """Changes pictures; the same seed and keys give the same result in any batch and process."""

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures: ...


@dataclass(frozen=True)
class OnlyFor:
    """Another augmentation, for the pictures of some data sets; those of others stay as they are.

    Raises:
        PoseloomError: no data set is named.
    """

    augmentation: Augmentation
    data_sets: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.data_sets:
            raise PoseloomError("OnlyFor: names no data set; leave it away to change the pictures of all")

    def __call__(self, batch: PeoplePictures, seed: int) -> PeoplePictures:
        if len(batch.data_sets) != len(batch):
            raise PoseloomError("OnlyFor: the batch does not tell the data set of each picture")
        chosen = torch.tensor([one in self.data_sets for one in batch.data_sets])
        return batch.where(self.augmentation(batch, seed), chosen) if bool(chosen.any()) else batch


def augmented(batch: PeoplePictures, augmentations: Sequence[Augmentation], seed: int) -> PeoplePictures:
    """Several augmentations one after the other; each draws numbers of its own."""
    for place, one in enumerate(augmentations):
        batch = one(batch, mix_numbers(seed, place))
    return batch


def draws(batch: PeoplePictures, seed: int, count: int, name: str) -> Float[Tensor, "count people"]:
    """Numbers in [0, 1) for each picture; `name` tells one use from another."""
    return key_draws(batch.keys, seed, count, name)


def key_draws(keys: Int[Tensor, " people"], seed: int, count: int, name: str) -> Float[Tensor, "count people"]:
    """Numbers in [0, 1) for each key."""
    stream = mix_numbers(seed, text_key(name))
    return torch.from_numpy((uniform(stream, keys.numpy().astype(np.int64), count) + 1) / 2)


def between(numbers: Float[Tensor, "*any"], bounds: tuple[float, float]) -> Float[Tensor, "*any"]:
    """Numbers in [0, 1) as numbers between bounds."""
    return bounds[0] + numbers * (bounds[1] - bounds[0])


def normal(first: Float[Tensor, "*any"], second: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Two uniform numbers as one of the normal distribution (Box and Muller 1958)."""
    radius = (-2 * torch.log1p(-first)).sqrt()
    return radius * torch.cos(2 * torch.pi * second)


def checked_probability(owner: str, value: float) -> None:
    """Refuse what is no probability.

    Raises:
        PoseloomError: it is not from 0 to 1.
    """
    if not 0 <= value <= 1:
        raise PoseloomError(f"{owner}: probability: expected 0 to 1, got {value}")


def checked_bounds(owner: str, name: str, bounds: Any, least: float, most: float) -> None:
    """Refuse bounds that are in the wrong order or out of range.

    Raises:
        PoseloomError: not least <= low <= high <= most.
    """
    low, high = bounds
    if not least <= low <= high <= most:
        raise PoseloomError(f"{owner}: {name}: expected {least:g} <= low <= high <= {most:g}, got {low}, {high}")
