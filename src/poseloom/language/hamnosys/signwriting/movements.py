"""Arrows and other movement symbols of SignWriting as actions of HamNoSys."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.language.hamnosys.signwriting.fsw import Symbol
from poseloom.language.hamnosys.signwriting.hand_shapes import swapped

_WALL = ("u", "ul", "l", "dl", "d", "dr", "r", "ur")
_FLOOR = ("o", "ol", "l", "il", "i", "ir", "r", "or")
_AWAY = ("uo", "ol", "ol", "ol", "do", "or", "or", "or")
"""Directions of the arrows that lead away from the signer across both planes; HamNoSys has pairs of letters alone."""
_TOWARDS = ("ui", "il", "il", "il", "di", "ir", "ir", "ir")
_SIZES = {"SMALL": " smallmod", "LARGE": " largemod", "LARGEST": " largemod"}
_LOCAL = {
    "WRIST FLEX": "nodding",
    "SHAKING": "twisting",
    "WRIST CIRCLE": "stircw",
    "FINGER CIRCLES": "stircw smallmod",
    "FINGER CONTACT": "fingerplay",
}
MANNERS = {"DYNAMIC FAST": "fast", "DYNAMIC SLOW": "slow", "DYNAMIC TENSE": "tense", "DYNAMIC RELAXED": "slow"}
"""Symbols that say how something is done."""
_HANDS = {"SQUEEZE": "replace fist", "FLICK": "replace finger2345 thumboutmod"}
_CURVES = {"WALLPLANE": ("arcu", _WALL), "FLOORPLANE": ("arcl", _FLOOR)}


@dataclass(frozen=True)
class Movement:
    """Names of an action's symbols, and whether it is only near to what is written."""

    names: str
    near: bool = False


def movement_of(symbol: Symbol) -> Movement | None:
    """A movement symbol as an action; None where there is none like it."""
    name = symbol.name
    words = name.split()
    if words[0] in _HANDS:
        return Movement(_HANDS[words[0]] + (" repeatfromstart" if "MULTIPLE" in words else ""))
    if words[0] == "MOVEMENT-HINGE":
        return Movement("fingerplay", near=True)
    if words[0].startswith("ROTATION-"):
        return Movement("twisting" + _repeated(words))
    if not words[0].startswith("MOVEMENT-"):
        return None
    local = next((made for part, made in _LOCAL.items() if part in name), None)
    if local is not None:
        return Movement(local + _repeated(words))
    size = next((mark for word, mark in _SIZES.items() if word in words), "")
    if "CIRCLE" in words and "ARM" in words:
        return _circle(symbol, words, size)
    direction = _direction(symbol, words[0])
    if direction is None:
        return None
    return _along(words, direction, size)


def _direction(symbol: Symbol, kind: str) -> str | None:
    plane = kind.removeprefix("MOVEMENT-")
    if plane == "DIAGONAL":
        ways = _AWAY if "AWAY" in symbol.name else _TOWARDS
    elif plane in ("WALLPLANE", "FLOORPLANE"):
        ways = _WALL if plane == "WALLPLANE" else _FLOOR
    else:
        return None
    way = ways[symbol.turn]
    return swapped(way) if symbol.mirrored else way


def _along(words: list[str], direction: str, size: str) -> Movement | None:
    """A straight, bowed, wavy or jagged way."""
    way = f"move{direction}{size}"
    kinds = set(words[1:])
    if "STRAIGHT" in kinds or words[0] == "MOVEMENT-DIAGONAL" or "ALTERNATING" in kinds:
        return Movement(way + _repeated(words), near=words[0] == "MOVEMENT-DIAGONAL")
    if kinds & {"ZIGZAG", "PEAKS", "CHECK", "BOX", "CORNER", "BEND"}:
        return Movement(f"{way} zigzag", near=not kinds & {"ZIGZAG", "PEAKS"})
    if kinds & {"WAVE", "LOOP"}:
        return Movement(f"{way} wavy", near="LOOP" in kinds)
    if kinds & {"CURVE", "HUMP", "QUARTER", "HALF-CIRCLE"}:
        bow = "arcd" if "FLOOR" in kinds else "arcu" if "u" not in direction and "d" not in direction else "arcl"
        return Movement(f"{way} {bow}{_repeated(words)}", near=True)
    return None


def _circle(symbol: Symbol, words: list[str], size: str) -> Movement:
    """Round an axis: of the wall's plane the one to the front, of circles that lie the vertical one."""
    back = symbol.mirrored
    axis = ("i" if back else "o") if words[0] == "MOVEMENT-WALLPLANE" else ("d" if back else "u")
    return Movement(f"circle{axis}{size}{_repeated(words)}", near=words[0] != "MOVEMENT-WALLPLANE")


def _repeated(words: list[str]) -> str:
    if "ALTERNATING" in words or "ALTERNATE" in words:
        return " repeatreverse"
    if "TRIPLE" in words:
        return " repeatfromstartseveral"
    return " repeatfromstart" if "DOUBLE" in words else ""
