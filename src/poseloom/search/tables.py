"""One `Table` on disk, or several, as rows for an index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.data.manifest import PartKind
from poseloom.data.table import Table
from poseloom.search.rows import BLOCK_ROWS, Block, Rows

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
        for first, last, shards in self._parts(start):
            ids = self._table.column("id", shards)
            columns = {name: self._table.column(name, shards) for name in _COLUMNS}
            offset = self._table.rows_in_shard(shards[0]).start
            for begin in range(first, last, BLOCK_ROWS):
                rows = range(begin, min(begin + BLOCK_ROWS, last))
                place, count = begin - offset, len(rows)
                typed = [self._table.texts(row) for row in rows]
                metadata: dict[str, Sequence[Any]] = {
                    name: column.slice(place, count).to_pylist() for name, column in columns.items()
                }
                for name in _OF_TEXTS:
                    metadata[name] = [tuple(getattr(text, name) for text in row) for row in typed]
                texts = [tuple(text.text for text in row) for row in typed]
                yield Block(ids.slice(place, count).to_pylist(), texts, metadata, self._table.poses(rows))
            self._table.release()

    def _parts(self, start: int) -> Iterator[tuple[int, int, list[str]]]:
        """First row, end and names of the shards that are read together: about as many rows as a block has."""
        names: list[str] = []
        first = start
        for name in self._table.shard_names():
            rows = self._table.rows_in_shard(name)
            if rows.stop <= start:
                continue
            names.append(name)
            if rows.stop - first >= BLOCK_ROWS:
                yield first, rows.stop, names
                first, names = rows.stop, []
        if names:
            yield first, len(self._table), names


class NamedRows:
    """Rows with the name of their table before their ids, which other tables may have too.

    Args:
        rows: the rows.
        name: of the table, see `names_of`; nothing is put before the ids if it is empty.
    """

    def __init__(self, rows: Rows, name: str):
        self._rows, self._before = rows, f"{name}/" if name else ""

    @property
    def source(self) -> str:
        """Which table this is."""
        return self._rows.source

    def __len__(self) -> int:
        return len(self._rows)

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The rows from `start` to the end."""
        for block in self._rows.blocks(start):
            yield replace(block, ids=[self._before + one for one in block.ids])


def names_of(folders: Sequence[str | Path]) -> list[str]:
    """Names of the tables of one index: of each the end of its path that no other has, of a single one nothing.

    Raises:
        PoseloomError: a table is named twice.
    """
    if len(folders) == 1:
        return [""]
    parts = [Path(folder).resolve().parts for folder in folders]
    twice = next((folder for folder, path in zip(folders, parts, strict=True) if parts.count(path) > 1), None)
    if twice is not None:
        raise PoseloomError(f"{twice} is named twice; name each table once")
    longest = max(map(len, parts))
    depth = next(some for some in range(1, longest + 1) if len({path[-some:] for path in parts}) == len(parts))
    return ["/".join(path[-depth:]) for path in parts]


def places_in(tables: Sequence[Table], ids: Sequence[str]) -> list[tuple[Table, int] | None]:
    """Where the rows of an index stand in its tables: the table and the number of the row; None where they are in none.

    Args:
        tables: all tables of the index, or some.
        ids: of the rows, as the index tells them: behind the name of their table where it has several.
    """
    return [next(filter(None, (_place_in(table, one) for table in tables)), None) for one in ids]


def _place_in(table: Table, name: str) -> tuple[Table, int] | None:
    found = [number for number in table.numbers_of([_own_id(table, name), name]).tolist() if number >= 0]
    return (table, found[0]) if found else None


def _own_id(table: Table, name: str) -> str:
    """An id without an end of the table's path before it, see `names_of`."""
    folders = Path(table.path).resolve().parts
    words = name.split("/")
    ends = (some for some in range(1, len(words)) if tuple(words[:some]) == folders[-some:])
    return "/".join(words[next(ends, 0) :])
