"""`Pairs`: the pairs of a table with their instructions, read through memory maps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from poseloom.data.arrow import pa
from poseloom.data.manifest import Manifest, PartKind
from poseloom.data.schema import PAIRS_SCHEMA, Pair, Text
from poseloom.data.shards import PairShard


class Pairs:
    """The pairs of a table.

    Args:
        folder: of the table.
        manifest: what lies there.
        rows: of the table, among which both poses of a pair are.
    """

    def __init__(self, folder: Path, manifest: Manifest, rows: int):
        parts = manifest.of_kind(PartKind.PAIRS)
        used = [(part.folder, shard) for part in parts for shard in part.shards if shard.rows]
        self._shards = [PairShard(folder / part / shard.name, shard.rows, rows) for part, shard in used]
        self._first = [0, *np.cumsum([shard.rows for _, shard in used], dtype=np.int64).tolist()]

    def __len__(self) -> int:
        return self._first[-1]

    def pair(self, number: int) -> Pair:
        """One pair.

        Raises:
            IndexError: there is no such pair.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"pair {number} is out of range; there are {len(self)}")
        shard = bisect_right(self._first, number) - 1
        return self._shards[shard].pair(number - self._first[shard], number)

    __getitem__ = pair

    def texts(self, number: int) -> tuple[Text, ...]:
        """The instructions of one pair."""
        shard = bisect_right(self._first, number) - 1
        return self._shards[shard].texts[number - self._first[shard]]

    def __iter__(self) -> Iterator[Pair]:
        return (self.pair(number) for number in range(len(self)))

    def column(self, name: str) -> Any:
        """A whole column (id, id_a, id_b, row_a, row_b, in_sequence, split) as a pyarrow chunked array."""
        return pa.chunked_array([one.records.column(name) for one in self._shards], PAIRS_SCHEMA.field(name).type)

    def batches(self) -> Iterator[list[Pair]]:
        """All pairs, one shard at a time."""
        for shard, first, last in zip(self._shards, self._first, self._first[1:], strict=False):
            yield [shard.pair(number - first, number) for number in range(first, last)]
