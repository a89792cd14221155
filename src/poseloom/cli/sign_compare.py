"""``poseloom sign --compare``: how near clips of keypoints are to each other."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The option of the comparison."""
    help = "how far the first .pose file or folder is from the second, which leads: nDTW-MJE, DTWp, APE, missing points"
    parser.add_argument("--compare", type=Path, nargs=2, metavar=("MADE", "LABEL"), help=help)


def run(arguments: argparse.Namespace) -> None:
    """Compare two files, or the files of the same name in two folders.

    Raises:
        PoseloomError: files that cannot be read or have nothing in common.
    """
    from poseloom.cli import printing
    from poseloom.tasks.sign.compare import compare_paths

    found = compare_paths(*arguments.compare)
    if arguments.json:
        printing.print_json(found)
        return
    printing.tell(found.notes)
    print(found.table())
