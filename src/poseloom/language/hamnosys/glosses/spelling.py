"""Fingerspelling by rule: a table of hand shapes for each alphabet, every letter held, doubled letters set off."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import read_table
from poseloom.base.errors import PoseloomError, closest
from poseloom.language.hamnosys.written.sign_text import SignText

_TABLE = Path(__file__).with_name("alphabets.json")
LONGEST_WORD = 200
_CONTACT, _TAPPED, _ASIDE = "touch", "repeatfromstart", "mover smallmod"
"""A letter that follows itself is tapped again where hands touch, else moved aside."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return {name: row for name, row in read_table(_TABLE).items() if isinstance(row, dict)}


def alphabets() -> tuple[str, ...]:
    """Names of the alphabets: ``asl``, ``bsl``, ``dgs``."""
    return tuple(_tables())


def spelt(word: str, alphabet: str | None) -> list[SignText]:
    """A word spelt by fingers, a sign a letter.

    Letters with accents that the alphabet has not are spelt without them. A letter that follows itself is moved aside
    in one-handed alphabets and tapped again in two-handed ones.

    Args:
        word: letters; spaces and hyphens within are left out.
        alphabet: its name.

    Raises:
        PoseloomError: no or an unknown alphabet, or a character that it has no letter for.
    """
    known = alphabets()
    if alphabet is None or alphabet.lower() not in known:
        asked = f"unknown alphabet {alphabet!r}{closest(alphabet.lower(), known)}" if alphabet else "no alphabet"
        raise PoseloomError(f"fingerspelling: {asked}; name one (--alphabet): {', '.join(known)}")
    if not word.strip() or len(word) > LONGEST_WORD:
        raise PoseloomError(f"fingerspelling: expected a word of 1 to {LONGEST_WORD} letters, got {len(word)}")
    row = _tables()[alphabet.lower()]
    letters = _letters(word, row["letters"], alphabet)
    signs = []
    for place, letter in enumerate(letters):
        doubled = place > 0 and letters[place - 1] == letter
        text = row["letters"][letter]
        again = f" {_TAPPED if _CONTACT in text else _ASIDE}" if doubled else ""
        signs.append(SignText(letter.upper() if len(letter.upper()) == len(letter) else letter, text + again))
    return signs


def _letters(word: str, known: dict[str, str], alphabet: str) -> list[str]:
    """Letters of a word: groups of the alphabet (``sch``) first, then single ones, then those without accents."""
    text = unicodedata.normalize("NFC", word).lower()
    longest = max(map(len, known))
    found, place = [], 0
    while place < len(text):
        size = next((size for size in range(longest, 0, -1) if text[place : place + size] in known), 0)
        if size:
            found.append(text[place : place + size])
        elif text[place] not in " -'":
            plain = [one for one in unicodedata.normalize("NFD", text[place]) if one in known]
            if not plain:
                missing = f"no letter for {text[place]!r} of {word[:40]!r}"
                raise PoseloomError(f"fingerspelling: {alphabet.upper()} has {missing}")
            found += plain
        place += max(1, size)
    if not found:
        raise PoseloomError(f"fingerspelling: {word[:40]!r} has no letters")
    return found
