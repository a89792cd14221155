"""The table of word vectors that ships with the library: which words there are, and which are near each other.

Word pieces of BERT's uncased vocabulary, made once from the frozen all-MiniLM-L6-v2 (``tools/word_vectors.py``);
nothing is computed but means and cosines, and torch is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int8
from safetensors import SafetensorError
from safetensors.numpy import load_file

from poseloom.base.errors import FileError

WORD_VECTORS = Path(__file__).parent / "word_vectors.safetensors"
VECTORS, PIECES = "vectors", "pieces"
"""Names of the table's tensors: int8 rows, and the pieces as UTF-8 lines."""
_INSIDE = "##"


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

    def __contains__(self, word: str) -> bool:
        """Whether it is a word of its own: one piece."""
        return not word.startswith(_INSIDE) and word in self.rows

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


def _unit(rows: Float[np.ndarray, "*batch numbers"]) -> Float[np.ndarray, "*batch numbers"]:
    lengths: Float[np.ndarray, "*batch 1"] = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)
