"""Descriptions by rule in the manner of people: other words and order, telegraphic, with slips of spelling.

Other words come from the lexicon: those that it reads as the words of the description. What a paraphrase says is what
the description says, or less of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from poseloom.language.lexicon.relatives import never_guessed
from poseloom.language.lexicon.words import word_tables
from poseloom.language.telegraphic import telegraphic

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[A-Za-z]+(?:[-'][A-Za-z]+)*")
_OF_BODY = re.compile(
    r"\b(?:Their|His|Her|The)\b(?= (?:left|right|head|trunk|body|feet|knees|elbows|arms|legs|both)\b)"
)
_SHORTEST_SLIP = 5


@dataclass(frozen=True)
class Manner:
    """How often a paraphrase does what, as shares of texts or of words.

    Args:
        telegraphic: texts without small words, their sentences run together.
        other_words: words and phrases for which the lexicon has others.
        shuffled: texts whose sentences after the first stand in another order.
        addressed: texts that say "your" instead of "their".
        slips: words of five letters and more with two letters exchanged.
        left_out: sentences after the first that are left out.
    """

    telegraphic: float = 0.4
    other_words: float = 0.3
    shuffled: float = 0.5
    addressed: float = 0.2
    slips: float = 0.005
    left_out: float = 0.0


def paraphrase(text: str, generator: np.random.Generator, manner: Manner | None = None) -> str:
    """A description by rule as people might write it.

    Args:
        text: whole sentences.
        generator: chooses.
        manner: how far it goes.
    """
    manner = manner or Manner()
    sentences = _SENTENCE.split(text)
    rest = [one for one in sentences[1:] if generator.random() >= manner.left_out]
    if generator.random() < manner.shuffled:
        rest = [rest[place] for place in generator.permutation(len(rest))]
    said = " ".join([sentences[0], *rest])
    if generator.random() < manner.addressed:
        said = _OF_BODY.sub("Your", said)
    if generator.random() < manner.telegraphic:
        said = telegraphic(said, generator, cut=0.0 if not manner.left_out else None)
    return _slips(_in_other_words(said, generator, manner.other_words), generator, manner.slips)


def _in_other_words(text: str, generator: np.random.Generator, share: float) -> str:
    words, made, place = text.split(" "), [], 0
    while place < len(words):
        size, others = _others_at(words, place)
        if size and generator.random() < share:
            mark = re.search(r"[.,;:!?]*$", words[place + size - 1])
            said = others[int(generator.integers(len(others)))]
            said = f"{said[0].upper()}{said[1:]}" if words[place][:1].isupper() else said
            made.append(f"{said}{mark.group() if mark else ''}")
        else:
            size = 1
            made.append(words[place])
        place += size
    return " ".join(made)


def _others_at(words: list[str], place: int) -> tuple[int, tuple[str, ...]]:
    """How many words have others at a place, and those."""
    for size in (3, 2, 1):
        part = words[place : place + size]
        if len(part) < size or any(one[-1:] in ".,;:!?" for one in part[:-1]):
            continue
        others = other_words().get(" ".join(part).lower().rstrip(".,;:!?"))
        if others:
            return size, others
    return 0, ()


@cache
def other_words() -> Mapping[str, tuple[str, ...]]:
    """Word or phrase -> words that the lexicon reads as it."""
    found: dict[str, list[str]] = {}
    for old, new in word_tables().sentence_phrases.items():
        if " ".join(new) not in _not_exchanged():
            found.setdefault(" ".join(new), []).append(" ".join(old))
    return {new: tuple(old) for new, old in found.items()}


@cache
def _not_exchanged() -> frozenset[str]:
    """Small words, which say nothing of the kind."""
    tables = word_tables()
    return (never_guessed() & tables.skipped) | {"not", "with", "and", "on", "woman", "you", "your"}


def _slips(text: str, generator: np.random.Generator, share: float) -> str:
    def slipped(found: re.Match[str]) -> str:
        word = found.group()
        if len(word) < _SHORTEST_SLIP or generator.random() >= share:
            return word
        at = int(generator.integers(1, len(word) - 2))
        return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"

    return _WORD.sub(slipped, text) if share else text
