"""Graded conditions on the columns of features: 0 to 1, one half where they just hold.

Intervals grade by how far inside or outside a value is; "and" takes the smallest grade, "or" the largest, "not" one
minus the grade. So a row meets a question exactly where its grade is one half or more, and better examples rank first.

A grade costs ten times what a comparison of stored whole numbers does. So each condition also tells quickly which rows
may have a grade at all (`at_least`, `at_most`): all that have it, and perhaps a few that just miss it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from jaxtyping import Bool, Float, Int16
from numpy.typing import NDArray

from poseloom.search.features import COLUMN_INDEX, COLUMNS, METRE

HOLDS = 0.5
Grades = Float[np.ndarray, " rows"]
Chosen = Bool[np.ndarray, " rows"]
_ALMOST_ONE = float(np.nextafter(np.float32(1), np.float32(0)))
_ROUNDING = 1e-6
"""More than a grade is off by the arithmetic of 32-bit numbers."""
_LARGEST = 32767
_SLACK = 0.01
"""Stored units by which a bound may be off that was worked out from a grade."""
_COORDINATES = 6
"""Columns of two points."""
_LEAST_TYPICAL = 0.6
"""Grade of a row in the right class that is the least typical of it."""
_FEW = 4
"""A condition looks at single rows where at most one in so many is left."""
_INFINITY = float("inf")
_EDGE = 0.003
"""Metres that the rounding of stored coordinates can add to the way along three axes."""


class Rows:
    """Some rows of the stored columns, in units."""

    def __init__(self, stored: Int16[np.ndarray, "columns rows"]):
        self._stored = stored

    def __len__(self) -> int:
        return int(self._stored.shape[1])

    def part(self, rows: slice | NDArray[np.integer]) -> Rows:
        """Fewer of the rows; a list of rows copies the columns only as they are asked for."""
        return Rows(self._stored[:, rows]) if isinstance(rows, slice) else _Listed(self._stored, rows)

    def classes(self, column: str) -> Int16[np.ndarray, " rows"]:
        """A column as it is stored."""
        return self._stored[COLUMN_INDEX[column]]

    def values(self, column: str) -> Float[np.ndarray, " rows"]:
        """A column in its unit."""
        index = COLUMN_INDEX[column]
        return self.classes(column) * np.float32(1 / COLUMNS[index].scale)


class _Listed(Rows):
    def __init__(self, stored: Int16[np.ndarray, "columns rows"], rows: NDArray[np.integer]):
        super().__init__(stored)
        self._rows = rows

    def part(self, rows: slice | NDArray[np.integer]) -> Rows:
        return _Listed(self._stored, self._rows[rows])

    def __len__(self) -> int:
        return len(self._rows)

    def classes(self, column: str) -> Int16[np.ndarray, " rows"]:
        return self._stored[COLUMN_INDEX[column]][self._rows]


class Condition(Protocol):
    """Grades rows."""

    @property
    def highest(self) -> float:
        """No grade is above this."""
        ...

    @property
    def cost(self) -> int:
        """Columns that must be read; fewer where they are only compared with a number."""
        ...

    def grades(self, rows: Rows) -> Grades: ...

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        """Every row of that grade or more (strictly: of clearly more), and perhaps some that fall short of it."""
        ...

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        """Every row of that grade or less (strictly: of clearly less), and perhaps some that exceed it."""
        ...


def _every(rows: Rows) -> Chosen:
    return np.ones(len(rows), bool)


def _inwards(grade: float) -> float:
    """How far inside its bounds a value of a grade lies, divided by `Interval.soft`; negative outside."""
    twice = 2 * (grade - HOLDS)
    return twice / (1 - abs(twice)) if abs(twice) < 1 else twice * _INFINITY


def _from(stored: Int16[np.ndarray, " rows"], least: float, strictly: bool) -> Chosen:
    return stored >= _bound(math.ceil(_limited(least) + (_SLACK if strictly else -_SLACK)))


def _up_to(stored: Int16[np.ndarray, " rows"], most: float, strictly: bool) -> Chosen:
    return stored <= _bound(math.floor(_limited(most) - (_SLACK if strictly else -_SLACK)))


def _limited(value: float) -> float:
    return min(max(value, -_LARGEST), _LARGEST)


def _bound(value: int) -> np.int16:
    return np.int16(min(max(value, -_LARGEST), _LARGEST))


@dataclass(frozen=True)
class Interval:
    """A value, the difference of two, or the distance of two points lies between bounds.

    Args:
        first, second: columns; second is empty for a single value.
        low, high: bounds in the column's unit.
        soft: how far beyond a bound the grade is three quarters, or one quarter on the other side.
        distance: the columns are points, their distance in metres counts.
    """

    first: str
    second: str
    low: float
    high: float
    soft: float
    distance: bool = False

    highest = 1.0

    @property
    def cost(self) -> int:
        return _COORDINATES if self.distance else 2 if self.second else 1

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        inwards = self.soft * _inwards(grade)
        low, high = self.low + inwards, self.high - inwards
        if self.distance:
            if self.high == _INFINITY:
                return _every(rows)
            return _all(_up_to(apart, high * METRE, False) for apart in self._apart(rows))
        stored, scale = self._stored(rows)
        if self.high == _INFINITY:
            return _from(stored, low * scale, strictly)
        chosen = _up_to(stored, high * scale, strictly)
        if self.low > -_INFINITY:
            chosen &= _from(stored, low * scale, strictly)
        return chosen

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        inwards = self.soft * _inwards(grade)
        low, high = self.low + inwards, self.high - inwards
        if self.distance:
            if self.low > -_INFINITY:
                return _every(rows)
            x, y, z = self._apart(rows)  # the way along the axes is never shorter than the straight one
            return _from(x + y + z, (high - _EDGE) * METRE, False)
        stored, scale = self._stored(rows)
        if self.high == _INFINITY:
            return _up_to(stored, low * scale, strictly)
        chosen = _from(stored, high * scale, strictly)
        if self.low > -_INFINITY:
            chosen |= _up_to(stored, low * scale, strictly)
        return chosen

    def _apart(self, rows: Rows) -> Iterator[Int16[np.ndarray, " rows"]]:
        """How far apart the two points are along each axis, in stored units."""
        for axis in "xyz":
            yield np.abs(rows.classes(f"{self.first}.{axis}") - rows.classes(f"{self.second}.{axis}"))

    def _stored(self, rows: Rows) -> tuple[Int16[np.ndarray, " rows"], float]:
        """The value in stored units; differences stay far below the largest 16-bit number, 32 metres."""
        scale = COLUMNS[COLUMN_INDEX[self.first]].scale
        stored = rows.classes(self.first)
        return (stored - rows.classes(self.second) if self.second else stored), scale

    def grades(self, rows: Rows) -> Grades:
        values = self._values(rows)
        if self.high == _INFINITY:
            inside = values - np.float32(self.low)
        elif self.low == -_INFINITY:
            inside = np.float32(self.high) - values
        else:
            inside = np.minimum(values - np.float32(self.low), np.float32(self.high) - values)
        inside *= np.float32(1 / self.soft)
        inside /= 2 * (np.abs(inside) + 1)
        inside += np.float32(HOLDS)
        return inside

    def _values(self, rows: Rows) -> Grades:
        if self.distance:
            axes = (rows.values(f"{self.first}.{axis}") - rows.values(f"{self.second}.{axis}") for axis in "xyz")
            return np.sqrt(sum(axis * axis for axis in axes))
        values = rows.values(self.first)
        return values - rows.values(self.second) if self.second else values


@dataclass(frozen=True)
class Class:
    """A column holds one of some classes; among those, the more typical rows are graded higher."""

    column: str
    classes: tuple[int, ...]
    typical: tuple[Condition, ...] = ()

    highest = 1.0
    cost = 0

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        if grade <= 0:
            return _every(rows)
        chosen = self._holds(rows)
        count = len(self.typical)
        mean = (grade - _LEAST_TYPICAL) / (1 - _LEAST_TYPICAL)
        each = count * mean - (count - 1)  # the others are one at most
        if each > 0:
            for one in self.typical:
                chosen &= one.at_least(rows, each)
        return chosen

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        least = _LEAST_TYPICAL if self.typical else self.highest
        return _every(rows) if grade >= least - _ROUNDING else ~self._holds(rows)

    def _holds(self, rows: Rows) -> Chosen:
        """Two comparisons for each run of neighbouring classes."""
        found = rows.classes(self.column)
        holds = np.zeros(len(rows), bool)
        for first, last in _runs(self.classes):
            holds |= found == first if first == last else (found >= first) & (found <= last)
        return holds

    def grades(self, rows: Rows) -> Grades:
        holds = self._holds(rows)
        grades = holds.astype(np.float32)
        if self.typical:
            where = np.flatnonzero(holds)
            some = rows.part(where)
            mean = sum(one.grades(some) for one in self.typical) / len(self.typical)
            grades[where] = _LEAST_TYPICAL + (1 - _LEAST_TYPICAL) * mean
        return grades


@lru_cache(maxsize=256)
def _runs(numbers: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """First and last of each run of consecutive numbers."""
    ordered = sorted(set(numbers))
    firsts = [number for number in ordered if number - 1 not in ordered]
    lasts = [number for number in ordered if number + 1 not in ordered]
    return tuple(zip(firsts, lasts, strict=True))


def _all(chosen: Iterator[Chosen]) -> Chosen:
    whole = next(chosen)
    for one in chosen:
        whole &= one
    return whole


def _any(chosen: Iterator[Chosen]) -> Chosen:
    whole = next(chosen)
    for one in chosen:
        whole |= one
    return whole


@dataclass(frozen=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

    @property
    def highest(self) -> float:
        return min(part.highest for part in self.parts)

    @property
    def cost(self) -> int:
        return sum(part.cost + 1 for part in self.parts)

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return _all(part.at_least(rows, grade, strictly) for part in self.parts)

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return _any(part.at_most(rows, grade, strictly) for part in self.parts)

    def grades(self, rows: Rows) -> Grades:
        grades = self.parts[0].grades(rows)
        for part in self.parts[1:]:
            left = np.flatnonzero(grades > 0)
            if len(left) * _FEW > len(grades):
                grades = np.minimum(grades, part.grades(rows))
            else:  # what is zero stays zero
                grades[left] = np.minimum(grades[left], part.grades(rows.part(left)))
        return grades


@dataclass(frozen=True)
class OneOf:
    """Some part holds."""

    parts: tuple[Condition, ...]

    @property
    def highest(self) -> float:
        return max(part.highest for part in self.parts)

    @property
    def cost(self) -> int:
        return sum(part.cost + 1 for part in self.parts)

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return _any(part.at_least(rows, grade, strictly) for part in self.parts)

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return _all(part.at_most(rows, grade, strictly) for part in self.parts)

    def grades(self, rows: Rows) -> Grades:
        grades = self.parts[0].grades(rows)
        for part in self.parts[1:]:
            grades = np.maximum(grades, part.grades(rows))
        return grades


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition

    highest = _ALMOST_ONE

    @property
    def cost(self) -> int:
        return self.part.cost + 1

    def at_least(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return self.part.at_most(rows, 1 - grade, strictly)

    def at_most(self, rows: Rows, grade: float, strictly: bool = False) -> Chosen:
        return self.part.at_least(rows, 1 - grade - _ROUNDING)

    def grades(self, rows: Rows) -> Grades:
        # what just holds is one half; its opposite must fall short of that
        return np.nextafter(np.float32(1) - self.part.grades(rows), np.float32(0))


def in_turn(conditions: Sequence[Condition]) -> list[Condition]:
    """The same conditions with those in front that are quick to judge and leave few rows to the others."""
    return sorted((part for one in conditions for part in _parts(one)), key=lambda one: one.cost)


def _parts(condition: Condition) -> Iterator[Condition]:
    """Conditions that all have to hold where this one has; their smallest grade is its own."""
    if isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _parts(part)
    elif isinstance(condition, Not) and isinstance(condition.part, OneOf):
        for part in condition.part.parts:
            yield from _parts(Not(part))
    else:
        yield condition
