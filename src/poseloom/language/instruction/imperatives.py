"""The words of `instruct`: loads and checks ``tables/instructions.json``."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import read_table
from poseloom.base.errors import FileError
from poseloom.language.tables import TABLES

INSTRUCTIONS = TABLES / "instructions.json"
GRADES = 3
"""Slight, clear and large changes have wordings of their own."""
SLOTS = ("limb", "it", "side", "other", "degrees", "goal", "sector", "place", "s")
SLOT = re.compile(r"\{(\w+)\}")


@cache
def instructions_of(path: Path = INSTRUCTIONS) -> dict[str, Any]:
    """The wordings of a file of instructions, checked.

    Raises:
        FileError: an entry has no wording, misses a grade, or uses an unknown slot; names the file and the entry.
    """
    words = read_table(path)
    words.pop("about", None)
    _check(path, words, "")
    return words


def _check(path: Path, words: Any, field: str) -> None:
    if isinstance(words, dict):
        for name, said in words.items():
            _check(path, said, f"{field}.{name}" if field else name)
        return
    graded = isinstance(words, list) and bool(words) and isinstance(words[0], list)
    if graded and len(words) != GRADES:
        raise FileError(path, f"expected wordings for {GRADES} grades, got {len(words)}", field=field)
    for options in words if graded else [words]:
        if not isinstance(options, list) or not options or not all(isinstance(one, str) and one for one in options):
            raise FileError(path, "expected a list with at least one wording", field=field)
        for slot in (slot for one in options for slot in SLOT.findall(one)):
            if slot not in SLOTS:
                raise FileError(path, f"unknown slot {{{slot}}}; expected one of {', '.join(SLOTS)}", field=field)


def entry_of(words: dict[str, Any], name: str) -> list:
    """The wordings under a dotted name.

    Raises:
        FileError: there is no such entry.
    """
    found: Any = words
    for part in name.split("."):
        if not isinstance(found, dict) or part not in found:
            raise FileError(INSTRUCTIONS, "this entry is missing", field=name)
        found = found[part]
    return found
