"""Words that no list has, by their nearest known relative: "sprawled" as "lying".

A table of the word pieces of BERT's uncased vocabulary as vectors, made once from the frozen all-MiniLM-L6-v2
(``tools/word_vectors.py``); nothing is computed but means and cosines. In such a table opposites are neighbours: words
of direction, side, amount, up and down are therefore never looked up, and are never what is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int8
from safetensors import SafetensorError
from safetensors.numpy import load_file

from poseloom.base.errors import FileError
from poseloom.language.lexicon.words import word_tables

WORD_VECTORS = Path(__file__).parent / "word_vectors.safetensors"
VECTORS, PIECES = "vectors", "pieces"
"""Names of the table's tensors: int8 rows, and the pieces as UTF-8 lines."""
CLOSE = 0.5
"""Cosine from which on a word is read as another one."""
_INSIDE = "##"
_SHORTEST = 3


class Relative(NamedTuple):
    """The known word that one is read as.

    Args:
        word: the known one.
        cosine: how close it is.
    """

    word: str
    cosine: float


@dataclass(frozen=True, eq=False)
class WordVectors:
    """The table.

    Args:
        rows: place of each piece; what stands inside a word begins with ``##``.
        vectors: of any length, as whole numbers.
    """

    rows: dict[str, int]
    vectors: Int8[np.ndarray, "pieces numbers"]

    def of(self, word: str) -> Float[np.ndarray, " numbers"] | None:
        """The mean of a word's pieces, of length 1; None for a word of other letters than a to z."""
        pieces = self.pieces(word)
        if not pieces:
            return None
        mean = _unit(self.vectors[pieces].astype(np.float32)).mean(0)
        return _unit(mean)

    def pieces(self, word: str) -> list[int]:
        """The longest pieces from the left (WordPiece)."""
        found: list[int] = []
        start = 0
        while start < len(word):
            inside = _INSIDE if start else ""
            for end in range(len(word), start, -1):
                row = self.rows.get(inside + word[start:end])
                if row is not None:
                    found.append(row)
                    start = end
                    break
            else:
                return []
        return found


@cache
def word_vectors(path: Path = WORD_VECTORS) -> WordVectors:
    """The table of a file.

    Raises:
        FileError: it is missing or damaged.
    """
    try:
        table = load_file(path)
        pieces = table[PIECES].tobytes().decode().split("\n")
        vectors = table[VECTORS]
    except (OSError, KeyError, UnicodeDecodeError, SafetensorError) as error:
        raise FileError(path, f"is no table of word vectors: {error}", remedy="install poseloom again") from None
    if vectors.ndim != 2 or vectors.dtype != np.int8 or len(vectors) != len(pieces):
        raise FileError(path, "is damaged: pieces and vectors do not belong together", remedy="install poseloom again")
    return WordVectors({piece: row for row, piece in enumerate(pieces)}, vectors)


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


def _unit(rows: Float[np.ndarray, "*batch numbers"]) -> Float[np.ndarray, "*batch numbers"]:
    lengths: Float[np.ndarray, "*batch 1"] = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)
