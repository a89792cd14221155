"""Hand symbols of SignWriting: shape, hand direction and palm as HamNoSys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import read_table
from poseloom.language.hamnosys.signwriting.fsw import Symbol

_TABLE = Path(__file__).with_name("hand_shapes.json")
_DIGITS = ("INDEX", "LITTLE", "MIDDLE", "RING", "THUMB")
_EIGHTHS = ("u", "ul", "l", "dl", "d", "dr", "r", "ur")
"""Directions of the eight turns of a right hand in the plane of the wall, counter-clockwise as the signer sees them."""
_ON_THE_FLOOR = ("o", "ol", "l", "il", "i", "ir", "r", "or")
_FLOOR_FILL = 3
"""From this fill on a symbol lies in the plane of the floor."""
_BACKWARDS = (3, 4, 5)
"""Turns of a hand on the floor that point towards the signer."""
_OTHER = {"l": "r", "r": "l"}
_BETWEEN_DIGITS = {"UP", "CURVE", "ANGLED", "CIRCLED", "OVER", "TOUCHES"}
"""Words that tell digits apart more finely than shapes of HamNoSys do."""


@dataclass(frozen=True)
class Hand:
    """A hand symbol as HamNoSys.

    Args:
        symbol: what it was.
        shape: names of the hand shape's symbols.
        direction: letters of the hand's direction.
        palm: letters of the palm.
        near: whether the shape is only near to what is written.
    """

    symbol: Symbol
    shape: str
    direction: str
    palm: str
    near: bool

    @property
    def left(self) -> bool:
        return self.symbol.mirrored

    @property
    def names(self) -> str:
        """Shape, direction and palm, names of symbols."""
        return f"{self.shape} extfinger{self.direction} palm{self.palm}"

    def is_mirror_of(self, other: Hand) -> bool:
        """Whether the two hands mirror each other."""
        mirrored = (self.shape, swapped(self.direction), swapped(self.palm))
        return self.left != other.left and mirrored == (other.shape, other.direction, other.palm)


def hand_of(symbol: Symbol) -> Hand | None:
    """A hand symbol; None where there is no near shape.

    Fills 0 to 2 lie in the plane of the wall: palm towards the signer, sideways, away; 3 to 5 in that of the floor:
    up, sideways, down.
    """
    shape, near = _shape(symbol.name)
    if not shape:
        return None
    direction, palm = _orientation(int(symbol.column), symbol.turn)
    if symbol.mirrored:
        direction, palm = swapped(direction), swapped(palm)
    return Hand(symbol, shape, direction, palm, near)


def _orientation(fill: int, turn: int) -> tuple[str, str]:
    """Of a right hand. HamNoSys names the palm as of a hand that is turned along from pointing out (or in)."""
    if fill < _FLOOR_FILL:
        direction = _EIGHTHS[turn]
        palms = (direction, _EIGHTHS[(turn + 2) % 8], _EIGHTHS[(turn + 4) % 8])
        return direction, palms[fill]
    sideways = "r" if turn in _BACKWARDS else "l"
    return _ON_THE_FLOOR[turn], ("u", sideways, "d")[fill - _FLOOR_FILL]


def swapped(letters: str) -> str:
    """Left and right exchanged."""
    return "".join(_OTHER.get(letter, letter) for letter in letters)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    return read_table(_TABLE)


@lru_cache(maxsize=512)
def _shape(name: str) -> tuple[str, bool]:
    """Names of the shape's symbols, and whether they are only near."""
    table, words = _table(), name.removeprefix("HAND-").split()
    bend = next((table["bends"][word] for word in words[1:] if word in table["bends"]), "")
    for rule in table["rules"]:
        if set(rule["has"]) <= set(words) and not set(rule.get("lacks", ())) & set(words):
            shape = rule.get("forms", {}).get(words[0], rule["shape"])
            bent = bend and bend not in shape and words[0] not in ("HINGE", "CUP", "OVAL") and "THUMB" not in words
            return f"{shape} {bend}" if bent else shape, bool(rule.get("near"))
    digits = " ".join(digit for digit in _DIGITS if digit in words)
    if not digits:
        return table["forms"].get(words[0], ""), False
    shape = table["digits"].get(digits)
    if shape is None:  # digits of which only some stand out
        return table["forms"].get(words[0], ""), True
    if "CONJOINED" in words:
        shape = shape.replace("finger23spread", "finger23")
    exact = words[0] in ("FIST", "CIRCLE") and not _BETWEEN_DIGITS & set(words[2:])
    base, _, rest = shape.partition(" ")
    return (f"{base} {bend} {rest}".strip() if bend and base != "fist" else shape), not exact
