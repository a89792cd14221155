"""Rows by the words of their texts: an inverted list and BM25 scores without term counts.

Source of the score: Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009. Descriptions are short and
hardly repeat a word, so a word counts once a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from poseloom.base.errors import FileError
from poseloom.search.files import (
    REMEDY,
    SUFFIX,
    TextColumn,
    check_ascending,
    check_range,
    read_array,
    write_array,
    write_texts,
)

K1, B = 1.2, 0.75
"""Usual values of BM25's parameters."""
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "is",
        "are",
        "be",
        "been",
        "being",
        "am",
        "was",
        "were",
        "of",
        "to",
        "in",
        "on",
        "at",
        "and",
        "or",
        "with",
        "while",
        "as",
        "by",
        "for",
        "from",
        "it",
        "its",
        "his",
        "her",
        "he",
        "she",
        "they",
        "them",
        "their",
        "theirs",
        "this",
        "that",
        "these",
        "those",
        "who",
        "which",
        "there",
    ]
)
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = ("ing", "es", "ed", "s")
_SHORTEST_STEM = 4


def words_of(text: str) -> list[str]:
    """Lower-case words, in order."""
    return _WORD.findall(text.lower())


def stem(word: str) -> str:
    """The word without a usual English ending; `kneel` for kneeling and kneels."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


class _Tokens(dict[str, tuple[int, ...]]):
    """What stands between spaces -> numbers of the stems in it; made when it is first met.

    Looking up whole tokens is several times faster than cutting every text into words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stems: dict[str, int] = {}

    def __missing__(self, token: str) -> tuple[int, ...]:
        stems = [stem(word) for word in words_of(token) if word not in STOP]
        self[token] = numbers = tuple(self.stems.setdefault(one, len(self.stems)) for one in stems)
        return numbers


class WordsWriter:
    """Collects the words of rows, then turns the lists around."""

    def __init__(self) -> None:
        self._tokens = _Tokens()
        self._lists: list[NDArray[np.int32]] = []
        self._lengths: list[NDArray[np.uint16]] = []

    def append(self, texts: Sequence[Sequence[str]]) -> None:
        """Add the texts of some rows."""
        numbers = self._tokens.__getitem__
        flat: list[int] = []
        lengths = np.zeros(len(texts), np.uint16)
        for place, row in enumerate(texts):
            # in the order of the text: the order of a set of strings differs from process to process
            tokens = dict.fromkeys(token for text in row for token in text.lower().split())
            found = dict.fromkeys(number for token in tokens for number in numbers(token))
            flat += found
            lengths[place] = min(len(found), np.iinfo(np.uint16).max)
        self._lists.append(np.array(flat, np.int32))
        self._lengths.append(lengths)

    def write(self, folder: Path) -> None:
        """Write the words, where the list of each begins, the lists of rows, and the lengths of the rows."""
        lengths = np.concatenate(self._lengths) if self._lengths else np.zeros(0, np.uint16)
        counts = np.zeros(len(self._tokens.stems), np.int64)
        for part in self._lists:
            counts += np.bincount(part, minlength=len(counts))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.empty(int(starts[-1]), np.int32)
        filled = starts[:-1].copy()
        first = 0
        for part, long in zip(self._lists, self._lengths, strict=True):
            owners = np.repeat(np.arange(first, first + len(long), dtype=np.int32), long)
            order = np.argsort(part, kind="stable")
            found, begins, many = np.unique(part[order], return_index=True, return_counts=True)
            places = np.repeat(filled[found] - begins, many) + np.arange(len(part))
            rows[places] = owners[order]
            filled[found] += many
            first += len(long)
        write_texts(folder, "words", list(self._tokens.stems))
        for name, array in (("starts", starts), ("rows", rows), ("lengths", lengths)):
            write_array(folder / f"words.{name}{SUFFIX}", array)


