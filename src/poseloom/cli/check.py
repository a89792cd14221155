"""``poseloom check CLIP SENTENCE ...``: an exercise judged by sentences, on every repetition."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError
from poseloom.cli import options, printing

if TYPE_CHECKING:
    from poseloom.pose import Clip
    from poseloom.results import Checked, CheckedRequirement, CheckedRow

_EACH = ("repetition", "frame", "clip")
_PIXELS = 320
_MOST_PICTURES = 48
_SHOWN_FRAMES = 12
"""Rows of a sentence that are printed of single frames."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    words = 'what must hold, each in quotes: "both knees bent past 90 degrees" "back straight" "hands on the hips"'
    parser.add_argument("sentences", metavar="SENTENCE", nargs="+", help=words)
    parser.add_argument(
        "--each",
        choices=_EACH,
        default="repetition",
        help="judge every repetition (the default), every frame, or the clip as a whole",
    )
    parser.add_argument(
        "--render", type=Path, metavar="FILE", help="draw the moments that decide on a sheet (.png, .jpg, .webp)"
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from poseloom import api
    from poseloom.base.files import writable_target

    if arguments.render is not None:
        writable_target(arguments.render)
    clip = options.read_motion(arguments, arguments.file)
    found = api.check(clip, arguments.sentences, each=arguments.each)
    printing.tell(found.notes)
    drawn = None if arguments.render is None else _draw(clip, found, arguments.render)
    if arguments.json:
        printing.print_json({"file": arguments.file}, found, render=drawn)
        return 0
    for one in found:
        _print(one, found.each)
    good, judged = found.good()
    if found.each != "clip" and judged > 1:
        noun = "frames" if found.each == "frame" else _called(found)
        print(f"{good} of {judged} {noun} fulfil everything")
    if drawn is not None:
        printing.print_files(drawn)
    return 0


def _called(found: Checked) -> str:
    from poseloom.language.motion.exercises import exercises

    return exercises()[found.exercise].many if found.exercise else "repetitions"


def _print(one: CheckedRequirement, each: str) -> None:
    """A sentence with its count, then a line for each repetition."""
    print(f"{one.text} ({one.when}): {one.held} of {len(one.rows)}")
    rows = one.rows if each != "frame" else [row for row in one.rows if not row.holds][:_SHOWN_FRAMES]
    for row in rows:
        place = f"{row.repetition}. " if len(one.rows) > 1 and each == "repetition" else ""
        print(f"  {place}{_mark(row)}: {row.text}, at {row.at:.2f} s (frame {row.frame})")


def _mark(row: CheckedRow) -> str:
    return "cannot be judged" if row.holds is None else "yes" if row.holds else "no"


def _draw(clip: Clip, found: Checked, path: Path) -> Path:
    """The moments that decide, one row a repetition and one column a sentence.

    Raises:
        PoseloomError: more pictures than a sheet takes.
    """
    from poseloom import api
    from poseloom.render import contact_sheet, render, save_picture
    from poseloom.render.sheet import SheetLayout

    rows = [
        (one, row)
        for column in zip(*(one.rows for one in found), strict=True)
        for one, row in zip(found, column, strict=True)
    ]
    if len(rows) > _MOST_PICTURES:
        rows = [(one, row) for one, row in rows if not row.holds]
    if not rows or len(rows) > _MOST_PICTURES:
        problem = f"{len(rows)} pictures are {'too many' if rows else 'none'} for one sheet (at most {_MOST_PICTURES})"
        raise PoseloomError(f"--render: {problem}; judge fewer sentences, or --each clip")
    poses = api.select(clip, [row.frame for _, row in rows]).pose
    whole = len(rows) == len(found) * len(found[0].rows)
    texts = [f"{one.text}: {_mark(row)}. {row.text[:1].upper()}{row.text[1:]}." for one, row in rows]
    labels = [f"{row.repetition}, {row.at:.2f} s" for _, row in rows]
    layout = SheetLayout(columns=len(found)) if whole and 1 < len(found) <= 6 else None
    sheet = contact_sheet(list(render(poses, _PIXELS)), texts, labels=labels, layout=layout)
    save_picture(sheet, path)
    return path
