"""Batches from several data sets, each with its share of the samples.

Which data set a sample comes from follows from its place alone, and so does its place in that data set: a mixed batch,
like any other, is the same whenever and in however many processes it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from poseloom.base.errors import PoseloomError, closest
from poseloom.base.streams import mix_numbers, text_key
from poseloom.training.batches import Batches, Place, Share, concatenate_batches

_CYCLE = 1000
"""Samples after which the order of the data sets repeats: shares are exact to a tenth of a percent."""


@dataclass(frozen=True)
class Mix:
    """How much of a batch comes from each data set.

    Args:
        shares: data set -> its part of the samples; 0.5 and 0.3 mean the same as 50 and 30, for they are divided by
            their sum. A data set that is not named takes no part.
    """

    shares: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, share in self.shares.items():
            if not (math.isfinite(share) and share > 0):
                raise PoseloomError(f"shares.{name}: expected a number above 0, got {share}; leave out what has none")

    def normalised(self) -> dict[str, float]:
        """The shares, of which the sum is 1.

        Raises:
            PoseloomError: there are none.
        """
        if not self.shares:
            raise PoseloomError("shares: no data set has one; name at least one, as shares = {mine = 1.0}")
        total = sum(self.shares.values())
        return {name: share / total for name, share in self.shares.items()}


class MixedBatches:
    """Batches of several data sets; in each batch each has its share of the samples, to within one or two samples.

    A data set begins again, in another order, when all of it has been seen, however small its share is.

    Args:
        sources: data set -> makes its batches, for a share of the batch that it is given: `DatasetBatches` of it, say.
        mix: how much comes from each.
        share: whose part of the batches.
        per_epoch: batches that count as an epoch; by default as many as hold the samples of all data sets together.
        unit: samples that are asked of a data set at once; a divisor of each process's part of a batch. Larger ones are
            faster where a data set reads many samples at a time.
        join: makes one batch of several.
    """

    def __init__(
        self,
        sources: Mapping[str, Callable[[Share], Batches]],
        mix: Mix,
        share: Share,
        per_epoch: int | None = None,
        unit: int = 1,
        join: Callable[[list[Any]], Any] = concatenate_batches,
    ):
        shares = mix.normalised()
        for name in shares:
            if name not in sources:
                known = f"there is no data set {name!r} (of {', '.join(sources)}){closest(name, list(sources))}"
                raise PoseloomError(f"stage {share.stage.name!r}: shares: {known}")
        if unit < 1 or share.size % unit:
            raise PoseloomError(f"batch size {share.size} of a process is not a multiple of the unit {unit}")
        self.share, self.unit, self.join = share, unit, join
        self.names = list(shares)
        self._shares = list(shares.values())
        self._batches = [sources[name](_share_of(name, share, unit)) for name in self.names]
        samples = unit * sum(map(len, self._batches))
        self.per_epoch = per_epoch or max(1, samples // share.stage.batch_size)

    def __len__(self) -> int:
        return self.per_epoch

    def __getitem__(self, place: Place) -> Any:
        epoch, number = place
        units = self.share.stage.batch_size // self.unit
        first = (epoch * self.per_epoch + number) * units + self.share.first // self.unit
        return self.join([self._unit(first + one) for one in range(self.share.size // self.unit)])

    def source_of(self, unit: int) -> tuple[int, int]:
        """Which data set the unit of that number, from 0, comes from, and how many of its units came before."""
        counts, order, before = self._cycle
        cycles, place = divmod(unit, _CYCLE)
        source = int(order[place])
        return source, cycles * counts[source] + int(before[place])

    def _unit(self, unit: int) -> Any:
        source, number = self.source_of(unit)
        batches = self._batches[source]
        return batches[divmod(number, len(batches))]

    @cached_property
    def _cycle(self) -> tuple[list[int], Int[ndarray, " units"], Int[ndarray, " units"]]:
        """Units of each data set in a cycle; the data set of each unit, and how many of the same came before it."""
        counts = whole_counts(self._shares, _CYCLE)
        moments = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
        sources = np.repeat(np.arange(len(counts)), counts)
        order = sources[np.argsort(moments, kind="stable")]
        before = np.empty(_CYCLE, np.int64)
        for source, count in enumerate(counts):
            before[order == source] = np.arange(count)
        return counts, order, before


def whole_counts(shares: Sequence[float], total: int) -> list[int]:
    """Whole numbers with a sum, as near to shares as can be; at least 1 each (largest remainders).

    Args:
        shares: they add up to 1.
        total: the sum; not below the number of shares.
    """
    exact = np.asarray(shares, np.float64) * total
    counts = np.maximum(1, np.floor(exact)).astype(int)
    while counts.sum() < total:
        counts[np.argmax(exact - counts)] += 1
    while counts.sum() > total:
        counts[np.argmin(np.where(counts > 1, exact - counts, np.inf))] -= 1
    return counts.tolist()


def _share_of(name: str, share: Share, unit: int) -> Share:
    """What a data set is told: to make `unit` samples at a time, for whichever process asks."""
    seed = mix_numbers(share.seed, text_key(name)) >> 1
    return Share(replace(share.stage, batch_size=unit), share.number, seed)
