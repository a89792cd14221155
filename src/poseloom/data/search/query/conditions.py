"""Graded conditions on the columns of features: 0 to 1, one half where they just hold.

Intervals grade by how far inside or outside a value is; "and" takes the smallest grade, "or" the largest, "not" one
minus the grade. So a row meets a question exactly where its grade is one half or more, and better examples rank first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int16
from numpy.typing import NDArray

from poseloom.data.search.features import (
    COLUMN_INDEX,
    COLUMNS,
    LEFT,
    RIGHT,
    class_of,
    contact_classes,
)
from poseloom.errors import PoseloomError

HOLDS = 0.5
Grades = Float[np.ndarray, " rows"]
_LEAST_TYPICAL = 0.6
"""Grade of a row in the right class that is the least typical of it."""
_FEW = 4
"""A condition looks at single rows where at most one in so many is left."""
_OTHER = {"left": "right", "right": "left"}
_INFINITY = float("inf")


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

    def grades(self, rows: Rows) -> Grades: ...


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

    def grades(self, rows: Rows) -> Grades:
        found = rows.classes(self.column)
        holds = np.zeros(len(rows), bool)
        for number in self.classes:
            holds |= found == number
        grades = holds.astype(np.float32)
        if self.typical:
            where = np.flatnonzero(holds)
            some = rows.part(where)
            mean = sum(one.grades(some) for one in self.typical) / len(self.typical)
            grades[where] = _LEAST_TYPICAL + (1 - _LEAST_TYPICAL) * mean
        return grades


@dataclass(frozen=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]

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

    def grades(self, rows: Rows) -> Grades:
        grades = self.parts[0].grades(rows)
        for part in self.parts[1:]:
            grades = np.maximum(grades, part.grades(rows))
        return grades


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition

    def grades(self, rows: Rows) -> Grades:
        # what just holds is one half; its opposite must fall short of that
        return np.nextafter(np.float32(1) - self.part.grades(rows), np.float32(0))


def in_turn(conditions: Sequence[Condition]) -> list[Condition]:
    """The same conditions with those in front that are quick to judge and leave few rows to the others."""
    flat = [part for one in conditions for part in (one.parts if isinstance(one, AllOf) else (one,))]
    return sorted(flat, key=lambda one: not isinstance(one, Class))


def compiled(formula: Mapping[str, Any], bindings: Mapping[str, str], shared: Mapping[str, Any]) -> Condition:
    """A condition from the form that it has in `conditions.json`.

    Args:
        formula: one entry.
        bindings: what the letters in braces stand for: s and t are sides, a and b points.
        shared: formulas that others use by name.

    Raises:
        KeyError, ValueError: the formula names columns or classes that do not exist.
    """
    if "s" in bindings:
        bindings = {"o": _OTHER.get(bindings["s"], ""), **bindings}

    def inner(one: Mapping[str, Any]) -> Condition:
        return compiled(one, bindings, shared)

    if "use" in formula:
        return inner(shared[formula["use"]])
    if "all" in formula:
        return AllOf(tuple(inner(one) for one in formula["all"]))
    if "any" in formula:
        return OneOf(tuple(inner(one) for one in formula["any"]))
    if "not" in formula:
        return Not(inner(formula["not"]))
    if "flag" in formula:
        return Class(formula["flag"], (1,))
    if "side" in formula:
        return Class("posture_side", ({"left": LEFT, "right": RIGHT}[formula["side"].format(**bindings)],))
    if "contact" in formula:
        return _contact(formula, bindings)
    if "class" in formula:
        column = formula["class"].format(**bindings)
        names = tuple(class_of(column, name) for name in formula["in"])
        return Class(column, names, tuple(inner(one) for one in formula.get("typical", ())))
    return _interval(formula, bindings)


def _contact(formula: Mapping[str, Any], bindings: Mapping[str, str]) -> Condition:
    side = formula["contact"].format(**bindings)
    target = formula.get("other", "").format(**bindings)
    other = None if target not in _OTHER else target != side
    return Class(f"{side}_contact", tuple(contact_classes(formula["place"], other)))


def _interval(formula: Mapping[str, Any], bindings: Mapping[str, str]) -> Interval:
    if "distance" in formula:
        first, second = (point.format(**bindings) for point in formula["distance"])
        columns: Sequence[str] = [f"{point}.x" for point in (first, second)]
    else:
        first, _, second = formula["of"].format(**bindings).partition(" - ")
        columns = [name for name in (first, second) if name]
    unknown = [name for name in columns if name not in COLUMN_INDEX]
    if unknown:
        raise PoseloomError(f"conditions.json: {formula}: no column {unknown[0]!r}")
    low, high = float(formula.get("min", -_INFINITY)), float(formula.get("max", _INFINITY))
    return Interval(first, second, low, high, float(formula["soft"]), "distance" in formula)
