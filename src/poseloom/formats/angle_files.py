"""Tables of anatomical angles as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from poseloom.pose.angles import AngleTable

_DIGITS = 3
"""Behind the point, degrees and seconds: finer than any capture."""


def definitions() -> list[dict[str, Any]]:
    """What each angle measures, as plain values."""
    from poseloom.pose.angles import UNIT, angle_definitions

    return [{**asdict(row), "unit": UNIT} for row in angle_definitions().values()]


def csv_bytes(table: AngleTable) -> bytes:
    """One line a frame: its number, its time, the angles in degrees."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["frame", "seconds", *table.names])
    for frame, (second, row) in enumerate(zip(table.seconds.tolist(), table.degrees.tolist(), strict=True)):
        writer.writerow([frame, f"{second:.{_DIGITS}f}", *(f"{value:.{_DIGITS}f}" for value in row)])
    return stream.getvalue().encode()


def angle_values(table: AngleTable) -> dict[str, Any]:
    """``unit``, ``definitions``, ``seconds``, ``angles``: a list a name."""
    columns = {
        name: [round(value, _DIGITS) for value in column]
        for name, column in zip(table.names, table.degrees.T.tolist(), strict=True)
    }
    seconds = [round(second, _DIGITS) for second in table.seconds.tolist()]
    return {"unit": "degrees", "definitions": definitions(), "seconds": seconds, "angles": columns}


def json_bytes(table: AngleTable) -> bytes:
    """The same as text."""
    return (json.dumps(angle_values(table), indent=1) + "\n").encode()


def parquet_bytes(table: AngleTable) -> bytes:
    """Columns of float32; each column's metadata says what it measures."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    fields = [pa.field("frame", pa.int32()), pa.field("seconds", pa.float64(), metadata={"unit": "seconds"})]
    fields += [
        pa.field(row["name"], pa.float32(), metadata={key: str(value) for key, value in row.items()})
        for row in definitions()
    ]
    columns = [list(range(len(table))), table.seconds.numpy(), *table.degrees.T.float().contiguous().numpy()]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=True)]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), stream)
    return stream.getvalue()


WRITERS: dict[str, Callable[[AngleTable], bytes]] = {".csv": csv_bytes, ".parquet": parquet_bytes, ".json": json_bytes}
"""By the suffix of the file."""
