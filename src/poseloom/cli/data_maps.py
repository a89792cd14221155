"""``poseloom data pose-maps``: the pose maps and masks of an annotation file, written one by one."""

from __future__ import annotations

import argparse
from pathlib import Path

from poseloom.base import progress
from poseloom.base.errors import PoseloomError
from poseloom.cli import options, printing

SUMMARY = "write the pose maps and masks of an annotation file of pose transfer"
_LARGEST = 4096
_LISTED = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The annotation file, the picture's size and what is written."""
    parser.add_argument("file", type=Path, metavar="CSV", help="name:keypoints_y:keypoints_x, as PATN released it")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="for pose_map_image/ and pose_mask_image/"
    )
    parser.add_argument("--picture", default="128x64", metavar="HxW", help="height and width, pixels (default: 128x64)")
    parser.add_argument(
        "--offset", default="0x0", metavar="YxX", help="added to the joints, 0x40 for DeepFashion at 256x256"
    )
    parser.add_argument(
        "--kind", default="gaussian", metavar="NAME", help="gaussian, point or disc (default: gaussian)"
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write what is not there yet."""
    from poseloom.data.builders.pose_map_files import write_pose_maps
    from poseloom.results import RowsWritten

    rows, columns = _numbers("--offset", arguments.offset, 0)
    size = _numbers("--picture", arguments.picture, 1)

    def report(done: int, total: int) -> None:
        progress.report(progress.Step("pose maps", done, total, "pictures"))

    count = write_pose_maps(arguments.file, arguments.out, size, arguments.kind, (rows, columns), report)
    made = RowsWritten(arguments.out, count, "maps")
    if arguments.json:
        printing.print_json(made)
    else:
        print(f"{made.out}: {made.rows:,} pose maps and masks")


def _numbers(option: str, text: str, least: int) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and least <= int(part) <= _LARGEST for part in parts):
        raise PoseloomError(f"{option} {text}: expected two numbers from {least} to {_LARGEST}, such as 256x256")
    return int(parts[0]), int(parts[1])
