"""Formal SignWriting in ASCII (FSW).

A sign is an optional box ``[BLMR]ddd x ddd`` and symbols ``S[123]hh[0-5]h ddd x ddd``; before it may stand ``A`` and
the order in which dictionaries sort it, symbols without places.

Format: draft-slevinski-formal-signwriting; symbols of the International SignWriting Alphabet 2010, whose names Unicode
has in the same order (U+1D800 to U+1DA8B).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from poseloom.base.errors import PoseloomError

CENTRE = 500
_UNICODE, _FIRST_BASE = 0x1D800, 0x100
_PREFIX = "SIGNWRITING "
_BOX = re.compile(r"([BLMR])(\d{3})x(\d{3})")
_SYMBOL = re.compile(r"(S[123][0-9a-f]{2})([0-5])([0-9a-f])(\d{3})x(\d{3})")
_SEQUENCE = re.compile(r"A(?:S[123][0-9a-f]{2}[0-5][0-9a-f])+")
_WHOLE = re.compile(
    rf"(?:{_SEQUENCE.pattern})?(?:[BLMR]\d{{3}}x\d{{3}})?(?:S[123][0-9a-f]{{2}}[0-5][0-9a-f]\d{{3}}x\d{{3}})+"
)


@dataclass(frozen=True)
class Symbol:
    """One symbol of a sign: ``S1f720`` has base S1f7, column 2, row 0.

    Args:
        base: its kind.
        column: fill.
        row: rotation, a hexadecimal digit.
        x, y: place of its upper left corner.
    """

    base: str
    column: str
    row: str
    x: int
    y: int

    @property
    def name(self) -> str:
        """What Unicode calls its base: ``HAND-FIST INDEX``; the base itself where it has no name."""
        character = chr(_UNICODE + int(self.base[1:], 16) - _FIRST_BASE)
        return unicodedata.name(character, self.base).removeprefix(_PREFIX)

    @property
    def turn(self) -> int:
        """Eighths of a circle that it is turned, 0 to 7."""
        return int(self.row, 16) % 8

    @property
    def mirrored(self) -> bool:
        """Whether it is a left hand, or turns the other way."""
        return int(self.row, 16) >= 8


@dataclass(frozen=True)
class Sign:
    """Symbols in a box, whose letter says where in a lane it stands."""

    box: str = "M"
    x: int = CENTRE
    y: int = CENTRE
    symbols: tuple[Symbol, ...] = ()

    def __str__(self) -> str:
        symbols = "".join(f"{one.base}{one.column}{one.row}{one.x:03d}x{one.y:03d}" for one in self.symbols)
        return f"{self.box}{self.x:03d}x{self.y:03d}{symbols}"

    def tokens(self) -> list[str]:
        """Box letter, ``p`` x, ``p`` y; then base, ``c`` column, ``r`` row, ``p`` x, ``p`` y for each symbol."""
        names = [self.box, f"p{self.x}", f"p{self.y}"]
        for one in self.symbols:
            names += [one.base, f"c{one.column}", f"r{one.row}", f"p{one.x}", f"p{one.y}"]
        return names


def parse_sign(text: str) -> Sign:
    """One FSW sign; a missing box becomes M500x500, and so does an empty text.

    Raises:
        PoseloomError: what is no symbol, with its place.
    """
    box = _BOX.match(text)
    place = box.end() if box else 0
    symbols = []
    while place < len(text):
        match = _SYMBOL.match(text, place)
        if match is None:
            raise PoseloomError(
                f"SignWriting: character {place + 1} of {text[:40]!r} begins no symbol; expected S, three hexadecimal "
                "digits, fill 0-5, rotation 0-f and a place such as 482x483"
            )
        base, column, row, x, y = match.groups()
        symbols.append(Symbol(base, column, row, int(x), int(y)))
        place = match.end()
    if box is None:
        return Sign(symbols=tuple(symbols))
    return Sign(box[1], int(box[2]), int(box[3]), tuple(symbols))


def is_fsw(text: str) -> bool:
    """Whether a text is one or more FSW signs that white space separates."""
    parts = text.split()
    return bool(parts) and all(_WHOLE.fullmatch(part) for part in parts)


def without_sequence(text: str) -> str:
    """One FSW sign without the sorting order before it."""
    found = _SEQUENCE.match(text)
    return text[found.end() :] if found else text
