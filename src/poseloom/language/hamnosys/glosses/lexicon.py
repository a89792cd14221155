"""A lexicon: gloss -> sign, out of any file of signs, and sentences of glosses as signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from poseloom.base.errors import PoseloomError, closest
from poseloom.language.hamnosys.glosses.spelling import spelt
from poseloom.language.hamnosys.written.read import read_signs
from poseloom.language.hamnosys.written.sign_text import SignText

_SPELT = re.compile(r"(?:fs[:-]|#)(.+)", re.IGNORECASE)
_VARIANT = re.compile(r"[\d_^*:-]+[a-z]?[\^*]*$")
"""What dictionaries put behind a gloss to tell its variants apart: ``HOUSE1A^``."""


@dataclass(frozen=True)
class Lexicon:
    """Signs by their glosses.

    Args:
        signs: sign by gloss in lower case; of equal glosses the first.
    """

    signs: dict[str, SignText]

    @classmethod
    def read(cls, path: str | Path, column: str | None = None) -> Lexicon:
        """The lexicon of a file; see `read_signs`.

        Raises:
            FileError: see `read_signs`.
        """
        signs: dict[str, SignText] = {}
        for sign in read_signs(path, column):
            for key in (sign.gloss, sign.name):
                if key:
                    signs.setdefault(key.casefold(), sign)
        return cls(signs)

    def sentence(self, text: str, alphabet: str | None = None) -> list[SignText]:
        """The signs of a sentence of glosses.

        Args:
            text: glosses that white space separates; a gloss of the lexicon may have several words. ``fs:ANNA`` and
                ``#ANNA`` are spelt by fingers.
            alphabet: which fingers spell; see `spelt`.

        Raises:
            PoseloomError: a gloss that the lexicon has not, or a word to be spelt without an alphabet.
        """
        words, signs, place = text.split(), [], 0
        while place < len(words):
            fingers = _SPELT.fullmatch(words[place])
            if fingers:
                signs += spelt(fingers[1], alphabet)
                place += 1
                continue
            end = next((end for end in range(len(words), place, -1) if self._find(words[place:end])), None)
            if end is None:
                near = closest(words[place].casefold(), list(self.signs))
                raise PoseloomError(
                    f"gloss {words[place]!r} is not in the lexicon{near}; fs:{words[place][:30]} spells it by fingers"
                )
            found = self._find(words[place:end])
            assert found is not None
            signs.append(SignText(" ".join(words[place:end]), found.text, found.nonmanual, found.notes))
            place = end
        if not signs:
            raise PoseloomError("a sentence without glosses; give one or more glosses of the lexicon")
        return signs

    def _find(self, words: list[str]) -> SignText | None:
        """A sign by its gloss; of a dictionary's variants the first, where the gloss names none."""
        gloss = " ".join(words).casefold()
        if gloss in self.signs:
            return self.signs[gloss]
        return next((sign for known, sign in self.signs.items() if _VARIANT.sub("", known) == gloss), None)
