"""The random choices of one description: they depend on the seed and on what is told, on nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.streams import mix_numbers, text_key, uniform
from poseloom.language.posecodes.evaluation import Code

PLACES = 96
"""Draws made at once for every pose; the few descriptions that need more go on with draws made one by one."""
_AT_ONCE = 256
_MASK = (1 << 63) - 1


class Draws:
    """A row of numbers in [0, 1), used up in order."""

    def __init__(self, numbers: Iterator[float]) -> None:
        self._numbers = numbers

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return next(self._numbers) < probability

    def pick(self, options: Sequence[Any]) -> Any:
        """One of the options."""
        return options[int(next(self._numbers) * len(options))]

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        """The items in random order."""
        if len(items) < 2:
            return list(items)
        keys = [next(self._numbers) for _ in items]
        return [items[place] for place in sorted(range(len(keys)), key=keys.__getitem__)]


def draws_of(seed: int, keys: NDArray[np.int64]) -> Iterator[Draws]:
    """One row of draws for each key."""
    for first in range(0, len(keys), _AT_ONCE):
        part = keys[first : first + _AT_ONCE]
        rows = 0.5 + 0.5 * uniform(seed, part, PLACES).T
        for row, key in zip(rows, part.tolist(), strict=True):
            yield Draws(_endless(row.tolist(), seed, key))


def _endless(row: list[float], seed: int, key: int) -> Iterator[float]:
    yield from row
    place = PLACES
    while True:
        place += 1
        yield (mix_numbers(seed, key, place) >> 11) / (1 << 53)


def content_key(codes: Sequence[Code]) -> int:
    """A number for a set of codes, whatever their order."""
    return sum(map(_code_key, codes)) & _MASK


@lru_cache(maxsize=1 << 14)
def _code_key(code: Code) -> int:
    return mix_numbers(text_key("|".join(part or "" for part in code)))


def geometry_keys(joints: Float[Tensor, "poses joints 3"]) -> NDArray[np.int64]:
    """A number for the exact joints of each pose, so that noise does not depend on a pose's place in a batch."""
    bits = joints.float().cpu().contiguous().flatten(1).numpy().view(np.uint32).astype(np.uint64)
    factors = np.array([mix_numbers(place) | 1 for place in range(bits.shape[1])], np.uint64)
    with np.errstate(over="ignore"):
        return np.asarray((bits * factors).sum(1, dtype=np.uint64).view(np.int64))
