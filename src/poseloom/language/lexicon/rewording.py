"""A text in words that a model has learned: each unknown word as a known one that says the same, or left out.

In this order: everyday words and phrases as they are written in the tables, other words for the same state, posture or
part, another inflection, slips of spelling, and the nearest relative in the table of word vectors, which is told. Words
that the model knows stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from poseloom.language.description.plain_table import PhraseKind, plain_words
from poseloom.language.lexicon.relatives import relative
from poseloom.language.lexicon.words import SHORTEST_STEM, inflections, nearest_spelling, stem, word_tables

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?]")
_MARKS = frozenset(".,;:!?")
_KINDS = (PhraseKind.STATE, PhraseKind.POSTURE, PhraseKind.PART, PhraseKind.MIDDLE)
_FREQUENT = 220
"""Words at the beginning of a vocabulary, which begins with the most frequent, that others are read as."""


@dataclass(frozen=True)
class Reworded:
    """A text in known words.

    Args:
        text: the text.
        notes: relatives that words were read as: "sprawled read as lying".
        left_out: words for which there is none.
    """

    text: str
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass
class _Made:
    words: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@lru_cache(maxsize=1024)
def reworded(text: str, vocabulary: tuple[str, ...]) -> Reworded:
    """A text in the words of a vocabulary.

    Args:
        text: plain English.
        vocabulary: known words in small letters, the most frequent first.
    """
    known = _as_set(vocabulary)
    words, made = _WORD.findall(text.lower()), _Made()
    place = 0
    while place < len(words):
        size, said = _phrase(words, place, known)
        made.words += said if size else _word(words[place], vocabulary, made)
        place += size or 1
    joined = re.sub(r" ([.,;:!?])", r"\1", " ".join(made.words))
    return Reworded(joined, tuple(dict.fromkeys(made.notes)), tuple(dict.fromkeys(made.left_out)))


@lru_cache(maxsize=8)
def _stems(vocabulary: tuple[str, ...]) -> dict[str, str]:
    """The most frequent word of each stem."""
    return {stem(word): word for word in reversed(vocabulary) if len(word) > SHORTEST_STEM}


@lru_cache(maxsize=8)
def _as_set(vocabulary: tuple[str, ...]) -> frozenset[str]:
    return frozenset(vocabulary)


def _phrase(words: Sequence[str], place: int, known: frozenset[str]) -> tuple[int, Sequence[str]]:
    """How many words a phrase of the tables replaces at a place, and by what; only where one of them is unknown."""
    tables = word_tables()
    for size in range(min(tables.longest, len(words) - place), 0, -1):
        written = tuple(words[place : place + size])
        said = tables.sentence_phrases.get(written)
        if said is not None and not known.issuperset(written) and known.issuperset(said):
            return size, said
    return 0, ()


def _word(word: str, vocabulary: tuple[str, ...], made: _Made) -> Sequence[str]:
    known = _as_set(vocabulary)
    if word in known or word in _MARKS or word[0].isdigit():
        return (word,)
    for way in _ways(word):
        if known.issuperset(way):
            return way
    same_stem = _stems(vocabulary).get(stem(word))
    if same_stem is not None:
        return (same_stem,)
    right = nearest_spelling(word, known)
    if right is not None:
        return (right,)
    found = relative(word, vocabulary[:_FREQUENT])
    if found is not None:
        made.notes.append(f"{word} read as {found.word}")
        return (found.word,)
    if word not in word_tables().skipped:
        made.left_out.append(word)
    return ()


def _ways(word: str) -> Iterator[Sequence[str]]:
    """Other words for the same, the closest first."""
    tables = word_tables()
    right = tables.spelling.get(word)
    for one in (word, *((right,) if right else ())):
        yield (one,)
        yield from _alike(one)
        lemma = tables.lemmas.get(one, one)
        for form in _forms().get(lemma, ()):
            if form != one:
                yield tables.sentence_phrases.get((form,), (form,))
                yield from _alike(form)
    if "-" in word:
        yield tuple(word.split("-"))


def _alike(word: str) -> Iterator[Sequence[str]]:
    """Words that the table of plain words holds for the same state, posture or part."""
    item = plain_words().phrases.get((word,))
    if item is None or item.kind not in _KINDS:
        return
    for words, other in plain_words().phrases.items():
        if (other.kind, other.name, other.many) == (item.kind, item.name, item.many):
            yield words


@cache
def _forms() -> dict[str, tuple[str, ...]]:
    """The inflections of each verb, itself first."""
    found: dict[str, list[str]] = {}
    for form, verb in word_tables().lemmas.items():
        found.setdefault(verb, [verb, *inflections(verb)]).append(form)
    return {verb: tuple(dict.fromkeys(forms)) for verb, forms in found.items()}
