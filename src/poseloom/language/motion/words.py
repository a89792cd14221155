"""Words for movements, counts and times; the table is ``motion_words.json``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from poseloom.base.datafiles import entry, read_table
from poseloom.language.description.phrases import finite
from poseloom.language.motion.moves import BOTH, Move
from poseloom.language.tables import TABLES

_FILE = TABLES / "motion_words.json"
_AT_END = 0.15
"""Seconds from the ends of a clip within which something begins or ends with it."""
_ROUND = 5
_QUICK, _SLOW = 9.0, 0.8
"""Units of what is worth telling, a second, from which and up to which a movement is told to be quick or slow."""
_HIGH = 0.25


@cache
def motion_words() -> dict[str, Any]:
    """The table.

    Raises:
        FileError: an entry is missing.
    """
    table = read_table(_FILE)
    for name in ("nouns", "ways", "moves", "postures", "measures", "measures_of_one"):
        entry(_FILE, table, name, dict)
    for name in ("numbers", "ordinals", "up_from"):
        entry(_FILE, table, name, list)
    return table


def number(count: int) -> str:
    """``three``; digits above twelve."""
    words = motion_words()["numbers"]
    return words[count] if count < len(words) else str(count)


def ordinal(place: int) -> str:
    """``third`` of 3; ``13th`` above twelve."""
    words = motion_words()["ordinals"]
    if place < len(words):
        return str(words[place])
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{place}{'th' if 10 <= place % 100 <= 20 else ends.get(place % 10, 'th')}"


def seconds(value: float) -> str:
    """``1.2 s``."""
    return f"{value:.1f} s"


def span(start: float, end: float, lasts: float) -> str:
    """``From 1.2 to 1.9 s``; the ends of the clip by name."""
    begins, ends = start <= _AT_END, end >= lasts - _AT_END
    if begins and ends:
        return "throughout"
    if begins:
        return f"up to {seconds(end)}"
    if ends:
        return f"from {seconds(start)} to the end"
    return f"from {start:.1f} to {seconds(end)}"


def degrees(value: float) -> int:
    """To the nearest five."""
    return round(abs(value) / _ROUND) * _ROUND


def metres(value: float) -> str:
    """``2.3 m``."""
    return f"{value:.1f} m"


def subject(move: Move) -> str:
    """``the left arm``, ``both arms``; empty where the person does it."""
    nouns = motion_words()["nouns"].get(move.signal)
    if nouns is None:
        return ""
    return f"both {nouns[1]}" if move.side == BOTH else f"the {move.side} {nouns[0]}"


def said(move: Move) -> str:
    """What moves does, verbs still in brackets: ``[rise] to the front to shoulder height``."""
    rows = motion_words()["moves"][move.signal]["more" if move.change > 0 else "less"]
    wording = next(words for most, words in rows if move.after <= most)
    plural = move.side == BOTH
    filled = wording.replace("{way}", motion_words()["ways"].get(move.way, ""))
    filled = (
        filled.replace("to the side,", "to the sides,").replace("to the side ", "to the sides ") if plural else filled
    )
    filled = filled.replace("{ownside}", "sides" if plural else "side")
    filled = filled.replace("{degrees}", str(degrees(move.after))).replace("{amount}", str(degrees(move.change)))
    if plural:
        filled = filled.replace("it is bent", "they are bent")
    return filled.replace("{high}", " high" if move.after >= _HIGH else "").replace("  ", " ").strip()


def pace(move: Move, lasts: float) -> str:
    """``quickly`` or ``slowly``, or nothing."""
    if move.signal == "rise":
        return ""
    rate = move.size / max(lasts, 1e-6)
    return "quickly" if rate >= _QUICK else "slowly" if rate <= _SLOW else ""


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[0].upper()}{words[1:]}."


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def clause(move: Move, they: str, how: str = "") -> str:
    """A movement as a clause: ``the left arm rises quickly to the front``, ``the person turns ...``."""
    what, wording = subject(move), said(move)
    if not what:
        return " ".join(filter(None, (they, finite(wording, they == "they"), how)))
    verb, _, rest = wording.partition(" ")
    if verb == "[be]":
        done, _, rest = rest.partition(" ")
        verb = f"{verb} {done}"
    how = "" if rest.startswith("sharply") else how
    return " ".join(filter(None, (what, finite(verb, move.side == BOTH), how, rest)))
