"""``poseloom data``: tables of poses from data sets, their texts and pairs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import data_convert, data_maps, data_miners, data_render, data_show, options, printing
from poseloom.cli.data_progress import told
from poseloom.data.executors import warm
from poseloom.data.sources.catalogue import CATALOGUE, OPTIONS

if TYPE_CHECKING:
    from poseloom.data.executors import Executor
    from poseloom.data.manifest import Part

_LISTED_PROBLEMS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="data_command", metavar="COMMAND", required=True, parser_class=type(parser))
    for name, (summary, add, _) in _COMMANDS.items():
        add(commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + "."))


def run(arguments: argparse.Namespace) -> int | None:
    if hasattr(arguments, "workers"):
        warm(arguments.executor, arguments.workers, arguments.address)
    return _COMMANDS[arguments.data_command][2](arguments)


# -- options -------------------------------------------------------------------------------------------------------


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mixes", action="store_true", help="the mixes of picture sets instead, with their shares")
    options.add_json(parser)


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a name that 'poseloom data list' shows")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the table")
    for option in OPTIONS:  # each source says which of them it takes
        taken: dict[str, Any] = {"action": "store_const", "const": True}
        if option.of is not bool:
            taken = {"type": option.of, "metavar": option.metavar}
        parser.add_argument(option.flag, dest=option.name, help=option.help, **taken)
    parser.add_argument("--describe", action="store_true", help="add a description to every row as well")
    parser.add_argument("--append", action="store_true", help="add to the rows that the table holds")
    parser.add_argument("--restart", action="store_true", help="throw away an unfinished build with other options")
    _add_workers(parser)


def _add_describe(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    options.add_seed(parser)
    parser.add_argument("--version", metavar="NAME", help="in the manner of PoseScript instead: complete, A to F, ...")
    _add_workers(parser)


def _add_pairs(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    data_miners.add_arguments(parser)
    parser.add_argument("--version", metavar="NAME", help="texts in the manner of PoseFix: full, pfA to pfC, ...")
    options.add_seed(parser)
    _add_workers(parser)


def _add_info(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    options.add_json(parser)


def _add_export(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".parquet, .json, or .npz for HumanData"
    )
    parser.add_argument("--pairs", action="store_true", help="the pairs instead of the rows")
    options.add_json(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_table(parser)
    parser.add_argument("--quick", action="store_true", help="compare sizes, not checksums")
    parser.add_argument("--strict", action="store_true", help="ids that point nowhere are a failure too")
    options.add_json(parser)


def _add_convert_body(parser: argparse.ArgumentParser) -> None:
    data_convert.add_arguments(parser)
    _add_workers(parser)


def _add_render(parser: argparse.ArgumentParser) -> None:
    data_render.add_arguments(parser)
    _add_workers(parser)


def _add_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", type=Path, metavar="DIR", help="folder of the table")


def _add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--executor", metavar="NAME", help="here, processes or ray (default: processes)")
    parser.add_argument("--address", metavar="HOST:PORT", help="of a Ray cluster; else one is started here")
    options.add_json(parser)


# -- commands ------------------------------------------------------------------------------------------------------


def _list(arguments: argparse.Namespace) -> None:
    from poseloom.data.picture_mixes import MIXES

    if arguments.json:
        printing.print_json({"sources": CATALOGUE, "mixes": MIXES, "notes": []})
        return
    if arguments.mixes:
        print("\n".join(mix.line for mix in MIXES))
        return
    for info in CATALOGUE:
        print(f"{info.name}: {info.title}")
        print(f"  get      {info.download}")
        print(f"  licence  {info.licence}")
        print(f"  size     {info.size}")
        print(f"  command  {info.command}")


def _prepare(arguments: argparse.Namespace) -> None:
    given = {option.name: getattr(arguments, option.name) for option in OPTIONS}
    from poseloom.data import open_source, prepare
    from poseloom.data.builders.rows import pairs_of

    source = open_source(arguments.source, given)
    part = prepare(
        source,
        arguments.out,
        _executor(arguments),
        append=arguments.append,
        restart=arguments.restart,
        report=told(f"prepare {source.name}"),
    )
    also = {"pairs": pairs_of(source, arguments.out), "texts": _texts(arguments) if arguments.describe else None}
    _report(arguments, arguments.out, part, "rows", also)


def _texts(arguments: argparse.Namespace) -> Part:
    from poseloom.data import describe_table

    return describe_table(arguments.out, executor=_executor(arguments), report=told("describe", "texts"))


def _describe(arguments: argparse.Namespace) -> None:
    from poseloom.data import describe_table
    from poseloom.data.builders.describe import BY_RULE, posescript_describer

    describer = posescript_describer(arguments.version) if arguments.version else BY_RULE
    report = told("describe", "texts")
    part = describe_table(arguments.table, arguments.seed, _executor(arguments), describer=describer, report=report)
    _report(arguments, arguments.table, part, "texts")


def _pairs(arguments: argparse.Namespace) -> None:
    from poseloom.data.builders.pairs import BY_RULE, instructions_of

    pairing = instructions_of(arguments.version) if arguments.version else BY_RULE
    part = data_miners.mined(arguments, pairing, _executor(arguments), told("pairs", "pairs"))
    _report(arguments, arguments.table, part, "pairs")


def _render(arguments: argparse.Namespace) -> None:
    part = data_render.run(arguments, _executor)
    _report(arguments, arguments.out, part, "people")


def _info(arguments: argparse.Namespace) -> None:
    from poseloom.cli.data_reports import summary_lines
    from poseloom.data import Table
    from poseloom.data.inspection import summary

    found = summary(Table.open(arguments.table))
    if arguments.json:
        printing.print_json(found, {"notes": []})
    else:
        print("\n".join(summary_lines(arguments.table, found)))


def _export(arguments: argparse.Namespace) -> None:
    from poseloom.data import Table
    from poseloom.data.export import export
    from poseloom.data.manifest import MANIFEST
    from poseloom.results import RowsWritten

    if arguments.out.resolve() == (arguments.table / MANIFEST).resolve():
        raise FileError(arguments.out, "is the manifest of the table itself", remedy="choose another name")
    count = export(Table.open(arguments.table), arguments.out, arguments.pairs)
    made = RowsWritten(arguments.out, count, "pairs" if arguments.pairs else "rows")
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.rows:,} {made.what}")


def _check(arguments: argparse.Namespace) -> None:
    from poseloom.cli.data_reports import finding_lines
    from poseloom.data import Table
    from poseloom.data.inspection import inspect

    table = Table.open(arguments.table)
    found = inspect(table, checksums=not arguments.quick)
    if arguments.json:
        printing.print_json(found, {"damaged": [str(one) for one in found.damaged], "notes": []})
    else:
        print("\n".join(finding_lines(arguments.table, len(table), found)))
    if found.damaged or found.doubled or (arguments.strict and found.nowhere):
        count = len(found.damaged) + len(found.doubled) + (len(found.nowhere) if arguments.strict else 0)
        raise PoseloomError(f"{arguments.table}: {count:,} faults; the lines above name them")


def _executor(arguments: argparse.Namespace) -> Executor:
    from poseloom.data import executor

    return executor(arguments.executor, arguments.workers, arguments.address)


def _report(
    arguments: argparse.Namespace, table: Path, part: Part, what: str, also: Mapping[str, Part | None] | None = None
) -> None:
    from poseloom.results import TableBuilt

    more = {name: one for name, one in (also or {}).items() if one is not None}
    problems = tuple(problem for one in (part, *more.values()) for shard in one.shards for problem in shard.problems)
    counts = {name: one.rows for name, one in more.items()}
    built = TableBuilt(table, what, part.rows, len(part.shards), part.folder, problems, counts)
    if arguments.json:
        printing.print_json(built)
        return
    counted = "".join(f", {count:,} {name}" for name, count in built.more.items())
    print(f"{table}: {built.count:,} {what} in {built.shards} shards{counted}")
    if problems:
        print(f"{len(problems):,} remarks on input that could not be used:")
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
    "export": ("write a table as one Parquet, JSON or HumanData file", _add_export, _export),
    "render": (data_render.SUMMARY, _add_render, _render),
    "convert-body": (data_convert.SUMMARY, _add_convert_body, lambda given: data_convert.run(given, _executor)),
    "pose-maps": (data_maps.SUMMARY, data_maps.add_arguments, data_maps.run),
    "show": (data_show.SHOW, data_show.add_show, data_show.show),
    "mean-pose": (data_show.MEAN, data_show.add_mean, data_show.mean),
    "check": ("check every file and every id of a table", _add_check, _check),
}
