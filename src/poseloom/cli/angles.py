"""``poseloom angles FILE --out a.csv|.parquet|.json``: the 57 anatomical angles of every frame."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import options

if TYPE_CHECKING:
    from poseloom.pose.angles import AngleTable

_DIGITS = 3
"""Behind the point, degrees and seconds: finer than any capture."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", help="a motion or pose file; see 'poseloom convert --help'")
    options.add_format(parser)
    options.add_force(parser)
    parser.add_argument("--out", type=Path, metavar="PATH", help=f"table to write: {' '.join(_WRITERS)}")
    parser.add_argument("--list", action="store_true", help="print what each angle measures, and stop")


def run(arguments: argparse.Namespace) -> None:
    if arguments.list:
        _print_definitions()
        return
    if arguments.file is None:
        raise PoseloomError("angles: name a motion file, or ask for --list")
    suffix = arguments.out.suffix.lower() if arguments.out else ".csv"
    if suffix not in _WRITERS:
        known = tuple(_WRITERS)
        raise FileError(
            arguments.out, f"cannot write a table as {suffix!r}", remedy=", ".join(known) + closest(suffix, known)
        )
    from poseloom import api
    from poseloom.base.files import atomic_write, refuse_source, writable_target

    refuse_source(arguments.out, arguments.file, arguments.joint_map, force=arguments.force)
    if arguments.out:
        writable_target(arguments.out)
    table = api.angles(options.read_motion(arguments, arguments.file))
    if arguments.out is None:
        sys.stdout.write(_csv(table).decode())
        return
    content = _WRITERS[suffix](table)
    with atomic_write(arguments.out) as temporary:
        temporary.write_bytes(content)
    print(f"{arguments.out}: {len(table)} frames, {len(table.names)} angles in degrees")


def _print_definitions() -> None:
    from poseloom.pose.angles import angle_definitions

    for row in angle_definitions().values():
        usual = "" if row.clinical_range is None else " ({:g} to {:g} degrees)".format(*row.clinical_range)
        print(f"{row.name}: {row.meaning}; positive: {row.positive}{usual}")


def _csv(table: AngleTable) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["frame", "seconds", *table.names])
    for frame, (second, row) in enumerate(zip(table.seconds.tolist(), table.degrees.tolist(), strict=True)):
        writer.writerow([frame, f"{second:.{_DIGITS}f}", *(f"{value:.{_DIGITS}f}" for value in row)])
    return stream.getvalue().encode()


def _definitions() -> list[dict[str, Any]]:
    from dataclasses import asdict

    from poseloom.pose.angles import UNIT, angle_definitions

    return [{**asdict(row), "unit": UNIT} for row in angle_definitions().values()]


def _json(table: AngleTable) -> bytes:
    columns = {
        name: [round(value, _DIGITS) for value in column]
        for name, column in zip(table.names, table.degrees.T.tolist(), strict=True)
    }
    seconds = [round(second, _DIGITS) for second in table.seconds.tolist()]
    content = {"unit": "degrees", "definitions": _definitions(), "seconds": seconds, "angles": columns}
    return (json.dumps(content, indent=1) + "\n").encode()


def _parquet(table: AngleTable) -> bytes:
    """Columns of float32; each column's metadata says what it measures."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    fields = [pa.field("frame", pa.int32()), pa.field("seconds", pa.float64(), metadata={"unit": "seconds"})]
    fields += [
        pa.field(row["name"], pa.float32(), metadata={key: str(value) for key, value in row.items()})
        for row in _definitions()
    ]
    columns = [list(range(len(table))), table.seconds.numpy(), *table.degrees.T.float().contiguous().numpy()]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, fields, strict=True)]
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), stream)
    return stream.getvalue()


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".json": _json}
