"""``poseloom data convert-body``: the poses of a table on another body of the SMPL family."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.cli import printing
from poseloom.cli.data_progress import Shown

if TYPE_CHECKING:
    from poseloom.data.executors import Executor

SUMMARY = "put the poses of a table on another body, such as PoseFix on SMPL-X"
_MILLIMETRES = 1000
_LISTED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options but those of workers."""
    parser.add_argument("table", type=Path, metavar="TABLE", help="folder of the table")
    parser.add_argument("--from-body", type=Path, required=True, metavar="FILE", help="its body, such as SMPL-H's file")
    parser.add_argument("--to-body", type=Path, required=True, metavar="FILE", help="the other, such as SMPL-X's file")
    parser.add_argument("--out", type=Path, required=True, metavar="TABLE", help="folder of the new table")
    parser.add_argument("--restart", action="store_true", help="throw away an unfinished build with other options")


def run(arguments: argparse.Namespace, executor: Callable[[argparse.Namespace], Executor]) -> None:
    """Convert, then say how near the joints of both tables are."""
    from poseloom.data.builders.convert_body import convert_body, joint_distances
    from poseloom.results import TableConverted

    table, source, target, out = arguments.table, arguments.from_body, arguments.to_body, arguments.out
    with Shown("convert-body", quiet=arguments.json) as shown:
        part = convert_body(
            table, source, target, out, executor(arguments), restart=arguments.restart, report=shown.report
        )
    apart = joint_distances(table, source, out, target) * _MILLIMETRES
    problems = tuple(problem for shard in part.shards for problem in shard.problems)
    mean, worst = float(apart.mean()), float(apart.max())
    made = TableConverted(out, part.rows, len(part.shards), mean, worst, len(apart), problems)
    if arguments.json:
        printing.print_json(made)
        return
    print(f"{out}: {made.rows:,} rows in {made.shards} shards")
    print(
        f"body joints are {made.mean_mm:.1f} mm apart, {made.worst_mm:.1f} mm at worst, in {made.looked_at:,} rows "
        f"looked at"
    )
    if problems:
        print(f"{len(problems):,} rows could not be fitted well:")
        print("\n".join(f"  {problem}" for problem in problems[:_LISTED]))
