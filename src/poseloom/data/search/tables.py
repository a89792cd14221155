"""A `Table` on disk as rows for an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property

from poseloom.data.manifest import PartKind
from poseloom.data.search.rows import BLOCK_ROWS, Block
from poseloom.data.table import Table

_COLUMNS = ("data_set", "file", "frame", "split")
_DIGITS = 16


class TableRows:
    """The rows of a table with their texts and poses, and where they came from as metadata."""

    def __init__(self, table: Table):
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    @cached_property
    def source(self) -> str:
        """Checksums of the first shard of rows: tables only ever grow, so it stays the same."""
        shards = (shard for part in self._table.manifest.of_kind(PartKind.ROWS) for shard in part.shards if shard.rows)
        first = next(shards, None)
        told = "" if first is None else "".join(stored.sha256 for _, stored in sorted(first.files.items()))
        return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The rows from `start` to the end."""
        table = self._table
        ids = table.column("id")
        columns = {name: table.column(name) for name in _COLUMNS}
        for first in range(start, len(table), BLOCK_ROWS):
            count = min(BLOCK_ROWS, len(table) - first)
            rows = range(first, first + count)
            texts = [tuple(table.words(row, which) for which in range(table.text_count(row))) for row in rows]
            metadata = {name: column.slice(first, count).to_pylist() for name, column in columns.items()}
            yield Block(ids.slice(first, count).to_pylist(), texts, metadata, table.poses(rows))
