"""What the geometry measures of poses, as numbers: the facts that descriptions may state, whether or not they do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.description.figure import SIDES
from poseloom.pose.types import Pose

SEEN_ON = 4000
"""Poses that tell which facts there are."""
_SELDOM = 3
"""Facts that fewer of these poses have are left out."""
SIDED, COMMON = 120, 120
"""Places for facts of one side, and for facts of no side."""
FACTS = 2 * SIDED + COMMON
"""Numbers of a pose."""
_UNSEEN = ("hand.shape",)
"""Channels that body poses tell nothing of."""
_NOTHING = ("", "no")


def measure_facts(poses: Pose) -> Iterator[tuple[str, Bool[np.ndarray, " poses"]]]:
    """Facts by name, one for each side, channel and class, and which of the poses have them."""
    from poseloom.language.description.describe import figures
    from poseloom.language.description.truth import joined_truths, truth_of

    truth = joined_truths([truth_of(figure) for figure in figures(poses.body())])
    for channel, classes in truth.channels.items():
        if channel in _UNSEEN:
            continue
        for side, mine in zip(SIDES, classes, strict=True) if classes.ndim == 2 else (("", classes),):
            for name in np.unique(mine):
                if name not in _NOTHING:
                    yield f"{side} {channel} {name}", mine == name


@dataclass(frozen=True)
class MeasuredFacts:
    """The facts that a model sees of poses, by place.

    First come those of the left side, then those of the right side in the same order, then those of no side.

    Args:
        names: the facts, by place; empty for places that no fact has.
    """

    names: tuple[str, ...]

    @classmethod
    def of_poses(cls, poses: Pose) -> MeasuredFacts:
        """The facts that most of some poses have, ties by alphabet."""
        counts = Counter({name: int(holds.sum()) for name, holds in measure_facts(poses)})
        return cls(laid_out(counts, SIDED, COMMON))

    def numbers(self, poses: Pose) -> Float[Tensor, "poses facts"]:
        """1 where a pose has a fact."""
        places = {name: place for place, name in enumerate(self.names) if name}
        found = np.zeros((len(poses), FACTS), np.float32)
        for name, holds in measure_facts(poses) if len(poses) else ():
            if name in places:
                found[:, places[name]] = holds
        return torch.from_numpy(found)


def laid_out(counts: Counter[str], sided: int, common: int) -> tuple[str, ...]:
    """Names by place: those of the left side, those of the right side in the same order, those of no side.

    Args:
        counts: how often each name was met; a name begins with its side and a space.
        sided, common: places for the names of one side and of no side, filled up with empty names.
    """
    met: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for name, count in counts.items():
        side, _, fact = name.partition(" ")
        met[side in SIDES][fact] += count
    sides = [_filled([f"{side} {fact}" for fact in _often(met[True])], sided) for side in SIDES]
    return (*sides[0], *sides[1], *_filled([f" {fact}" for fact in _often(met[False])], common))


def _often(counts: Counter[str]) -> list[str]:
    """The most frequent names, ties by alphabet."""
    return sorted((name for name in counts if counts[name] >= _SELDOM), key=lambda name: (-counts[name], name))


def _filled(names: list[str], count: int) -> list[str]:
    return [*names, *[""] * count][:count]
