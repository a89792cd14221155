"""Places of a SignWriting sign: what stands on, beside and under the circle of the head."""

from __future__ import annotations

from collections.abc import Sequence

from poseloom.language.hamnosys.signwriting.fsw import Symbol

_HEAD_SIDE = 36
"""Units of the head's symbol in width and height."""
_HALF = 8
"""Half the usual width of a contact symbol or of a hand, units."""
_NAMED = {
    "NOSE CONTACT": "nose",
    "NOSE NEUTRAL": "nose",
    "FOREHEAD CONTACT": "forehead",
    "FOREHEAD NEUTRAL": "forehead",
    "EARS": "ear",
    "MOUTH CLOSED CONTACT": "lips",
    "CHEEKS NEUTRAL": "cheek",
    "TEETH": "teeth",
    "NECK": "neck",
    "HAIR": "headtop",
}
_BODY = ("SHOULDER HIP SPINE", "SHOULDER HIP POSITIONS")
_HEADS = ("HEAD", "HEAD RIM")


def is_place(symbol: Symbol) -> bool:
    """Whether a symbol says where the hand is."""
    return symbol.name in (*_HEADS, *_BODY, *_NAMED)


def place_of(places: Sequence[Symbol], at: Symbol) -> str:
    """The place at a contact symbol, or at a hand where nothing touches; "" in neutral space."""
    named = next((_NAMED[one.name] for one in places if one.name in _NAMED), None)
    if named is not None:
        return named
    head = next((one for one in places if one.name in _HEADS), None)
    if head is not None:
        return _on_head(at.x + _HALF - head.x - _HEAD_SIDE / 2, at.y + _HALF - head.y - _HEAD_SIDE / 2)
    body = next((one for one in places if one.name in _BODY), None)
    if body is None:
        return ""
    return "shoulders" if abs(at.y + _HALF - body.y) < _HEAD_SIDE / 2 else "chest"


def _on_head(x: float, y: float) -> str:
    """Of a point from the middle of the head, x to the signer's right, y down."""
    half = _HEAD_SIDE / 2
    if y > 2 * half:
        return "chest"
    side = "" if abs(x) < half / 3 else "right" if x > 0 else "left"
    if y < -half:
        place = "headtop"
    elif y < -half / 3:
        place = "forehead"
    elif y < half / 2:
        place = "cheek" if side else "nose"
    elif y < 1.3 * half:
        place = "chin"
    else:
        place = "neck"
    mark = "lrbeside" if abs(x) > 1.3 * half else "lrat"
    return f"{place} {mark}" if side == "right" else f"{mark} {place}" if side == "left" else place
