"""Views of a table for training on some of its texts: people's alone, or those of some source."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from numpy import ndarray as Array

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers
from poseloom.data.arrow import pa
from poseloom.data.schema import TextKind
from poseloom.data.table import Rows, Table
from poseloom.data.views import PairDataset, TableDataset

_KINDS = tuple(kind.value for kind in TextKind)


class TextChoice:
    """Which of the texts of every row, or of every pair, are of some kinds and sources.

    Args:
        columns: lists of texts that follow each other: a row's own, then those that were added, for every shard.
        kinds: `TextKind` values.
        sources: all by default.

    Raises:
        PoseloomError: an unknown kind.
    """

    def __init__(self, columns: Iterable[list[Any]], kinds: Collection[str], sources: Collection[str] | None = None):
        for kind in kinds:
            if kind not in _KINDS:
                raise PoseloomError(f"kinds: unknown {kind!r}; expected some of {', '.join(_KINDS)}")
        owners, places, first = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for added in columns:
            count = len(added[0])
            before = np.zeros(count, np.int64)
            own: list[Int64[Array, " texts"]] = []
            which: list[Int64[Array, " texts"]] = []
            for column in added:
                lengths = pa.compute.list_value_length(column).to_numpy(zero_copy_only=False).astype(np.int64)
                row = np.repeat(np.arange(count), lengths)
                inside = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
                chosen = _are(column.flatten(), kinds, sources)
                own.append(row[chosen])
                which.append((before[row] + inside)[chosen])
                before += lengths
            row, place = np.concatenate(own), np.concatenate(which)
            order = np.lexsort((place, row))
            owners.append(row[order] + first)
            places.append(place[order])
            first += count
        owner = np.concatenate(owners)
        self._places = np.concatenate(places)
        self._starts = np.searchsorted(owner, np.arange(first + 1))
        self.having = np.unique(owner)
        """Numbers of the rows or pairs that have such a text."""

    def count(self, number: int) -> int:
        """How many such texts a row has."""
        return int(self._starts[number + 1] - self._starts[number])

    def place(self, number: int, which: int) -> int:
        """The place, among all texts of a row, of the one of these texts that is counted by `which`."""
        return int(self._places[self._starts[number] + which % self.count(number)])


class TextDataset(TableDataset):
    """The rows of a table that have a text of some kinds, each with one of these texts.

    Args:
        table: may lie anywhere.
        kinds: ``human``, ``automatic``, ``paraphrase``, ``label``.
        rows: in which order; see `Table.rows_of`. Those without such a text are left out.
        sources: such as ``posescript-H2``; all by default.
        seed: draws one of several texts, from seed, epoch and row alone.
        which: the text to take instead of a drawn one, counted from 0 and over again where there are fewer.
        in_turn: take the text whose number is the item's place, over again: the published way of validating.

    Raises:
        PoseloomError: an unknown kind.
    """

    def __init__(
        self,
        table: Table,
        kinds: Collection[str] = (TextKind.HUMAN.value,),
        rows: Rows = None,
        *,
        sources: Collection[str] | None = None,
        seed: int = 0,
        which: int | None = None,
        in_turn: bool = False,
    ):
        super().__init__(table, rows, seed)
        self.choice = TextChoice((table.text_columns(name) for name in table.shard_names()), kinds, sources)
        self.rows = self.rows[np.isin(self.rows, self.choice.having)]
        self.choose = _Chooser(self.choice, self.rows, which, in_turn)

    def texts_of(self, row: int) -> list[str]:
        """All texts of a row that may be chosen."""
        return [self.table.words(row, self.choice.place(row, which)) for which in range(self.choice.count(row))]

    def _text(self, row: int) -> str:
        return self.table.words(row, self.choose(row, self.seed, self.epoch))


class PairTextDataset(PairDataset):
    """The pairs of a table that have an instruction of some kinds, each with one of these; see `TextDataset`."""

    def __init__(
        self,
        table: Table,
        kinds: Collection[str] = (TextKind.HUMAN.value,),
        split: str | None = None,
        *,
        sources: Collection[str] | None = None,
        seed: int = 0,
        which: int | None = None,
        in_turn: bool = False,
    ):
        super().__init__(table, split, seed)
        columns = ([batch] for batch in table.pairs.column("texts").chunks)
        self.choice = TextChoice(columns, kinds, sources)
        kept = np.isin(self.pairs, self.choice.having)
        self.pairs, self._row_a, self._row_b = (one[kept] for one in (self.pairs, self._row_a, self._row_b))
        self.choose = _Chooser(self.choice, self.pairs, which, in_turn)

    def texts_of(self, pair: int) -> list[str]:
        """All instructions of a pair that may be chosen."""
        texts = self.table.pairs.texts(pair)
        return [texts[self.choice.place(pair, which)].text for which in range(self.choice.count(pair))]

    def _text(self, pair: int) -> str:
        return self.table.pairs.texts(pair)[self.choose(pair, self.seed, self.epoch)].text


class _Chooser:
    """Which of the texts of a row or pair: drawn, always the same, or another one for each item."""

    def __init__(self, choice: TextChoice, numbers: Int64[Array, " items"], which: int | None, in_turn: bool):
        self.choice, self.which = choice, which
        self.places = {number: place for place, number in enumerate(numbers.tolist())} if in_turn else None

    def __call__(self, number: int, seed: int, epoch: int) -> int:
        """The place among all texts of the row or pair."""
        if self.places is not None:
            return self.choice.place(number, self.places[number])
        return self.choice.place(number, mix_numbers(seed, epoch, number) if self.which is None else self.which)


def _are(texts: Any, kinds: Collection[str], sources: Collection[str] | None) -> Bool[Array, " texts"]:
    chosen = pa.compute.is_in(texts.field("kind"), value_set=pa.array(sorted(kinds), pa.string()))
    if sources is not None:
        of_source = pa.compute.is_in(texts.field("source"), value_set=pa.array(sorted(sources), pa.string()))
        chosen = pa.compute.and_(chosen, of_source)
    found: Bool[Array, " texts"] = chosen.to_numpy(zero_copy_only=False)
    return found
