"""BLEU-4 of a corpus, as WMT's mteval-v13a computes it, without smoothing.

Papineni et al., ACL 2002: geometric mean of the clipped n-gram precisions (n = 1 to 4) over the whole corpus, times a
penalty for brevity. Case-sensitive. Zero when any order has no match at all.

Implementations differ in the reference length of an item with several references: Hugging Face ``evaluate``, which
PoseScript, PoseFix and PoseEmbroider use, takes the shortest; mteval and sacrebleu the one closest to the candidate.
With one reference each they agree to rounding.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from poseloom.metrics.references import check_references

MAXIMUM_ORDER = 4

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_SPLITS = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),  # every ASCII sign but ' , - .
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)

ReferenceLength = Callable[[int, Sequence[int]], int]
"""(candidate's length, lengths of its references) -> the length it should have."""


def shortest_reference(candidate: int, references: Sequence[int]) -> int:
    """Length of the shortest reference (Hugging Face ``evaluate``; the published tables)."""
    return min(references)


def closest_reference(candidate: int, references: Sequence[int]) -> int:
    """Length of the reference nearest to the candidate's, the shorter of two (mteval-v13a, sacrebleu)."""
    return min(references, key=lambda length: (abs(length - candidate), length))


def tokenise_13a(text: str) -> list[str]:
    """Words and signs of a text as mteval-v13a separates them; case is kept."""
    line = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        line = line.replace(entity, sign)
    line = f" {line} "
    for pattern, replacement in _SPLITS:
        line = pattern.sub(replacement, line)
    return line.split()


def corpus_bleu(
    candidates: Sequence[str],
    references: Sequence[Sequence[str]],
    reference_length: ReferenceLength = shortest_reference,
) -> float:
    """Corpus BLEU-4, 0 to 100.

    Args:
        candidates: one text for each item.
        references: one or more texts for each item.
        reference_length: which reference decides whether a candidate is too short.

    Raises:
        PoseloomError: no items, another number of references than of candidates, or an item without a reference.
    """
    check_references("BLEU", candidates, references)
    matches, possible = [0] * MAXIMUM_ORDER, [0] * MAXIMUM_ORDER
    length = wanted = 0
    for candidate, texts in zip(candidates, references, strict=True):
        words, alternatives = tokenise_13a(candidate), [tokenise_13a(text) for text in texts]
        length += len(words)
        wanted += reference_length(len(words), [len(alternative) for alternative in alternatives])
        found = _ngrams(words)
        allowed: Counter[tuple[str, ...]] = Counter()
        for alternative in alternatives:
            allowed |= _ngrams(alternative)
        for ngram, count in (found & allowed).items():
            matches[len(ngram) - 1] += count
        for order in range(1, MAXIMUM_ORDER + 1):
            possible[order - 1] += max(len(words) - order + 1, 0)
    if min(matches) == 0:
        return 0.0
    precision = sum(math.log(hit / all_) for hit, all_ in zip(matches, possible, strict=True)) / MAXIMUM_ORDER
    brevity = min(0.0, 1 - wanted / length)
    return 100 * math.exp(precision + brevity)


def _ngrams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    """How often every sequence of one to four words occurs."""
    return Counter(
        tuple(words[start : start + order])
        for order in range(1, MAXIMUM_ORDER + 1)
        for start in range(len(words) - order + 1)
    )
