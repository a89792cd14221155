"""METEOR-ES: METEOR with exact and stem matches, without synonyms.

Banerjee & Lavie (2005) with the parameters of NLTK (alpha 0.9, beta 3, gamma 0.5; Lavie & Agarwal 2007), lower-cased.
The published tables of PoseScript and PoseFix add matches through WordNet synonyms, a lexical database that has to be
downloaded. Figures of the two kinds must not be mixed, hence the name. Best score over an item's
references, mean over the items.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from poseloom.metrics.porter import stem
from poseloom.metrics.references import check_references
from poseloom.metrics.words import treebank_words

ALPHA = 0.9
"""Weight of recall against precision in their harmonic mean."""
BETA = 3.0
"""Exponent of the fragmentation."""
GAMMA = 0.5
"""Largest share of the score that fragmentation takes."""

Pair = tuple[int, int]
"""A matched word: its place in the candidate and in the reference."""


def meteor_es(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """METEOR-ES of a corpus, 0 to 100.

    Raises:
        PoseloomError: no items, another number of references than of candidates, or an item without a reference.
    """
    check_references("METEOR", candidates, references)
    total = 0.0
    for text, texts in zip(candidates, references, strict=True):
        words = treebank_words(text)
        total += max(meteor_es_of(words, treebank_words(one)) for one in texts)
    return 100 * total / len(candidates)


def meteor_es_of(candidate: Sequence[str], reference: Sequence[str]) -> float:
    """METEOR-ES of one tokenised text against one tokenised reference, 0 to 1."""
    pairs = _align([word.lower() for word in candidate], [word.lower() for word in reference])
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(candidate), len(pairs) / len(reference)
    harmonic = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    chunks = 1 + sum((i + 1, j + 1) != after for (i, j), after in pairwise(pairs))
    return harmonic * (1 - GAMMA * (chunks / len(pairs)) ** BETA)


def _align(candidate: Sequence[str], reference: Sequence[str]) -> list[Pair]:
    """Matched words in the candidate's order: first equal words, then equal stems among those left."""
    exact = _match(dict(enumerate(candidate)), dict(enumerate(reference)))
    left = {i: stem(word) for i, word in enumerate(candidate) if i not in {i for i, _ in exact}}
    right = {j: stem(word) for j, word in enumerate(reference) if j not in {j for _, j in exact}}
    return sorted(exact + _match(left, right))


def _match(candidate: dict[int, str], reference: dict[int, str]) -> list[Pair]:
    """Equal words, from the end on: each word of the candidate takes the last free one of the reference (as NLTK)."""
    places = defaultdict(list)
    for j, word in reference.items():
        places[word].append(j)
    return [(i, places[word].pop()) for i, word in reversed(candidate.items()) if places.get(word)]
