"""Views of a table for training with torch: rows by number, or an endless-proof stream, shuffled and sharded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray as Array
from torch import Tensor
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers
from poseloom.data.table import Rows, Table

_CHUNK = 1024
"""Rows that a stream reads at once."""


class Sample(NamedTuple):
    """What a training step gets of a row. torch's default collation makes batches of it.

    Args:
        row: its number.
        rotations: axis-angle, radians.
        text: one of the row's texts; empty where it has none.
    """

    row: int
    rotations: Float[Tensor, "joints 3"]
    text: str


class PairSample(NamedTuple):
    """What a training step gets of a pair.

    Args:
        pair: its number.
        rotations_a, rotations_b: axis-angle, radians, of the first and the second pose.
        text: one of the pair's instructions; empty where it has none.
    """

    pair: int
    rotations_a: Float[Tensor, "joints 3"]
    rotations_b: Float[Tensor, "joints 3"]
    text: str


class TableDataset(Dataset[Sample]):
    """The rows of a table, or some of them, by place. `DataLoader` fetches a whole batch in one read.

    Args:
        table: may lie anywhere; the workers of a `DataLoader` open it themselves.
        rows: which, in which order; see `Table.rows_of`. Rows without a pose are left out.
        seed: draws one of several texts; the draw depends on seed, epoch and row alone.
    """

    def __init__(self, table: Table, rows: Rows = None, seed: int = 0):
        self.table = table
        self.rows = table.posed(rows)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other texts; call it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Sample:
        if not -len(self) <= place < len(self):
            raise IndexError(f"place {place} is out of range; there are {len(self)} rows")
        return self.__getitems__([place])[0]

    def __getitems__(self, places: Sequence[int]) -> list[Sample]:
        return samples(self.table, self.rows[np.asarray(places, dtype=np.int64)], self._text)

    def _text(self, row: int) -> str:
        return drawn_text(self.table, row, self.seed, self.epoch)


class PairDataset(Dataset[PairSample]):
    """The pairs of a table of which both poses are there; those that point nowhere are left out.

    Args:
        table: may lie anywhere.
        split: only its pairs; all by default.
        seed: draws one of several instructions, from seed, epoch and pair alone.
    """

    def __init__(self, table: Table, split: str | None = None, seed: int = 0):
        self.table = table
        self.seed = seed
        self.epoch = 0
        rows = [np.asarray(table.pairs.column(name), dtype=np.int64) for name in ("row_a", "row_b")]
        kept = np.minimum(*rows) >= 0
        for ends in rows:
            kept[kept] = np.isin(ends[kept], table.posed(ends[kept]))
        if split is not None:
            kept &= np.asarray(table.pairs.column("split")) == split
        self.pairs = np.flatnonzero(kept)
        self._row_a, self._row_b = (one[kept] for one in rows)

    def set_epoch(self, epoch: int) -> None:
        """Draw other instructions; call it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, place: int) -> PairSample:
        if not -len(self) <= place < len(self):
            raise IndexError(f"place {place} is out of range; there are {len(self)} pairs")
        return self.__getitems__([place])[0]

    def __getitems__(self, places: Sequence[int]) -> list[PairSample]:
        chosen = np.asarray(places, dtype=np.int64)
        first, second = (
            torch.from_numpy(self.table.array("rotations", rows[chosen])) for rows in (self._row_a, self._row_b)
        )
        numbers = self.pairs[chosen].tolist()
        texts = [self._text(number) for number in numbers]
        return [PairSample(*one) for one in zip(numbers, first, second, texts, strict=True)]

    def _text(self, pair: int) -> str:
        texts = self.table.pairs.texts(pair)
        return texts[mix_numbers(self.seed, self.epoch, pair) % len(texts)].text if texts else ""


class TableStream(IterableDataset[Sample]):
    """Every row once an epoch, in an order that depends on seed and epoch alone, shared out among all workers.

    Each of `ranks` processes with `DataLoader` workers of its own reads every `ranks` x workers-th row of the order,
    so that together they read each row exactly once.

    Args:
        table: may lie anywhere.
        rows: which; all by default. Rows without a pose are left out.
        seed: of another seed the order differs, and which of several texts is drawn.
        shuffle: else the order of `rows`.
        rank, ranks: this process and the number of processes that train together.

    Raises:
        PoseloomError: `rank` is not one of `ranks`.
    """

    def __init__(
        self, table: Table, rows: Rows = None, *, seed: int = 0, shuffle: bool = True, rank: int = 0, ranks: int = 1
    ):
        if not 0 <= rank < ranks:
            raise PoseloomError(f"rank: expected 0 to {ranks - 1}, got {rank}")
        self.table = table
        self.rows = table.posed(rows)
        self.seed, self.shuffle = seed, shuffle
        self.rank, self.ranks = rank, ranks
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose another order; call it before each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Rows of this rank."""
        return len(range(self.rank, len(self.rows), self.ranks))

    def order(self) -> Int64[Array, " rows"]:
        """The rows of all ranks and workers in the order of this epoch."""
        if not self.shuffle:
            return self.rows
        generator = np.random.Generator(np.random.PCG64(mix_numbers(self.seed, self.epoch)))
        return self.rows[generator.permutation(len(self.rows))]

    def __iter__(self) -> Iterator[Sample]:
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        own = self.order()[self.rank :: self.ranks][number::workers]
        for first in range(0, len(own), _CHUNK):
            yield from samples(self.table, own[first : first + _CHUNK], self._text)

    def _text(self, row: int) -> str:
        return drawn_text(self.table, row, self.seed, self.epoch)


def samples(table: Table, rows: Int64[Array, " n"], text: Callable[[int], str]) -> list[Sample]:
    """The samples of rows, in their order; `text` chooses that of a row."""
    rotations = torch.from_numpy(table.array("rotations", rows))
    numbers = rows.tolist()
    return [Sample(*one) for one in zip(numbers, rotations, map(text, numbers), strict=True)]


def drawn_text(table: Table, row: int, seed: int, epoch: int) -> str:
    """One of a row's texts, by seed, epoch and row alone; empty where it has none."""
    count = table.text_count(row)
    if count == 0:
        return ""
    return table.words(row, mix_numbers(seed, epoch, row) % count if count > 1 else 0)
