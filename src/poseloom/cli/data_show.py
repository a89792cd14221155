"""``poseloom data show``: rows or pairs of a table as an HTML page; ``poseloom data mean-pose``: their mean pose."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.data.table import Table

SHOW = "show rows or pairs of a table as one HTML page: pictures, bodies, texts"
MEAN = "write the mean pose of a table: joint by joint the rotation nearest to all"
_SUFFIXES = (".html", ".htm")
_MOST = 1000
"""Rows of a page: a picture takes some 20 kB of it."""


def add_show(parser: argparse.ArgumentParser) -> None:
    """What is shown, and where."""
    parser.add_argument("table", type=Path, metavar="DIR", help="folder of the table")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the page, .html; nothing else is needed"
    )
    parser.add_argument("-n", type=int, default=24, metavar="N", help="rows or pairs that are shown (default: 24)")
    parser.add_argument("--pairs", action="store_true", help="pairs with their instructions instead of rows")
    parser.add_argument("--split", metavar="NAME", help="of this split alone: train, val or test")
    parser.add_argument("--first", action="store_true", help="the first ones instead of a draw")
    options.add_seed(parser)
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="folder of the pictures (default: the table's)")
    parser.add_argument("--no-bodies", action="store_true", help="leave the bodies out")
    options.add_json(parser)


def show(arguments: argparse.Namespace) -> None:
    """Write the page."""
    from poseloom.base.files import atomic_write, writable_target
    from poseloom.data.table import Table
    from poseloom.demo.table_page import TablePage
    from poseloom.results import RowsWritten

    if arguments.out.suffix.lower() not in _SUFFIXES:
        raise FileError(arguments.out, "is no page", remedy="expected a name that ends in .html")
    if not 1 <= arguments.n <= _MOST:
        raise PoseloomError(f"-n {arguments.n}: expected 1 to {_MOST:,}")
    writable_target(arguments.out)
    table = Table.open(arguments.table)
    page = TablePage(table, arguments.pictures, not arguments.no_bodies)
    chosen = _chosen(arguments, table)
    content = page.pairs(chosen) if arguments.pairs else page.rows(chosen)
    with atomic_write(arguments.out) as place:
        place.write_text(content, encoding="utf-8")
    made = RowsWritten(arguments.out, len(chosen), "pairs" if arguments.pairs else "rows")
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.rows:,} {made.what}")


def _chosen(arguments: argparse.Namespace, table: Table) -> list[int]:
    """Numbers of the rows or pairs that are shown, in order.

    Raises:
        PoseloomError: there is none.
    """
    import numpy as np

    what = "pairs" if arguments.pairs else "rows"
    if not arguments.pairs:
        numbers = np.arange(len(table)) if arguments.split is None else table.rows_of(arguments.split)
    elif arguments.split is None or not len(table.pairs):
        numbers = np.arange(len(table.pairs))
    else:
        numbers = np.flatnonzero(np.array(table.pairs.column("split").to_pylist()) == arguments.split)
    if not len(numbers):
        of = f" of split {arguments.split}" if arguments.split else ""
        raise PoseloomError(f"{arguments.table}: has no {what}{of} to show")
    if arguments.first:
        return [int(one) for one in numbers[: arguments.n]]
    drawn = np.random.default_rng(arguments.seed).permutation(numbers)[: arguments.n]
    return sorted(int(one) for one in drawn)


def add_mean(parser: argparse.ArgumentParser) -> None:
    """Of which rows, and where to."""
    parser.add_argument("table", type=Path, metavar="DIR", help="folder of the table")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a pose: npz, JSON, BVH, GLB, ...")
    parser.add_argument("--split", metavar="NAME", help="of this split alone: train, val or test")
    options.add_json(parser)


def mean(arguments: argparse.Namespace) -> None:
    """Write the pose."""
    from poseloom import api
    from poseloom.base.files import writable_target
    from poseloom.data.table import Table
    from poseloom.pose import Pose
    from poseloom.pose.rotations import rotmat_to_rotvec
    from poseloom.results import RowsWritten
    from poseloom.tasks.embedding.body_objective import mean_pose

    writable_target(arguments.out)
    table = Table.open(arguments.table)
    rows = table.posed(None if arguments.split is None else table.rows_of(arguments.split))
    if not len(rows):
        of = f" of split {arguments.split}" if arguments.split else ""
        raise PoseloomError(f"{arguments.table}: has no rows{of} with a pose")
    api.save(Pose(rotmat_to_rotvec(mean_pose(table.poses(rows)))), arguments.out)
    made = RowsWritten(arguments.out, len(rows), "poses")
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: the mean of {made.rows:,} poses without heading")
