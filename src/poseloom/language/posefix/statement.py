"""What an instruction says: one or more parts of the body, and what is to be done with them or true of them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from poseloom.language.paircodes.tables import PLURAL, paircode_tables
from poseloom.language.posecodes.evaluation import Code

SIDES = ("left", "right")
OWN, OPPOSITE = "<own>", "<opposite>"
"""Sides of a second part when the first one is plural: each on its own side, or across."""
OUT, IN = "out", "in"
_WAY = re.compile(r"\b(?:right(?! angle)|left)\b")
_PLURALS = {"foot": "feet", "toes": "toes"}
_KNOWN = 8192
"""Codes remembered; there are fewer."""

Part = tuple[str | None, str]
"""Side and name of a body part."""


class Said(NamedTuple):
    """One thing said of a part. `name` is an entry of the phrase file, `way` the left or right that it speaks of."""

    change: bool
    name: str
    way: str
    side2: str | None
    part2: str | None


class Statement(NamedTuple):
    """Things said of the same parts."""

    subjects: tuple[Part, ...]
    said: tuple[Said, ...]


@lru_cache(_KNOWN)
def said_of(code: Code) -> Said:
    """A code without its first part; left and right in its name become `way`."""
    prefix = paircode_tables().prefix
    change = code.interpretation.startswith(prefix)
    name = code.interpretation.removeprefix(prefix)
    found = _WAY.search(name)
    way = found[0] if found else ""
    if way in (OUT, IN):
        way = ""
    return Said(change, _WAY.sub("side", name), way, code.side2, code.part2)


@lru_cache(_KNOWN)
def blind(code: Code) -> tuple[str, ...]:
    """What is left of a code when left and right are not told apart; the same for a code and its mirror image."""
    said = said_of(code)
    return (code.part, said.name, _relation(code.side, said.way), said.part2 or "", _relation(code.side, said.side2))


def _relation(side: str | None, other: str | None) -> str:
    """The own side, the other one, or just some side."""
    if other not in SIDES:
        return other or ""
    return "side" if side not in SIDES else OWN if side == other else OPPOSITE


@lru_cache(_KNOWN)
def blind_said(side: str | None, said: Said) -> tuple[str, ...]:
    """As `blind`, for something said of a part on a side."""
    return (said.name, _relation(side, said.way), said.part2 or "", _relation(side, said.side2))


def plural(part: str) -> str:
    """``knee`` -> ``knees``."""
    return _PLURALS.get(part, f"{part}s")


@lru_cache(_KNOWN)
def both_sides(left: Code, right: Code) -> Code | None:
    """The one code that says of both sides what `left` and `right` say of each; None if there is none."""
    if (left.side, right.side) != SIDES or left.part != right.part or left.part2 != right.part2:
        return None
    said, other = said_of(left), said_of(right)
    name = _shared_name(left, right, said, other)
    if name is None:
        return None
    if left.side2 is None and right.side2 is None:
        side2 = None
    elif (left.side2, right.side2) == SIDES:
        side2 = OWN
    elif (right.side2, left.side2) == SIDES:
        side2 = OPPOSITE
    else:
        return None
    return Code(PLURAL, plural(left.part), name, side2, left.part2)


def _shared_name(left: Code, right: Code, said: Said, other: Said) -> str | None:
    if left.interpretation == right.interpretation:
        return left.interpretation
    if said.name != other.name:
        return None
    outward = (said.way, other.way) == SIDES
    return _WAY.sub(OUT if outward else IN, left.interpretation)
