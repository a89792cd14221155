"""Training batches that can be taken up anywhere: batch (epoch, number) is the same whenever and wherever it is made.

That one property makes a resumed run exact, lets worker processes prepare batches in any order, and lets several
processes split a batch so that together they see what one alone would have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol

import torch
from torch.utils.data import default_collate

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers
from poseloom.training.recipe import Stage

Place = tuple[int, int]
"""Epoch and number of a batch within it, both from 0."""


@dataclass(frozen=True)
class Share:
    """The part of a stage's batches that one process makes.

    Args:
        stage: the stage.
        number: its place in the recipe, from 0.
        seed: made of the recipe's seed and the stage's number.
        rank, ranks: this process, and how many train together.
    """

    stage: Stage
    number: int
    seed: int
    rank: int = 0
    ranks: int = 1

    @property
    def size(self) -> int:
        """Samples of this process in a batch.

        Raises:
            PoseloomError: the stage's batch size cannot be split evenly.
        """
        if self.stage.batch_size % self.ranks:
            problem = f"{self.stage.batch_size} samples cannot be split among {self.ranks} processes"
            raise PoseloomError(f"recipe: stages.{self.stage.name}.batch_size: {problem}; choose a multiple")
        return self.stage.batch_size // self.ranks

    @property
    def first(self) -> int:
        """Place of this process's first sample in a batch."""
        return self.rank * self.size


class Batches(Protocol):
    """The batches of one stage. Item (epoch, number) depends on nothing but the share it was built from."""

    def __len__(self) -> int:
        """Batches in an epoch, the same in all processes."""

    def __getitem__(self, place: Place) -> Any:
        """The batch `number` of `epoch`."""


class MadeBatches:
    """Batches that are made when they are asked for: poses drawn, texts written by rule.

    Args:
        make: (seed, samples) -> batch; must depend on these two alone.
        share: whose part of the batches.
        per_epoch: batches that count as an epoch.
        chunk: samples of one call of `make`; where all processes' sizes are multiples of it, the same samples come
            from any number of processes. By default one call makes a process's whole part.
        join: makes one batch of several chunks; needed with `chunk`.
    """

    def __init__(
        self,
        make: Callable[[int, int], Any],
        share: Share,
        per_epoch: int,
        chunk: int | None = None,
        join: Callable[[list[Any]], Any] | None = None,
    ):
        self.make, self.share, self.per_epoch = make, share, per_epoch
        self.chunk, self.join = chunk or share.size, join
        if share.size % self.chunk:
            raise PoseloomError(f"batch size {share.size} of a process is not a multiple of the chunk {self.chunk}")
        if self.chunk < share.size and join is None:
            raise PoseloomError("batches of several chunks need a function that joins them")

    def __len__(self) -> int:
        return self.per_epoch

    def __getitem__(self, place: Place) -> Any:
        first = self.share.first // self.chunk
        made = [
            self.make(mix_numbers(self.share.seed, *place, first + number) >> 1, self.chunk)
            for number in range(self.share.size // self.chunk)
        ]
        return made[0] if self.join is None else self.join(made)


class DatasetBatches:
    """Batches of a map-style dataset, in another order each epoch; what is left over at an epoch's end is dropped.

    A dataset with `set_epoch` (the views of a table) is told the epoch; one with `__getitems__` gives a whole batch in
    one read.

    Args:
        dataset: items by place.
        share: whose part of the batches.
        collate: makes a batch of items; torch's default by default.
    """

    def __init__(self, dataset: Any, share: Share, collate: Callable[[Sequence[Any]], Any] = default_collate):
        self.dataset, self.share, self.collate = dataset, share, collate
        self._ordered: tuple[int, torch.Tensor] | None = None
        if len(self) == 0:
            wanted = f"fewer than one batch of {share.stage.batch_size}"
            raise PoseloomError(f"stage {share.stage.name!r}: {len(dataset)} samples are {wanted}; lower batch_size")

    def __len__(self) -> int:
        return len(self.dataset) // self.share.stage.batch_size

    def __getitem__(self, place: Place) -> Any:
        epoch, number = place
        first = number * self.share.stage.batch_size + self.share.first
        places = self._order(epoch)[first : first + self.share.size].tolist()
        if hasattr(self.dataset, "set_epoch"):
            self.dataset.set_epoch(epoch)
        if hasattr(self.dataset, "__getitems__"):
            return self.collate(self.dataset.__getitems__(places))
        return self.collate([self.dataset[place] for place in places])

    def _order(self, epoch: int) -> torch.Tensor:
        if self._ordered is None or self._ordered[0] != epoch:
            generator = torch.Generator().manual_seed(mix_numbers(self.share.seed, epoch) >> 1)
            self._ordered = epoch, torch.randperm(len(self.dataset), generator=generator)
        return self._ordered[1]


def concatenate_batches(parts: Sequence[Any]) -> Any:
    """One batch of several that are alike: their tensors and their lists of texts and numbers, one after another.

    They are looked for in tuples, mappings, data classes, and in lists of tensors, as torch's collation makes them.
    """
    first = parts[0]
    if isinstance(first, torch.Tensor):
        return torch.cat(list(parts))
    if isinstance(first, Mapping):
        return {key: concatenate_batches([part[key] for part in parts]) for key in first}
    if is_dataclass(first) and not isinstance(first, type):
        return replace(
            first, **{f.name: concatenate_batches([getattr(part, f.name) for part in parts]) for f in fields(first)}
        )
    if isinstance(first, tuple):
        made = [concatenate_batches(one) for one in zip(*parts, strict=True)]
        return type(first)(*made) if hasattr(first, "_fields") else tuple(made)
    if isinstance(first, list) and first and not isinstance(first[0], str | bytes | int | float):
        return [concatenate_batches(one) for one in zip(*parts, strict=True)]
    if isinstance(first, list):
        return [item for part in parts for item in part]
    raise PoseloomError(f"batches: {type(first).__name__} cannot be joined; give a function that joins them")
