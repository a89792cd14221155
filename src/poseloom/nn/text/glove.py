"""First word vectors from a GloVe file (Pennington et al., EMNLP 2014)."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import GIBIBYTE, readable_file
from poseloom.nn.text.encoders import WORD_VECTOR
from poseloom.nn.text.vocabulary import Vocabulary

_MAXIMUM_BYTES = 8 * GIBIBYTE
"""glove.840B.300d.txt has 5.3 GiB."""
_WORD_END = "</w>"


def glove_table(vocabulary: Vocabulary, path: str | Path, *, seed: int = 0) -> Float[Tensor, "words 300"]:
    """A vector for each word: GloVe's of the word, or of the word without ``</w>``, or else drawn from N(0, 1).

    Raises:
        FileError: a line of a wanted word does not end in 300 numbers.
    """
    table = torch.randn(len(vocabulary), WORD_VECTOR, generator=torch.Generator().manual_seed(seed))
    wanted: dict[str, list[int]] = {}
    for place, word in enumerate(vocabulary.words):
        wanted.setdefault(word.removesuffix(_WORD_END), []).append(place)
        wanted.setdefault(word, []).append(place)
    with readable_file(path, maximum_bytes=_MAXIMUM_BYTES).open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            parts = line.rstrip().rsplit(" ", WORD_VECTOR)  # words may hold spaces
            if parts[0] in wanted:
                table[wanted[parts[0]]] = _vector(parts[1:], path, number)
    return table


def _vector(numbers: list[str], path: str | Path, line: int) -> Float[Tensor, "300"]:
    try:
        if len(numbers) != WORD_VECTOR:
            raise ValueError
        return torch.tensor([float(number) for number in numbers])
    except ValueError:
        problem = f"does not end in {WORD_VECTOR} numbers"
        raise FileError(path, problem, field=f"line {line}", remedy="expected GloVe's vectors of size 300") from None
