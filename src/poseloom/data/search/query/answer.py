"""Finds the rows of one segment that meet a question and scores them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Int16
from numpy.typing import NDArray

from poseloom.data.search.neighbours import best
from poseloom.data.search.query.conditions import HOLDS, Condition, Rows, in_turn
from poseloom.data.search.query.parse import Query
from poseloom.data.search.words import Words

_BLOCK = 65_536
"""Rows graded at once: their columns stay in the processor's cache."""
_CANDIDATES = 500
"""Best rows by the conditions, which the words of the question rank further."""
_TEXT_SHARE = 0.1
"""Weight of the words where all of them were understood as conditions."""


@dataclass(frozen=True, eq=False)
class Found:
    """Rows of a segment with their scores, in no order; whether they meet the question."""

    rows: Int[np.ndarray, " found"]
    scores: Float[np.ndarray, " found"]
    holds: bool


def answer(
    features: Int16[np.ndarray, "columns rows"] | None,
    words: Words,
    asked: Query,
    plain: Sequence[str],
    all_words: Sequence[str],
    k: int,
    mask: Bool[np.ndarray, " rows"] | None,
    near: bool = False,
) -> Found:
    """The best rows of a segment.

    Args:
        features: stored columns; None where the question has no conditions.
        words: of the segment's texts.
        asked: the question.
        plain: its words that are looked for in the texts.
        all_words: every word of it; they rank rows that meet the conditions alike.
        k: most rows that will be shown.
        mask: rows that pass the filters.
        near: give the nearest rows where none meets the question.
    """
    if features is None or not asked.conditions:
        return _by_words(words, plain, k, mask)
    stored = Rows(features)
    rows, grades = holding(asked.conditions, stored, mask)
    holds = len(rows) > 0
    if not holds and near:
        whole = asked.condition()
        assert whole is not None
        grades = _everywhere(whole, stored)
        rows = np.flatnonzero(mask) if mask is not None else np.arange(len(grades))
        grades = grades[rows]
    share = len(plain) / (len(plain) + len(asked.conditions))
    scores = grades
    if plain:
        scores = (1 - share) * grades + share * words.scores_of(plain, rows)
    found = best(rows, scores, max(k, _CANDIDATES))
    order = np.argsort(found.rows)
    rows, scores = found.rows[order], found.scores[order]
    scores = (1 - _TEXT_SHARE) * scores + _TEXT_SHARE * words.scores_of(all_words, rows)
    return Found(rows, scores, holds)


def _by_words(words: Words, plain: Sequence[str], k: int, mask: Bool[np.ndarray, " rows"] | None) -> Found:
    scores = words.scores(plain)
    if mask is not None:
        scores = np.where(mask, scores, 0)
    rows = np.flatnonzero(scores > 0)
    found = best(rows, scores[rows], k)
    return Found(found.rows, found.scores, True)


def holding(
    conditions: Sequence[Condition], stored: Rows, mask: Bool[np.ndarray, " rows"] | None
) -> tuple[Int[np.ndarray, " found"], Float[np.ndarray, " found"]]:
    """Rows that meet every condition, and their smallest grades; later conditions look at what is left alone."""
    rows: list[NDArray[np.int64]] = []
    grades: list[NDArray[np.float32]] = []
    ordered = in_turn(conditions)
    for first in range(0, len(stored), _BLOCK):
        block = stored.part(slice(first, first + _BLOCK))
        grade = ordered[0].grades(block)
        here = grade >= HOLDS
        if mask is not None:
            here &= mask[first : first + _BLOCK]
        left = np.flatnonzero(here)
        grade = grade[left]
        for condition in ordered[1:]:
            if not len(left):
                break
            grade = np.minimum(grade, condition.grades(block.part(left)))
            keep = grade >= HOLDS
            left, grade = left[keep], grade[keep]
        rows.append(left + first)
        grades.append(grade)
    return np.concatenate(rows), np.concatenate(grades)


def _everywhere(condition: Condition, stored: Rows) -> NDArray[np.float32]:
    parts = [condition.grades(stored.part(slice(first, first + _BLOCK))) for first in range(0, len(stored), _BLOCK)]
    return np.concatenate(parts)
