"""How all commands print: results as JSON on stdout, what the user should know of them on stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseloom.cli import messages

if TYPE_CHECKING:
    from poseloom.cli.inputs import Done

_NUMBERS = re.compile(r"\[\n([-+.\deE,\s]*)\]")
"""A list of numbers over several lines; texts hold no line breaks in JSON."""


def print_json(*parts: Any, **more: Any) -> None:
    """Print one JSON object: the keys of results, data classes and dicts, one after another, the notes last.

    Args:
        parts: the parts; of two that have a key the first gives its place and the last its value.
        more: keys that the command adds; those that are None are left out.
    """
    from poseloom.results import plain

    made: dict[str, Any] = {}
    for part in parts:
        made |= plain(part)
    made |= {name: plain(value) for name, value in more.items() if value is not None}
    if "notes" in made:
        made["notes"] = made.pop("notes")  # always the last
    text = json.dumps(made, indent=1, allow_nan=False)
    print(_NUMBERS.sub(lambda found: f"[{' '.join(found.group(1).split())}]", text))


def tell(notes: Iterable[str]) -> None:
    """Print notes on stderr, one line each, unless asked to be quiet."""
    for note in notes:
        messages.remark(note)


def print_texts(texts: Any, several: bool, file: str = "") -> None:
    """Print the texts of a clip, with their places where it has several frames, behind the file's name if there is."""
    before = f"{file}: " if file else ""
    for row in texts.as_json()["texts"]:
        head = f"frame {row['frame']} ({row['seconds']:.2f} s): " if several else ""
        print(f"{before}{head}{row['text']}", flush=bool(file))


def print_several(done: Done[Any], **more: Any) -> None:
    """Print what became of several files as JSON: ``files``, ``failed``, what the command adds, ``notes``."""
    rows = [{"file": one.file, **plain_of(made)} for one, made in done.made]
    print_json({"files": rows, "failed": [vars(failure) for failure in done.failed], "notes": []}, **more)


def plain_of(made: Any) -> dict[str, Any]:
    """The keys of a result."""
    from poseloom.results import plain

    return dict(plain(made))


def print_files(*paths: Path | None, otherwise: str = "") -> None:
    """Print the files that were written, or what could be."""
    written = [path for path in paths if path is not None]
    for path in written:
        print(path)
    if not written and otherwise:
        print(otherwise)
