"""The 210 symbols of HamNoSys 4, from the table `symbols.json`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import closest
from poseloom.language.hamnosys.errors import UnknownNameError

PREFIX = "ham"
_TABLE = Path(__file__).with_name("symbols.json")
_BETWEEN_NAMES = re.compile(r"\\hamnosys\b|[\s,;{}\\]+")
"""White space, commas, and what TeX puts around names."""


class SymbolKind(Enum):
    """Part of speech of a symbol in the grammar."""

    HANDSHAPE = "handshape"
    THUMB = "thumb"
    BEND = "bend"
    DIRECTION = "direction"
    PALM = "palm"
    LOCATION = "location"
    SIDE = "side"
    COREFERENCE = "coreference"
    SITE = "site"
    DIGIT = "digit"
    FINGER_PART = "finger_part"
    WRIST = "wrist"
    STRAIGHT = "straight"
    CIRCLE = "circle"
    LOCAL = "local"
    REPLACE = "replace"
    STILL = "still"
    MIME = "mime"
    CLOCK = "clock"
    ARC = "arc"
    PATH = "path"
    ELLIPSE = "ellipse"
    GROWTH = "growth"
    SIZE = "size"
    MANNER = "manner"
    CONTACT = "contact"
    REPETITION = "repetition"
    ALTERNATING = "alternating"
    BETWEEN = "between"
    PLUS = "plus"
    SYMMETRY = "symmetry"
    NONDOMINANT = "nondominant"
    ETC = "etc"
    RELATIVE = "relative"
    SEQUENCE_BEGIN = "sequence_begin"
    SEQUENCE_END = "sequence_end"
    GROUP_BEGIN = "group_begin"
    GROUP_END = "group_end"
    FUSION_BEGIN = "fusion_begin"
    FUSION_END = "fusion_end"
    ALTERNATIVE = "alternative"
    VERSION = "version"
    SEPARATOR = "separator"
    END = "end"
    """No symbol: the end of the string."""

    @property
    def words(self) -> str:
        """What error messages call it."""
        return _KIND_WORDS.get(self, f"a {self.value}")


_KIND_WORDS = {
    SymbolKind.THUMB: "a thumb mark",
    SymbolKind.BEND: "a bend mark",
    SymbolKind.DIRECTION: "a finger direction",
    SymbolKind.PALM: "a palm orientation",
    SymbolKind.SIDE: "a side mark",
    SymbolKind.SITE: "a part of arm or hand",
    SymbolKind.FINGER_PART: "a part of a finger",
    SymbolKind.WRIST: "a wrist mark",
    SymbolKind.STRAIGHT: "a straight movement",
    SymbolKind.LOCAL: "a local movement",
    SymbolKind.REPLACE: "a posture change",
    SymbolKind.STILL: "the mark of no motion",
    SymbolKind.MIME: "free mime",
    SymbolKind.CLOCK: "a clock position",
    SymbolKind.ARC: "an arc mark",
    SymbolKind.PATH: "a path mark",
    SymbolKind.ELLIPSE: "an ellipse mark",
    SymbolKind.GROWTH: "a mark of growth",
    SymbolKind.SIZE: "a size mark",
    SymbolKind.CONTACT: "a contact or distance",
    SymbolKind.ALTERNATING: "the mark of alternating hands",
    SymbolKind.BETWEEN: "'between'",
    SymbolKind.PLUS: "'plus'",
    SymbolKind.SYMMETRY: "a symmetry mark",
    SymbolKind.NONDOMINANT: "the mark of the other hand",
    SymbolKind.ETC: "'etc'",
    SymbolKind.RELATIVE: "the mark of relative orientation",
    SymbolKind.SEQUENCE_BEGIN: "the begin of a sequence '['",
    SymbolKind.SEQUENCE_END: "the end of a sequence ']'",
    SymbolKind.GROUP_BEGIN: "the begin of a simultaneous group '('",
    SymbolKind.GROUP_END: "the end of a simultaneous group ')'",
    SymbolKind.FUSION_BEGIN: "the begin of a fusion",
    SymbolKind.FUSION_END: "the end of a fusion",
    SymbolKind.ALTERNATIVE: "a mark of alternatives",
    SymbolKind.SEPARATOR: "a space between signs",
    SymbolKind.END: "the end",
}


@dataclass(frozen=True)
class Symbol:
    """One symbol.

    Args:
        character: the code point, as in the font HamNoSysUnicode 4.0.
        name: canonical name: ``hamflathand``.
        kind: part of speech.
        words: what the gloss calls it.
        letters: u, d, l, r, o, i and pairs of them, which say a direction; "" for symbols without one.
    """

    character: str
    name: str
    kind: SymbolKind
    words: str
    letters: str = ""

    @property
    def short(self) -> str:
        """The name without its ``ham``."""
        return self.name[len(PREFIX) :]


@lru_cache(maxsize=1)
def symbols() -> tuple[Symbol, ...]:
    """All symbols in the order of their code points."""
    rows = entry(_TABLE, read_table(_TABLE), "symbols", list)
    return tuple(
        Symbol(chr(int(row["code"], 16)), row["name"], SymbolKind(row["kind"]), row["words"], row.get("letters", ""))
        for row in rows
    )


@lru_cache(maxsize=1)
def by_character() -> dict[str, Symbol]:
    """Symbols by their character."""
    return {symbol.character: symbol for symbol in symbols()}


@lru_cache(maxsize=1)
def by_name() -> dict[str, Symbol]:
    """Symbols by their name without ``ham``; the plain space for the two that share a name."""
    return {symbol.short: symbol for symbol in reversed(symbols())} | _other_names()


def _other_names() -> dict[str, Symbol]:
    """Names seen elsewhere: the SiGML variants and the font's own two."""
    known = {symbol.short: symbol for symbol in symbols()}
    other = {"ceeopen": "cee12open", "fingerhookmod": "fingerhookedmod", "palmd": "palmud", "movedl": "moveudl"}
    return {variant: known[name] for name, variant in other.items()}


def from_names(names: str | Iterable[str]) -> str:
    """The string that names of symbols stand for: ``from_names("flathand extfingerl palmd")``.

    Args:
        names: separated by white space or commas, with or without ``ham``; as TeX, ``\\hamnosys{...}`` around them or
            a backslash before each.

    Raises:
        UnknownNameError: a name that no symbol has.
    """
    words = [word for word in _BETWEEN_NAMES.split(names) if word] if isinstance(names, str) else list(names)
    known = by_name()
    characters = []
    for place, word in enumerate(words, 1):
        short = word.removeprefix(PREFIX) if word.removeprefix(PREFIX) in known else word
        if short not in known:
            hint = closest(short, [*known])
            kind = (
                "" if place > 1 or hint else "; signs are written as HamNoSys: 'flathand extfingerl palml chest touch'"
            )
            raise UnknownNameError(place, word, f"{hint}{kind}")
        characters.append(known[short].character)
    return "".join(characters)


def notation(text: str) -> str:
    """The string itself, or the one that names of symbols stand for; see `from_names`.

    Raises:
        UnknownNameError: a name that no symbol has.
    """
    return from_names(text) if text.isascii() and any(letter.isalpha() for letter in text) else text


def to_names(text: str) -> str:
    """Names of a string's symbols without ``ham``, separated by spaces; other characters as U+0041."""
    known = by_character()
    return " ".join(known[c].short if c in known else f"U+{ord(c):04X}" for c in text)
