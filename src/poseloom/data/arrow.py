"""pyarrow, or one line that says how to get it; and files mapped into memory that keep no file open."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import reason

try:
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.compute  # type: ignore[import-untyped]
except ImportError:
    raise PoseloomError("tables need pyarrow; pip install pyarrow") from None

pa: Any = pyarrow
"""pyarrow, which ships no types."""


def write_ipc(path: Path, table: Any) -> None:
    """Write a pyarrow table as an uncompressed Arrow file of one batch, which can be mapped into memory."""
    with path.open("wb") as stream, pa.ipc.new_file(stream, table.schema) as writer:
        for batch in table.combine_chunks().to_batches():
            writer.write_batch(batch)


def read_ipc(path: Path, *schemas: Any, rows: int | None = None) -> Any:
    """The one batch of an Arrow file, mapped into memory; every offset and every text in it was looked at.

    Args:
        path: the file.
        schemas: the columns that are expected; several where older files had others.
        rows: how many are expected; any number by default.

    Raises:
        FileError: missing, damaged, or of other columns or rows.
    """
    try:
        reader = pa.ipc.open_file(mapped(path))
        if not any(reader.schema.equals(schema) for schema in schemas):
            raise damaged(path, f"has other columns: {', '.join(reader.schema.names)}")
        if reader.num_record_batches != 1:
            raise damaged(path, f"holds {reader.num_record_batches} batches instead of 1")
        batch = reader.get_batch(0)
        batch.validate(full=True)
    except FileError:
        raise
    except Exception as error:  # pyarrow has a dozen kinds, some of them Python's own
        raise damaged(path, reason(error)) from None
    lacking = _lacking(batch)
    if lacking:
        raise damaged(path, f"lacks values of {lacking[0]}")
    if rows is not None and batch.num_rows != rows:
        raise damaged(path, f"holds {batch.num_rows:,} rows instead of {rows:,}")
    return batch


def _lacking(batch: Any) -> list[str]:
    """Columns that lack values, of those that every row has."""
    columns = {name: batch.column(name) for name in batch.schema.names if name != "camera"}
    if "texts" in columns:
        texts = columns["texts"].values
        columns |= {"texts": texts, **{f"texts.{name}": texts.field(name) for name in ("text", "kind", "source")}}
    return [name for name, column in columns.items() if column.null_count]


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a .npy file. Unlike `numpy.save`, a full disk is reported as such."""
    contiguous = np.ascontiguousarray(array)
    header = np.lib.format.header_data_from_array_1_0(contiguous)
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        stream.write(contiguous.data.cast("B") if contiguous.size else b"")


def read_array(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """A float32 .npy file mapped into memory, read-only.

    Raises:
        FileError: missing, damaged, or of another shape.
    """
    try:
        buffer = mapped(path)
        stream = pa.BufferReader(buffer)
        version = np.lib.format.read_magic(stream)
        found, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        array = np.frombuffer(buffer, dtype=np.float32, offset=stream.tell())
    except Exception as error:  # numpy hands the header to Python's own parser
        raise damaged(path, reason(error)) from None
    if version != (1, 0) or found != shape or fortran or dtype != np.float32 or array.size != math.prod(shape):
        raise damaged(path, f"expected float32 numbers of shape {shape}, got {dtype} of shape {found}")
    return array.reshape(shape)


def mapped(path: Path) -> Any:
    """The bytes of a file as an Arrow buffer. The mapping outlives the file's handle, so that a table of thousands
    of shards does not run into the limit of open files."""
    with pa.memory_map(str(path)) as source:
        return source.read_buffer()


def damaged(path: Path, problem: str) -> FileError:
    """The error of a file of a table that cannot be used."""
    remedy = "'poseloom data check' on the table tells which shards are damaged; the others stay readable"
    return FileError(path, problem, remedy=remedy)