class WordScorer:
    """Scores rows by the words of a query."""

    def __init__(self, folder: Path, rows: int):
        column = TextColumn(folder, "words", None)
        self._numbers = {word: number for number, word in enumerate(column.all())}
        self._starts = read_array(folder / f"words.starts{SUFFIX}", (len(self._numbers) + 1,), np.int64)
        self._rows = read_array(folder / f"words.rows{SUFFIX}", (None,), np.int32)
        self._lengths = read_array(folder / f"words.lengths{SUFFIX}", (rows,), np.uint16)
        check_ascending(folder / f"words.starts{SUFFIX}", self._starts)
        if self._starts[-1] != len(self._rows):
            raise FileError(folder / f"words.rows{SUFFIX}", "is damaged: it has other rows", remedy=REMEDY)
        check_range(folder / f"words.rows{SUFFIX}", self._rows, 0, rows)
        self.rows = rows
        self._average = float(self._lengths.mean()) if rows else 0.0

    def known(self, words: Iterable[str]) -> list[str]:
        """Those of the words that some row has."""
        return [word for word in words if stem(word) in self._numbers]

    def scores(self, words: Sequence[str], part: slice | None = None) -> Float[np.ndarray, " rows"]:
        """Score of every row, or of those in a part, 0 to 1; 1 where a short text has every word, whether or not the
        others know it."""
        first, last = (part.start, part.stop) if part else (0, len(self._lengths))
        scores = np.zeros(last - first, np.float32)
        weights = self._weights(words)
        total = sum(weights.values())
        for number, weight in weights.items():
            if number >= 0:
                listed = self._list(number)
                begin, end = np.searchsorted(listed, np.array([first, last], np.int32)).tolist()
                scores[listed[begin:end] - np.int32(first)] += np.float32(weight / total)
        scores *= self._factors.take(self._lengths[first:last])
        return scores

    def highest(self, words: Sequence[str]) -> float:
        """No row scores more: that of all known words in the shortest of the texts."""
        weights = self._weights(words)
        known = sum(weight for number, weight in weights.items() if number >= 0)
        return known / sum(weights.values()) * float(self._factors[self._shortest]) if known else 0.0

    @cached_property
    def _shortest(self) -> int:
        return int(self._lengths.min(initial=np.iinfo(np.uint16).max)) if self.rows else 0

    def scores_of(self, words: Sequence[str], rows: Int[np.ndarray, " some"]) -> Float[np.ndarray, " some"]:
        """The same for some rows alone, given in ascending order."""
        scores = np.zeros(len(rows), np.float32)
        weights = self._weights(words)
        total = sum(weights.values())
        for number, weight in weights.items():
            if number >= 0:
                listed = self._list(number)
                places = np.minimum(np.searchsorted(listed, rows.astype(np.int32)), len(listed) - 1)
                scores += np.float32(weight / total) * (listed[places] == rows)
        scores *= self._factors.take(self._lengths[rows])
        return scores

    def _list(self, number: int) -> NDArray[np.int32]:
        return self._rows[self._starts[number] : self._starts[number + 1]]

    def _weights(self, words: Sequence[str]) -> dict[int, float]:
        """Weight of each distinct word (inverse document frequency); unknown words have numbers below zero."""
        total = len(self._lengths)
        made: dict[int, float] = {}
        for place, word in enumerate(dict.fromkeys(stem(word) for word in words if word not in STOP)):
            number = self._numbers.get(word, -1 - place)
            having = 0 if number < 0 else int(self._starts[number + 1] - self._starts[number])
            made[number] = float(np.log1p((total - having + 0.5) / (having + 0.5)))
        return made

    @cached_property
    def _factors(self) -> Float[np.ndarray, " lengths"]:
        """What a word counts in a text of each length, beside one in the shortest."""
        lengths = np.arange(int(self._lengths.max(initial=0)) + 1)
        long = 1 - B + B * lengths / max(self._average, 1.0)
        return ((1 + K1 * (1 - B)) / (1 + K1 * long)).astype(np.float32)
