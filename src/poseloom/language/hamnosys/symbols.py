"""The 210 symbols of HamNoSys 4, from the table `symbols.json`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import PoseloomError, closest

PREFIX = "ham"
_TABLE = Path(__file__).with_name("symbols.json")


class Kind(Enum):
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
    Kind.THUMB: "a thumb mark",
    Kind.BEND: "a bend mark",
    Kind.DIRECTION: "a finger direction",
    Kind.PALM: "a palm orientation",
    Kind.SIDE: "a side mark",
    Kind.SITE: "a part of arm or hand",
    Kind.FINGER_PART: "a part of a finger",
    Kind.WRIST: "a wrist mark",
    Kind.STRAIGHT: "a straight movement",
    Kind.LOCAL: "a local movement",
    Kind.REPLACE: "a posture change",
    Kind.STILL: "the mark of no motion",
    Kind.MIME: "free mime",
    Kind.CLOCK: "a clock position",
    Kind.ARC: "an arc mark",
    Kind.PATH: "a path mark",
    Kind.ELLIPSE: "an ellipse mark",
    Kind.GROWTH: "a mark of growth",
    Kind.SIZE: "a size mark",
    Kind.CONTACT: "a contact or distance",
    Kind.ALTERNATING: "the mark of alternating hands",
    Kind.BETWEEN: "'between'",
    Kind.PLUS: "'plus'",
    Kind.SYMMETRY: "a symmetry mark",
    Kind.NONDOMINANT: "the mark of the other hand",
    Kind.ETC: "'etc'",
    Kind.RELATIVE: "the mark of relative orientation",
    Kind.SEQUENCE_BEGIN: "the begin of a sequence '['",
    Kind.SEQUENCE_END: "the end of a sequence ']'",
    Kind.GROUP_BEGIN: "the begin of a simultaneous group '('",
    Kind.GROUP_END: "the end of a simultaneous group ')'",
    Kind.FUSION_BEGIN: "the begin of a fusion",
    Kind.FUSION_END: "the end of a fusion",
    Kind.ALTERNATIVE: "a mark of alternatives",
    Kind.SEPARATOR: "a space between signs",
    Kind.END: "the end",
}


@dataclass(frozen=True)
class Symbol:
    """One symbol.

    Args:
        character: the code point, as in the font HamNoSysUnicode 4.0.
        name: canonical name: ``hamflathand``.
        kind: part of speech.
        words: what the gloss calls it.
        letters: of a direction: u, d, l, r, o, i and pairs of them; "" for symbols without one.
    """

    character: str
    name: str
    kind: Kind
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
        Symbol(chr(int(row["code"], 16)), row["name"], Kind(row["kind"]), row["words"], row.get("letters", ""))
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
        names: separated by white space, with or without ``ham``.

    Raises:
        PoseloomError: a name that no symbol has.
    """
    words = names.split() if isinstance(names, str) else list(names)
    known = by_name()
    characters = []
    for place, word in enumerate(words, 1):
        short = word.removeprefix(PREFIX) if word.removeprefix(PREFIX) in known else word
        if short not in known:
            raise PoseloomError(f"HamNoSys: name {place} is {word!r}, which no symbol has{closest(short, [*known])}")
        characters.append(known[short].character)
    return "".join(characters)


def notation(text: str) -> str:
    """The string itself, or the one that names of symbols stand for.

    Raises:
        PoseloomError: a name that no symbol has.
    """
    return from_names(text) if text.isascii() and any(letter.isalpha() for letter in text) else text


def to_names(text: str) -> str:
    """Names of a string's symbols without ``ham``, separated by spaces; other characters as U+0041."""
    known = by_character()
    return " ".join(known[c].short if c in known else f"U+{ord(c):04X}" for c in text)
