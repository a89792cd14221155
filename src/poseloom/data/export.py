"""Tables for other programs: Parquet and JSON, streamed shard by shard, and HumanData."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from poseloom.base.errors import FileError, closest
from poseloom.base.files import atomic_write, writable_target
from poseloom.data.arrow import pa
from poseloom.data.schema import PAIRS_SCHEMA, ROWS_SCHEMA, pairs_to_arrow, plain
from poseloom.data.table import Table

HUMAN_DATA = ".npz"
"""Suffix of the annotation files of mesh recovery; see `poseloom.formats.human_data`."""
_DECIMALS = 8
"""Of numbers in JSON; single precision has no more."""


def export(table: Table, path: str | Path, pairs: bool = False) -> int:
    """Write all rows of a table, or its pairs, to one file; it appears whole or not at all.

    Parquet: the columns of the records, with all texts, and each row's numbers as a list of fixed length (rotations:
    joints x 3, joint by joint). JSON: a list with one object a line, of the same names. Npz: HumanData, the annotation
    file of mesh recovery.

    Args:
        table: to be written.
        path: ``.parquet``, ``.json`` or ``.npz``.
        pairs: write the pairs instead of the rows.

    Returns:
        How many were written.

    Raises:
        PoseloomError: another suffix, a place that cannot be written, or a damaged shard.
    """
    suffix = Path(path).suffix.lower()
    if suffix == HUMAN_DATA and not pairs:
        from poseloom.data.human_data_export import export_human_data

        return export_human_data(table, Path(path))
    if suffix not in _WRITERS:
        known = (*_WRITERS, HUMAN_DATA)
        remedy = f"known: {', '.join(known)}{closest(suffix, known)}"
        raise FileError(path, f"cannot be exported as {suffix!r}", remedy=remedy)
    writable_target(path)
    batches = _pair_batches(table) if pairs else _row_batches(table)
    schema = PAIRS_SCHEMA if pairs else _rows_schema(table)
    with atomic_write(path) as temporary:
        _WRITERS[suffix](temporary, schema, batches)
    return len(table.pairs) if pairs else len(table)


def _rows_schema(table: Table) -> Any:
    numbers = [(name, pa.list_(pa.float32(), int(np.prod(shape)))) for name, shape in table.layout.arrays().items()]
    return pa.schema([*ROWS_SCHEMA, *(pa.field(*one) for one in numbers)])


def _row_batches(table: Table) -> Iterator[Any]:
    schema = _rows_schema(table)
    for name in table.shard_names():
        rows = table.rows_in_shard(name)
        columns = {field.name: table.column(field.name, [name]).combine_chunks() for field in ROWS_SCHEMA}
        columns["texts"] = pa.array(plain([table.texts(row) for row in rows]), ROWS_SCHEMA.field("texts").type)
        for array, shape in table.layout.arrays().items():
            flat = pa.array(table.array(array, rows).reshape(-1))
            columns[array] = pa.FixedSizeListArray.from_arrays(flat, int(np.prod(shape)))
        yield pa.table(columns, schema=schema)


def _pair_batches(table: Table) -> Iterator[Any]:
    return map(pairs_to_arrow, table.pairs.batches())


def _write_parquet(path: Path, schema: Any, batches: Iterator[Any]) -> None:
    from pyarrow import parquet  # type: ignore[import-untyped]

    with path.open("wb") as stream, parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(batch)


def _write_json(path: Path, schema: Any, batches: Iterator[Any]) -> None:
    with path.open("w", encoding="utf-8") as stream:
        before = "[\n"
        for batch in batches:
            for row in batch.to_pylist():
                stream.write(before + json.dumps(_rounded(row), ensure_ascii=False))
                before = ",\n"
        stream.write("[]\n" if before == "[\n" else "\n]\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return value


_WRITERS: dict[str, Callable[[Path, Any, Iterator[Any]], None]] = {".parquet": _write_parquet, ".json": _write_json}
