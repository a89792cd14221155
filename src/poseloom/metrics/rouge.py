"""ROUGE-L: the longest common subsequence of words (Lin, 2004).

As the ``rouge_score`` package and Hugging Face ``evaluate`` compute it for the published tables: lower case, only
letters a to z and digits make words, no stemming; F-measure of the whole text (not by sentence) with equal weight of
precision and recall; the best of an item's references. The published figure is the median of 1000 bootstrap means
over the items, drawn from numpy's global generator there and from a seed here; it differs from the plain mean by
noise only, so the plain mean is given as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseloom.metrics.references import check_references

BOOTSTRAP_MEANS = 1000
CONFIDENCE = 0.95
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class RougeL:
    """ROUGE-L of a corpus, 0 to 100.

    Args:
        mean: plain mean over items.
        median: half of the bootstrap means are below it; the published figure.
        low: 2.5 % quantile of the bootstrap means.
        high: 97.5 % quantile.
    """

    mean: float
    median: float
    low: float
    high: float


def rouge_l(candidates: Sequence[str], references: Sequence[Sequence[str]], seed: int = 0) -> RougeL:
    """ROUGE-L of candidates against one or more references each.

    Raises:
        PoseloomError: no items, another number of references than of candidates, or an item without a reference.
    """
    check_references("ROUGE-L", candidates, references)
    scores = 100 * np.array(
        [max(rouge_l_of(text, one) for one in texts) for text, texts in zip(candidates, references, strict=True)]
    )
    means = bootstrap_means(scores, seed)
    tail = (1 - CONFIDENCE) / 2
    low, median, high = np.quantile(means, [tail, 0.5, 1 - tail])
    return RougeL(float(scores.mean()), float(median), float(low), float(high))


def rouge_l_of(candidate: str, reference: str) -> float:
    """ROUGE-L F-measure of one text against one reference, 0 to 1."""
    own, other = _WORD.findall(candidate.lower()), _WORD.findall(reference.lower())
    common = common_subsequence(own, other)
    return 2 * common / (len(own) + len(other)) if common else 0.0


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, one machine word of `a` at a time (Hyyro, 2004)."""
    places: dict[str, int] = {}
    for index, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << index
    whole = (1 << len(a)) - 1
    row = whole
    for word in b:
        matched = row & places.get(word, 0)
        row = (row + matched | row - matched) & whole
    return len(a) - row.bit_count()


def bootstrap_means(scores: NDArray[np.float64], seed: int = 0, means: int = BOOTSTRAP_MEANS) -> NDArray[np.float64]:
    """Means of `means` samples of the items with replacement, of the items' own number each (Efron, 1979)."""
    generator = np.random.default_rng(seed)
    return np.array([scores[generator.integers(0, len(scores), len(scores))].mean() for _ in range(means)])
