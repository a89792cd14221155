"""``poseloom data``: tables of poses from data sets, their texts and pairs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.cli import options
from poseloom.cli.data_progress import Shown
from poseloom.data.sources.catalogue import CATALOGUE, FOLDER
from poseloom.errors import PoseloomError

if TYPE_CHECKING:
    from poseloom.data.executors import Executor
    from poseloom.data.manifest import Part

SOURCE_OPTIONS = (FOLDER, "rows", "seed", "every", "fps", "limit", "hands", "strict")
"""Options of ``prepare`` that belong to the source; each source says which it takes."""
_LISTED_PROBLEMS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="data_command", metavar="COMMAND", required=True, parser_class=type(parser))
    for name, (summary, add, _) in _COMMANDS.items():
        add(commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + "."))


def run(arguments: argparse.Namespace) -> int | None:
    return _COMMANDS[arguments.data_command][2](arguments)


# -- options -------------------------------------------------------------------------------------------------------


def _add_list(parser: argparse.ArgumentParser) -> None:
    options.add_json(parser)


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a name that 'poseloom data list' shows")
    parser.add_argument("--out", type=Path, required=True, metavar="TABLE", help="folder of the table")
    parser.add_argument("--from", dest=FOLDER, type=Path, metavar="FOLDER", help="folder of the downloaded files")
    parser.add_argument("--rows", type=int, metavar="N", help="procedural: how many poses (default: 20000)")
    parser.add_argument("--seed", type=int, metavar="S", help="procedural: another seed draws other poses")
    frames = parser.add_mutually_exclusive_group()
    frames.add_argument("--every", type=int, metavar="N", help="recordings: every N-th frame")
    frames.add_argument("--fps", type=float, metavar="F", help="recordings: F poses a second (default: 10)")
    parser.add_argument("--limit", type=int, metavar="N", help="recordings: at most N poses of a file")
    parser.add_argument("--hands", action="store_const", const=True, help="recordings: keep the fingers, 52 joints")
    parser.add_argument("--strict", action="store_const", const=True, help="stop at a file that cannot be read")
    parser.add_argument("--append", action="store_true", help="add to the rows that the table holds")
    parser.add_argument("--restart", action="store_true", help="throw away an unfinished build with other options")
    _add_workers(parser)


def _add_describe(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    options.add_seed(parser)
    parser.add_argument("--version", metavar="NAME", help="captions in the manner of PoseScript: complete, A to F, ...")
    _add_workers(parser)


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    parser.add_argument(
        "--least", type=float, metavar="M", help="least distance of two poses (default: 0.08 m a joint)"
    )
    parser.add_argument("--most", type=float, metavar="M", help="greatest distance of two poses (default: 0.35)")
    parser.add_argument("--every", type=int, metavar="N", help="every N-th row is a first pose (default: 1)")
    parser.add_argument("--window", type=int, metavar="N", help="rows in which the second is sought (default: 32)")
    parser.add_argument("--version", metavar="NAME", help="texts in the manner of PoseFix: full, pfA to pfC, ...")
    options.add_seed(parser)
    _add_workers(parser)


def _add_info(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    options.add_json(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=".parquet or .json")
    parser.add_argument("--pairs", action="store_true", help="the pairs instead of the rows")


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    parser.add_argument("--quick", action="store_true", help="compare sizes, not checksums")
    parser.add_argument("--strict", action="store_true", help="ids that point nowhere are a failure too")
    options.add_json(parser)


def _add_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", type=Path, metavar="TABLE", help="folder of the table")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--executor", metavar="NAME", help="here, processes or ray (default: processes)")
    parser.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster; else one is started here")
    options.add_json(parser)


# -- commands ------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps([asdict(info) for info in CATALOGUE], indent=1))
        return
    for info in CATALOGUE:
        print(f"{info.name}: {info.title}")
        print(f"  get      {info.download}")
        print(f"  licence  {info.licence}")
        print(f"  size     {info.size}")
        needs = " --from FOLDER" if FOLDER in info.required else ""
        print(f"  command  poseloom data prepare {info.name}{needs} --out TABLE")


def _prepare(arguments: argparse.Namespace) -> None:
    given = {option: getattr(arguments, option) for option in SOURCE_OPTIONS}
    from poseloom.data import open_source, prepare

    source = open_source(arguments.source, given)
    with Shown(f"prepare {source.name}", quiet=arguments.json) as shown:
        part = prepare(
            source,
            arguments.out,
            _executor(arguments),
            append=arguments.append,
            restart=arguments.restart,
            report=shown.report,
        )
    _tell(arguments, arguments.out, part, "rows")


def _describe(arguments: argparse.Namespace) -> None:
    from poseloom.data import describe_table
    from poseloom.data.builders.describe import BY_RULE, captions_of

    describer = captions_of(arguments.version) if arguments.version else BY_RULE
    with Shown("describe", "texts", quiet=arguments.json) as shown:
        part = describe_table(
            arguments.table, arguments.seed, _executor(arguments), describer=describer, report=shown.report
        )
    _tell(arguments, arguments.table, part, "texts")


def _pairs(arguments: argparse.Namespace) -> None:
    from poseloom.data import pair_table
    from poseloom.data.builders.neighbours import MiningOptions
    from poseloom.data.builders.pairs import BY_RULE, instructions_of

    pairing = instructions_of(arguments.version) if arguments.version else BY_RULE
    given = {name: getattr(arguments, name) for name in ("least", "most", "every", "window")}
    mining = MiningOptions(**{name: value for name, value in given.items() if value is not None})
    with Shown("pairs", "pairs", quiet=arguments.json) as shown:
        part = pair_table(
            arguments.table,
            arguments.seed,
            _executor(arguments),
            pairing=pairing,
            mining=mining,
            report=shown.report,
        )
    _tell(arguments, arguments.table, part, "pairs")


def _info(arguments: argparse.Namespace) -> None:
    from poseloom.cli.data_reports import summary_lines
    from poseloom.data import Table
    from poseloom.data.inspection import summary

    found = summary(Table.open(arguments.table))
    print(json.dumps(asdict(found), indent=1) if arguments.json else "\n".join(summary_lines(arguments.table, found)))


def _export(arguments: argparse.Namespace) -> None:
    from poseloom.data import Table
    from poseloom.data.export import export

    count = export(Table.open(arguments.table), arguments.out, arguments.pairs)
    print(f"{arguments.out}: {count:,} {'pairs' if arguments.pairs else 'rows'}")


def _check(arguments: argparse.Namespace) -> None:
    from poseloom.cli.data_reports import finding_lines
    from poseloom.data import Table
    from poseloom.data.inspection import inspect

    table = Table.open(arguments.table)
    found = inspect(table, checksums=not arguments.quick)
    if arguments.json:
        print(json.dumps({**asdict(found), "damaged": [str(one) for one in found.damaged]}, indent=1))
    else:
        print("\n".join(finding_lines(arguments.table, len(table), found)))
    if found.damaged or found.doubled or (arguments.strict and found.nowhere):
        count = len(found.damaged) + len(found.doubled) + (len(found.nowhere) if arguments.strict else 0)
        raise PoseloomError(f"{arguments.table}: {count:,} faults; the lines above name them")


def _executor(arguments: argparse.Namespace) -> Executor:
    from poseloom.data import executor

    return executor(arguments.executor, arguments.workers, arguments.address)


def _tell(arguments: argparse.Namespace, table: Path, part: Part, what: str) -> None:
    problems = [problem for shard in part.shards for problem in shard.problems]
    if arguments.json:
        report: dict[str, Any] = {"table": str(table), what: part.rows, "part": part.folder, "problems": problems}
        print(json.dumps(report, indent=1))
        return
    print(f"{table}: {part.rows:,} {what} in {len(part.shards)} shards")
    if problems:
        print(f"{len(problems):,} files could not be used:")
        print("\n".join(f"  {problem}" for problem in problems[:_LISTED_PROBLEMS]))
    if len(problems) > _LISTED_PROBLEMS:
        print(f"  and {len(problems) - _LISTED_PROBLEMS:,} more; 'poseloom data info {table} --json' lists all")


_Command = tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], Any]]
_COMMANDS: dict[str, _Command] = {
    "list": ("list the sources: what to download, its licence and size", _add_list, _list),
    "prepare": ("build a table from a source; run again, it continues", _add_prepare, _prepare),
    "info": ("tell what a table holds: counts, ranges, examples", _add_info, _info),
    "describe": ("add a description to every row", _add_describe, _describe),
    "pairs": ("add pairs of poses with instructions", _add_pairs, _pairs),
    "export": ("write a table as one Parquet or JSON file", _add_export, _export),
    "check": ("check every file and every id of a table", _add_check, _check),
}
