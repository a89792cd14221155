"""The nearest string: what a generator must beat, because it needs no learning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from numpy import ndarray


def edit_distances(text: str, others: Sequence[str]) -> Int[ndarray, " others"]:
    """Least number of symbols inserted, left out or replaced that turn a text into each of the others (Levenshtein)."""
    if not others:
        return np.zeros(0, np.int64)
    lengths = np.array([len(other) for other in others])
    width = int(lengths.max())
    codes = np.zeros((len(others), width), np.int64)
    for row, other in enumerate(others):
        codes[row, : len(other)] = [ord(symbol) for symbol in other]
    places = np.arange(width + 1)
    row_above = np.broadcast_to(places, (len(others), width + 1)).copy()
    for number, symbol in enumerate(text, 1):
        replaced = row_above[:, :-1] + (codes != ord(symbol))
        best = np.concatenate([np.full((len(others), 1), number), np.minimum(replaced, row_above[:, 1:] + 1)], 1)
        # an insertion may follow another: the least of best[k] + (j - k) over k <= j
        row_above = np.minimum.accumulate(best - places, axis=1) + places
    return row_above[np.arange(len(others)), lengths]


def nearest_text(text: str, others: Sequence[str]) -> int:
    """Place of the nearest of the others, the first of equals."""
    return int(edit_distances(text, others).argmin())
