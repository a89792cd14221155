"""Words that no list has, by their nearest known relative: "sprawled" as "lying".

In a table of vectors (vectors.py) opposites are neighbours: words of direction, side, amount, up and down are therefore
never looked up, and are never what is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from poseloom.language.lexicon.vectors import word_vectors
from poseloom.language.lexicon.words import word_tables

CLOSE = 0.5
"""Cosine from which on a word is read as another one."""
_SHORTEST = 3


class Relative(NamedTuple):
    """The known word that one is read as.

    Args:
        word: the known one.
        cosine: how close it is.
    """

    word: str
    cosine: float


@lru_cache(maxsize=4096)
def relative(word: str, targets: tuple[str, ...], least: float = CLOSE) -> Relative | None:
    """The nearest of some known words.

    Only a word that is one piece is looked up: the mean of several says more of their spelling than of the word.

    Args:
        word: in small letters.
        targets: what it may be read as; words of direction, side and amount among them are passed over.
        least: cosine below which there is none.
    """
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha() or word in never_guessed():
        return None
    known = word_vectors()
    names, table = _table(targets)
    if len(known.pieces(word)) != 1 or not len(names):
        return None
    vector = known.of(word)
    assert vector is not None  # it has a piece
    cosines = table @ vector
    best = int(cosines.argmax())
    return Relative(names[best], float(cosines[best])) if cosines[best] >= least else None


@cache
def never_guessed() -> frozenset[str]:
    """Words of direction, side, amount, up and down, and small words: opposites are neighbours in the table."""
    tables = word_tables()
    return frozenset({*tables.exact, *tables.written, *tables.skipped, *tables.people, *tables.after, *tables.fillers})


@lru_cache(maxsize=16)
def _table(targets: Sequence[str]) -> tuple[tuple[str, ...], Float[np.ndarray, "targets numbers"]]:
    known = word_vectors()
    vectors = {word: known.of(word) for word in targets if word not in never_guessed() and len(word) >= _SHORTEST}
    found = {word: vector for word, vector in vectors.items() if vector is not None}
    table = np.stack(list(found.values())) if found else np.zeros((0, known.vectors.shape[1]), np.float32)
    return tuple(found), table
