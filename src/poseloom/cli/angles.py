"""``poseloom angles FILE --out a.csv|.parquet|.json``: the 57 anatomical angles of every frame; of several a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.cli import inputs, options, printing
from poseloom.cli.inputs import STANDARD

if TYPE_CHECKING:
    from poseloom.pose.angles import AngleTable
    from poseloom.results import RowsWritten

SUFFIXES = (".csv", ".parquet", ".json")
"""Of tables that are written; `poseloom.formats.angle_files` writes them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="*", help="motion or pose files, folders of them, or -")
    parser.set_defaults(several="files")
    options.add_format(parser)
    written = f"table to write: {' '.join(SUFFIXES)}; a folder for several files (default: CSV on standard output)"
    parser.add_argument("--out", metavar="FILE|DIR", help=written)
    parser.add_argument("--to", metavar="FORMAT", help="csv, parquet or json: what goes into a folder, or to -")
    options.add_json(parser)
    options.add_force(parser)
    parser.add_argument("--list", action="store_true", help="print what each angle measures, and stop")


def run(arguments: argparse.Namespace) -> int:
    if arguments.list:
        _print_definitions(arguments.json)
        return 0
    if not arguments.files:
        raise PoseloomError("angles: name a motion file, or ask for --list")
    out = arguments.out or STANDARD
    if inputs.is_folder(out):
        return _into_folder(arguments, Path(out))
    if not inputs.is_one(arguments.files):
        raise PoseloomError("angles of several files go into a folder, as in --to csv --out angles/")
    from poseloom.base.files import refuse_source, writable_target

    suffix = _checked_suffix(out, arguments)
    if out != STANDARD:
        writable_target(out)
        refuse_source(out, *arguments.files, force=arguments.force)
    table = _table(arguments.files[0], arguments)
    if out == STANDARD:
        from poseloom.formats.angle_files import WRITERS

        inputs.write_standard(WRITERS[suffix](table))
    else:
        _show(_written(table, Path(out)), arguments)
    return 0


def _checked_suffix(out: str, arguments: argparse.Namespace) -> str:
    plain = ".json" if arguments.json else ".csv"
    named = f".{arguments.to.lower().lstrip('.')}" if arguments.to else ""
    suffix = named or (plain if out == STANDARD else Path(out).suffix.lower())
    if suffix not in SUFFIXES:
        remedy = ", ".join(SUFFIXES) + closest(suffix, SUFFIXES)
        raise FileError(out, f"cannot write a table as {suffix!r}", remedy=remedy)
    return suffix


def _into_folder(arguments: argparse.Namespace, folder: Path) -> int:
    suffix = _checked_suffix("folder.csv", arguments)
    places = inputs.targets(inputs.inputs(arguments.files), folder, suffix)
    done = inputs.each(
        arguments.files,
        lambda one: _written(_table(one.file, arguments), places[one.file]),
        lambda one, made: None if arguments.json else _show(made, arguments),
    )
    if arguments.json:
        printing.print_several(done)
    return done.status()


def _table(file: str, arguments: argparse.Namespace) -> AngleTable:
    from poseloom import api

    return api.angles(options.read_motion(arguments, file))


def _written(table: AngleTable, out: Path) -> RowsWritten:
    from poseloom.base.files import atomic_write
    from poseloom.formats.angle_files import WRITERS
    from poseloom.results import RowsWritten

    content = WRITERS[out.suffix.lower()](table)
    with atomic_write(out) as temporary:
        temporary.write_bytes(content)
    return RowsWritten(out, len(table), "frames")


def _show(made: RowsWritten, arguments: argparse.Namespace) -> None:
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.rows} frames, {_angles()} angles in degrees", flush=True)


def _angles() -> int:
    from poseloom.pose.angles import angle_definitions

    return len(angle_definitions())


def _print_definitions(as_json: bool) -> None:
    from poseloom.pose.angles import angle_definitions

    if as_json:
        from poseloom.formats.angle_files import definitions

        printing.print_json({"definitions": definitions(), "notes": []})
        return
    for row in angle_definitions().values():
        usual = "" if row.clinical_range is None else " ({:g} to {:g} degrees)".format(*row.clinical_range)
        print(f"{row.name}: {row.meaning}; positive: {row.positive}{usual}")
