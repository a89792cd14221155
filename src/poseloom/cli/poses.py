"""``poseloom poses list``: the named stances, in words or as a sheet of pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.cli import options

_SUFFIXES = (".png", ".jpg", ".jpeg")
_COLUMNS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list", help="all named stances, with their kinds", description="All named stances, with their kinds."
    )
    listing.add_argument("--render", type=Path, metavar="FILE", help=f"draw them as well ({' '.join(_SUFFIXES)})")
    options.add_alias(listing, "--out", "render", type=Path)
    listing.add_argument("--size", type=int, default=256, metavar="PIXELS", help="side of a picture (default: 256)")
    options.add_json(listing)


def run(arguments: argparse.Namespace) -> None:
    from poseloom.pose.stances import stances

    if arguments.render is not None:
        _draw(arguments.render, arguments.size)
    rows = [
        {"name": each.name, "kinds": list(each.kinds), "support": each.support, "hands": list(each.hands)}
        for each in stances().values()
    ]
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        print(f"{row['name']:<{width}}  {', '.join(row['kinds'])}")
    print(f"{len(rows)} stances" + (f"; drawn in {arguments.render}" if arguments.render else ""))


def _draw(path: Path, size: int) -> None:
    from poseloom.base.files import writable_target
    from poseloom.pose.stances import stance, stance_names
    from poseloom.pose.types import stack
    from poseloom.render import contact_sheet, render, save_picture
    from poseloom.render.sheet import SheetLayout

    if path.suffix.lower() not in _SUFFIXES:
        raise FileError(path, f"cannot draw a sheet as {path.suffix!r}", remedy=", ".join(_SUFFIXES))
    writable_target(path)
    names = stance_names()
    pictures = render(stack([stance(name) for name in names]), size)
    layout = SheetLayout(columns=_COLUMNS)
    save_picture(contact_sheet(pictures, list(names), title=f"{len(names)} stances", layout=layout), path)
