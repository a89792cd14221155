"""A `Table` on disk as rows for an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from poseloom.data.manifest import PartKind
from poseloom.data.search.rows import BLOCK_ROWS, Block
from poseloom.data.table import Table

_COLUMNS = ("data_set", "file", "frame", "split")
_OF_TEXTS = ("kind", "source")
_DIGITS = 16


class TableRows:
    """The rows of a table with their texts and poses; as metadata where they came from, and of each text the kind and
    the source."""

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
            typed = [table.texts(row) for row in rows]
            texts = [tuple(text.text for text in row) for row in typed]
            metadata: dict[str, Sequence[Any]] = {
                name: column.slice(first, count).to_pylist() for name, column in columns.items()
            }
            for name in _OF_TEXTS:
                metadata[name] = [tuple(getattr(text, name) for text in row) for row in typed]
            yield Block(ids.slice(first, count).to_pylist(), texts, metadata, table.poses(rows))
