"""``poseloom poses``: the named stances and the named poses, in words or as a sheet of pictures."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options

if TYPE_CHECKING:
    from poseloom.pose.types import Pose

_SUFFIXES = (".png", ".jpg", ".jpeg")
_COLUMNS = 8
_ALIASES = 3
"""Other names that are shown of a named pose; all are in the JSON."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser(
        "list", help="all named stances, with their kinds", description="All named stances, with their kinds."
    )
    listing.add_argument("--render", type=Path, metavar="FILE", help=f"draw them as well ({' '.join(_SUFFIXES)})")
    options.add_alias(listing, "--out", "render", type=Path)
    listing.add_argument("--size", type=int, default=256, metavar="PIXELS", help="side of a picture (default: 256)")
    options.add_json(listing)
    named = actions.add_parser(
        "named",
        help="what people call poses, by category",
        description="What people call poses, by category, with their other names: all that texts may say.",
    )
    named.add_argument("category", nargs="?", help="one category; without, all")
    named.add_argument("--render", type=Path, metavar="FILE", help=f"draw them as well ({' '.join(_SUFFIXES)})")
    named.add_argument("--size", type=int, default=256, metavar="PIXELS", help="side of a picture (default: 256)")
    options.add_json(named)


def run(arguments: argparse.Namespace) -> None:
    if arguments.action == "named":
        _named(arguments)
    else:
        _stances(arguments)


def _stances(arguments: argparse.Namespace) -> None:
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


def _named(arguments: argparse.Namespace) -> None:
    from poseloom.language.lexicon.entries import named_poses

    everyone = list(named_poses().values())
    categories = list(dict.fromkeys(each.field for each in everyone))
    if arguments.category is not None and arguments.category not in categories:
        raise PoseloomError(f"no category {arguments.category!r}; there are {', '.join(categories)}")
    chosen = [each for each in everyone if arguments.category in (None, each.field)]
    if arguments.render is not None:
        _draw_named([each.name for each in chosen], arguments.render, arguments.size)
    if arguments.json:
        rows = [
            {
                "name": each.name,
                "category": each.field,
                "aliases": [alias.replace("{side}", "left") for alias in each.aliases],
                "says": list(each.says),
                "side": each.side,
                "support": each.support,
            }
            for each in chosen
        ]
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for category in categories:
        members = [each for each in chosen if each.field == category]
        if members:
            print(f"{category} ({len(members)})")
        for each in members:
            others = ", ".join(alias for alias in each.aliases if "{" not in alias).split(", ")[:_ALIASES]
            print(f"  {each.name}" + (f": {', '.join(others)}" if any(others) else ""))
    print(f"{len(chosen)} named poses" + (f"; drawn in {arguments.render}" if arguments.render else ""))


def _draw_named(names: list[str], path: Path, size: int) -> None:
    from poseloom.language.lexicon.bodies import posed
    from poseloom.pose.contact import ground

    _sheet(path, names, [ground(posed(name)) for name in names], size, f"{len(names)} named poses")


def _draw(path: Path, size: int) -> None:
    from poseloom.pose.stances import stance, stance_names

    names = list(stance_names())
    _sheet(path, names, [stance(name) for name in names], size, f"{len(names)} stances")


def _sheet(path: Path, names: list[str], poses: list[Pose], size: int, title: str) -> None:
    from poseloom.base.files import writable_target
    from poseloom.pose.types import stack
    from poseloom.render import contact_sheet, render, save_picture
    from poseloom.render.sheet import SheetLayout

    if path.suffix.lower() not in _SUFFIXES:
        raise FileError(path, f"cannot draw a sheet as {path.suffix!r}", remedy=", ".join(_SUFFIXES))
    writable_target(path)
    pictures = render(stack(poses), size)
    save_picture(contact_sheet(pictures, names, title=title, layout=SheetLayout(columns=_COLUMNS)), path)
