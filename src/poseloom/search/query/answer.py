"""Finds the rows of one segment that meet a question and scores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float, Int, Int16
from numpy.typing import NDArray

from poseloom.search.neighbours import best
from poseloom.search.query.conditions import HOLDS, Condition, Rows, in_turn
from poseloom.search.query.parse import Query
from poseloom.search.words import WordScorer

_BLOCK = 131_072
"""Rows looked at at once: a quarter of a megabyte of each column, few enough for the processor's cache."""
_FIRST_BLOCK = 4096
_FEW = 32
"""Where at most one row in so many is left, single rows are looked at."""
_ROUNDING = 1e-6
"""More than a score is off by the arithmetic of 32-bit numbers."""
_CANDIDATES = 500
"""Best rows by the conditions, which the words of the question rank further."""
_TEXT_SHARE = 0.1
"""Weight of the words where all of them were understood as conditions."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Rows of a segment with their scores, in no order; whether they meet the question."""

    rows: Int[np.ndarray, " found"]
    scores: Float[np.ndarray, " found"]
    holds: bool


def answer(
    features: Int16[np.ndarray, "columns rows"] | None,
    words: WordScorer,
    asked: Query,
    plain: Sequence[str],
    all_words: Sequence[str],
    k: int,
    mask: Bool[np.ndarray, " rows"] | None,
    near: bool = False,
) -> Scored:
    """The best rows of a segment.

    Args:
        features: stored columns; None where the question has no conditions.
        words: scores rows by the words of the segment's texts.
        asked: the question.
        plain: its words that are looked for in the texts.
        all_words: every word of it; they rank rows that meet the conditions alike.
        k: most rows that will be shown.
        mask: rows that pass the filters.
        near: give the nearest rows where none meets the question.
    """
    stored, count = Rows(features) if features is not None else None, max(k, _CANDIDATES)
    if stored is None or not asked.conditions:
        return Scored(*_highest(_ByWords(words, plain), words.rows, mask, k), holds=True)
    share = len(plain) / (len(plain) + len(asked.conditions))
    ranking = _Ranking(in_turn(asked.conditions), stored, words, plain, share)
    rows, scores = _highest(ranking, len(stored), mask, count)
    holds = len(rows) > 0
    if not holds and near:
        rows, scores = _highest(replace(ranking, least=0), len(stored), mask, count)
    scores = (1 - _TEXT_SHARE) * scores + _TEXT_SHARE * words.scores_of(all_words, rows)
    return Scored(rows, scores, holds)


class _Scorer(Protocol):
    """Scores rows a block at a time."""

    @property
    def ceiling(self) -> float:
        """No score is above this."""
        ...

    def better(
        self, part: slice, mask: Bool[np.ndarray, " rows"] | None, level: float
    ) -> tuple[Int[np.ndarray, " found"], Float[np.ndarray, " found"]]:
        """Places in the block and scores of its rows that score more than a level; perhaps of some others."""
        ...


def _highest(
    scorer: _Scorer, count: int, mask: Bool[np.ndarray, " rows"] | None, most: int
) -> tuple[Int[np.ndarray, " found"], Float[np.ndarray, " found"]]:
    """The `most` rows of `count` that score highest, in their order; of equal ones the first.

    Once that many are found, only rows that may be better are scored.
    """
    kept: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = [(np.zeros(0, np.int64), np.zeros(0, np.float32))]
    level, held = -np.inf, 0
    for part in _blocks(count):
        if level >= scorer.ceiling:
            break
        places, scores = scorer.better(part, None if mask is None else mask[part], level)
        better = scores > level
        kept.append((places[better] + part.start, scores[better]))
        held += int(np.count_nonzero(better))
        if held >= most:
            rows, scores = (np.concatenate(column) for column in zip(*kept, strict=True))
            order = np.sort(best(None, scores, most).rows)
            kept, held = [(rows[order], scores[order])], most
            level = float(scores[order].min())
    rows, scores = (np.concatenate(column) for column in zip(*kept, strict=True))
    return rows, scores


def _blocks(rows: int) -> Iterator[slice]:
    """Short ones first: they tell how good a row must be, so that few rows of the others are scored."""
    first, size = 0, _FIRST_BLOCK
    while first < rows:
        yield slice(first, min(first + size, rows))
        first, size = first + size, min(4 * size, _BLOCK)


@dataclass(frozen=True, eq=False)
class _ByWords:
    """Rows that have some of the words."""

    words: WordScorer
    plain: Sequence[str]

    @cached_property
    def ceiling(self) -> float:
        return self.words.highest(self.plain) + _ROUNDING

    def better(
        self, part: slice, mask: Bool[np.ndarray, " rows"] | None, level: float
    ) -> tuple[Int[np.ndarray, " found"], Float[np.ndarray, " found"]]:
        scores = self.words.scores(self.plain, part)
        chosen = scores > max(level, 0)
        if mask is not None:
            chosen &= mask
        places = np.flatnonzero(chosen)
        return places, scores[places]


@dataclass(frozen=True, eq=False)
class _Ranking:
    """Rows by the smallest of their grades and, where there are plain words, by those in their share of the question.

    Args:
        ordered: the conditions, those in front that are quick to judge.
        share: how much the words count in the score, 0 to 1.
        least: grade that a row must have.
    """

    ordered: Sequence[Condition]
    stored: Rows
    words: WordScorer
    plain: Sequence[str]
    share: float
    least: float = HOLDS

    @property
    def ceiling(self) -> float:
        return 1.0 if self.plain else min(condition.highest for condition in self.ordered)

    @cached_property
    def _most_by_words(self) -> float:
        return self.words.highest(self.plain) if self.plain else 0.0

    def better(
        self, part: slice, mask: Bool[np.ndarray, " rows"] | None, level: float
    ) -> tuple[Int[np.ndarray, " found"], Float[np.ndarray, " found"]]:
        block, share = self.stored.part(part), np.float32(self.share)
        needed = (level - share * self._most_by_words) / (1 - share) - (_ROUNDING if self.plain else 0)
        by_words = share * self.words.scores(self.plain, part) if self.plain else np.zeros(len(block), np.float32)
        if self.plain and level > -np.inf:  # what the words lack, no grade above one makes up for
            rich = by_words > level - (1 - share) - _ROUNDING
            mask = rich if mask is None else rich & mask
        left = self._candidates(block, mask, float(needed))
        added = by_words[left]
        grades = np.full(len(left), np.inf, np.float32)
        for condition in self.ordered:
            if not len(left):
                break
            grades = np.minimum(grades, condition.grades(block.part(left)))
            keep = grades > needed if needed >= self.least else grades >= self.least
            left, grades, added = left[keep], grades[keep], added[keep]
        return left, (1 - share) * grades + added

    def _candidates(
        self, block: Rows, mask: Bool[np.ndarray, " rows"] | None, needed: float
    ) -> Int[np.ndarray, " found"]:
        """Rows that may be graded above what is needed; as soon as few are left, those alone are looked at."""
        grade, strictly = max(needed, self.least), needed >= self.least
        chosen = np.ones(len(block), bool) if mask is None else mask.copy()
        left: NDArray[np.int64] | None = None
        for condition in self.ordered:
            if left is None:
                chosen &= condition.at_least(block, grade, strictly)
                if np.count_nonzero(chosen) * _FEW <= len(block):
                    left = np.flatnonzero(chosen)
            elif len(left):
                left = left[condition.at_least(block.part(left), grade, strictly)]
        return np.flatnonzero(chosen) if left is None else left
