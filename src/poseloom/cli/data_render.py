"""``poseloom data render``: pictures of synthetic people in the poses of a table, with all labels."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import options
from poseloom.cli.data_progress import told

if TYPE_CHECKING:
    from poseloom.data.executors import Executor
    from poseloom.data.manifest import Part

SUMMARY = "draw synthetic people in the poses of a table: pictures with exact labels"
MESHES = ("full", "preview")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options but those of workers."""
    parser.add_argument("table", type=Path, metavar="DIR", help="folder of the table whose poses are drawn")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the table with pictures")
    parser.add_argument(
        "--size", default="256x256", metavar="WxH", help="width and height in pixels (default: 256x256)"
    )
    parser.add_argument("--body", choices=MESHES, default="full", help="preview: faster, with coarser bodies")
    parser.add_argument("--rows", type=int, metavar="N", help="draw the poses of the first N rows (default: all)")
    parser.add_argument("--views", type=int, default=1, metavar="N", help="pictures of each pose, from all sides")
    same = "so many poses after one another are of the same person (default: 1)"
    parser.add_argument("--same-person", type=int, default=1, metavar="N", help=same)
    place = "with --same-person: one place, light and camera for all pictures of a person, nobody else about"
    parser.add_argument("--same-place", action="store_true", help=place)
    layers = "comma-separated: parts, people, depth, mask, normals, or none (default: parts,people,depth)"
    parser.add_argument("--layers", default="parts,people,depth", metavar="NAMES", help=layers)
    parser.add_argument("--backgrounds", type=Path, metavar="DIR", help="folder of your pictures to stand before")
    crowd = "probability that others are in the picture (default: 0.2)"
    parser.add_argument("--crowd", type=float, default=0.2, metavar="P", help=crowd)
    options.add_seed(parser)
    parser.add_argument("--restart", action="store_true", help="throw away an unfinished build with other options")


def run(arguments: argparse.Namespace, executor: Callable[[argparse.Namespace], Executor]) -> Part:
    """Draw, and return the part that was built."""
    from poseloom.data.builders.people import People, render_people

    width, height = size_of(arguments.size)
    names = () if arguments.layers in ("none", "") else tuple(name.strip() for name in arguments.layers.split(","))
    people = People(
        arguments.table,
        arguments.out,
        (height, width),
        arguments.body,
        arguments.rows,
        arguments.views,
        arguments.same_person,
        names,
        arguments.backgrounds,
        arguments.crowd,
        arguments.seed,
        arguments.same_place,
    )
    return render_people(people, executor(arguments), restart=arguments.restart, report=told("render", "people"))


def size_of(text: str) -> tuple[int, int]:
    """Width and height of ``WxH``, or of one number for a square.

    Raises:
        PoseloomError: other text.
    """
    parts = text.lower().split("x")
    if len(parts) in (1, 2) and all(part.isdigit() and len(part) < 7 for part in parts):
        width, height = int(parts[0]), int(parts[-1])
        if width and height:
            return width, height
    raise PoseloomError(f"--size {text!r}: expected WxH in pixels, such as 512x768, or one number for a square")
