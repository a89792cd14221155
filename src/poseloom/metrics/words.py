"""Words of an English text as the Penn Treebank separates them, for METEOR."""

from __future__ import annotations

import re

_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_CLITIC = re.compile(r"(?<=\w)(n't|'(?:s|m|d|ll|re|ve))(?!\w)", re.IGNORECASE)
_CANNOT = re.compile(r"\b(can)(not)\b", re.IGNORECASE)
_TOKEN = re.compile(
    r"""
      n't(?!\w) | '(?:s|m|d|ll|re|ve)(?!\w)    # clitics, set apart before
    | [\w°]+ (?:[-'./,](?=\w)[\w°]+)*          # words and numbers, compounds whole
    | \.{2,} | -{2,} | [^\w\s]                 # dots, dashes, any other sign
    """,
    re.IGNORECASE | re.VERBOSE,
)


def treebank_words(text: str) -> list[str]:
    """Words, clitics ("'s", "n't") and signs, in order.

    Compounds stay whole ("left-hand", "o'clock", "and/or", "3.5"). The full stop is a word of its own at the end of
    any sentence, so that no sentence splitter is needed.
    """
    spaced = _CANNOT.sub(r"\1 \2", _CLITIC.sub(r" \1", text.translate(_ALIKE)))
    return _TOKEN.findall(spaced)
