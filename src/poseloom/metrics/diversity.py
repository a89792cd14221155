"""How varied and how long generated texts are: distinct-n and lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from poseloom.base.errors import PoseloomError
from poseloom.metrics.words import treebank_words


@dataclass(frozen=True)
class TextLengths:
    """Words a text, signs of punctuation included.

    Args:
        mean, deviation, median: over the texts; the deviation divides by n.
        shortest, longest: the extremes.
    """

    mean: float
    deviation: float
    median: float
    shortest: int
    longest: int


def distinct(texts: Sequence[str], n: int) -> float:
    """distinct-n (Li et al., NAACL 2016): different n-grams over all n-grams of the corpus, lower-cased; 0 to 1.

    Falls with the size of the corpus, so compare corpora of equal size only. 0 where no text has n words.
    """
    seen: set[tuple[str, ...]] = set()
    total = 0
    for text in texts:
        words = treebank_words(text.lower())
        ngrams = [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]
        seen.update(ngrams)
        total += len(ngrams)
    return len(seen) / total if total else 0.0


def unique_texts(texts: Sequence[str]) -> float:
    """Share of different texts, 0 to 1: near 0 where a generator says the same of every pose."""
    if not texts:
        raise PoseloomError("unique texts: expected at least one text")
    return len(set(texts)) / len(texts)


def text_lengths(texts: Sequence[str]) -> TextLengths:
    """Statistics of the number of words.

    Raises:
        PoseloomError: no texts.
    """
    if not texts:
        raise PoseloomError("text lengths: expected at least one text")
    lengths = [len(treebank_words(text)) for text in texts]
    return TextLengths(fmean(lengths), pstdev(lengths), float(median(lengths)), min(lengths), max(lengths))
