"""Columns of metadata: what rows are filtered by (`kind=value`) and what is shown beside a result.

A row has a number, a text or a list of labels, such as the kinds of its texts: ``kind=human`` then takes the rows that
have the label, ``kind!=human`` those that have not.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError, closest
from poseloom.search.files import SUFFIX, TextColumn, check_range, read_array, write_array, write_texts

MISSING = -1
"""Code of a row that has no value."""
NUMBER, TEXT, LABELS = "number", "text", "labels"
_BETWEEN = "\n"
"""Stands between the labels of a row where they are stored as one text."""
_MOST_COMPARED = 10_000
"""Values that are looked through for one that was meant."""
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_FILTER = re.compile(r"\s*([^<>=!]+?)\s*(>=|<=|!=|=|>|<)\s*(.*?)\s*", re.DOTALL)


@dataclass(frozen=True)
class Filter:
    """One condition on a column of metadata.

    Args:
        name: what the column is called.
        sign: one of ``= != < <= > >=``.
        value: as text; compared as a number where the column holds numbers.
    """

    name: str
    sign: str
    value: str


def parse_filter(text: str) -> Filter:
    """``kind=value``, ``frame>=100``: a filter from text.

    Raises:
        PoseloomError: not of that form.
    """
    found = _FILTER.fullmatch(text)
    if not found:
        raise PoseloomError(f"filter {text!r}: expected NAME=VALUE, NAME!=VALUE, NAME>=NUMBER or NAME<=NUMBER")
    return Filter(*found.groups())


class _Joined(dict[tuple[Any, ...], "str | None"]):
    """Labels -> the text that they are stored as; made when they are first met."""

    def __missing__(self, labels: tuple[Any, ...]) -> str | None:
        self[labels] = joined = _BETWEEN.join(" ".join(str(one).split()) for one in labels) or None
        return joined


class MetadataWriter:
    """Collects columns block by block: numbers as they are, texts and lists as numbers of their distinct values."""

    def __init__(self, rows: int):
        self._rows = rows
        self._done = 0
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._codes: dict[str, NDArray[np.int32]] = {}
        self._values: dict[str, dict[str, int]] = {}
        self._labelled: set[str] = set()
        self._joined = _Joined()

    def append(self, columns: Mapping[str, Sequence[Any]], count: int) -> None:
        """Add the values of `count` rows; a column that begins or ends within the rows is missing elsewhere."""
        part = slice(self._done, self._done + count)
        for name, values in columns.items():
            there = [value for value in values if value is not None]
            if not there:
                continue
            if all(isinstance(value, list | tuple) for value in there):
                self._labelled.add(name)
                values = [self._joined[tuple(value or ())] for value in values]
            numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in there)
            if name not in self._codes and (numeric or name in self._numbers):
                self._put_numbers(name, values, part)
            else:
                self._put_texts(name, values, part)
        self._done += count

    def _put_numbers(self, name: str, values: Sequence[Any], part: slice) -> None:
        column = self._numbers.setdefault(name, np.full(self._rows, np.nan))
        try:
            column[part] = [np.nan if value is None else float(value) for value in values]
        except (TypeError, ValueError):
            raise PoseloomError(f"metadata {name}: mixes numbers and texts; give one or the other") from None

    def _put_texts(self, name: str, values: Sequence[Any], part: slice) -> None:
        column = self._codes.setdefault(name, np.full(self._rows, MISSING, np.int32))
        known = self._values.setdefault(name, {})
        column[part] = [MISSING if value is None else known.setdefault(str(value), len(known)) for value in values]

    def write(self, folder: Path) -> list[dict[str, str]]:
        """Write the columns; what the manifest has to know of them."""
        told = []
        names = [*self._numbers, *self._codes]
        for number, name in enumerate(names):
            kind = NUMBER if name in self._numbers else LABELS if name in self._labelled else TEXT
            stem = f"metadata-{number}"
            write_array(folder / f"{stem}{SUFFIX}", self._numbers[name] if kind == NUMBER else self._codes[name])
            if kind != NUMBER:
                write_texts(folder, f"{stem}.values", list(self._values[name]))
            told.append({"name": name, "kind": kind, "file": stem})
        return told


class MetadataColumn:
    """Reads one column."""

    def __init__(self, folder: Path, told: Mapping[str, str], rows: int):
        self.name, self.kind = told["name"], told["kind"]
        numeric = self.kind == NUMBER
        self._stored = read_array(folder / f"{told['file']}{SUFFIX}", (rows,), np.float64 if numeric else np.int32)
        self._values = None if numeric else TextColumn(folder, f"{told['file']}.values", None)
        if self._values is not None:
            check_range(folder / f"{told['file']}{SUFFIX}", self._stored, MISSING, len(self._values))

    def __getitem__(self, row: int) -> Any:
        stored = self._stored[row]
        if self.kind == LABELS:
            return list(dict.fromkeys(self.labels(row)))
        if self._values is not None:
            return None if stored == MISSING else self._values[int(stored)]
        if np.isnan(stored):
            return None
        return int(stored) if float(stored).is_integer() else float(stored)

    def labels(self, row: int) -> list[str]:
        """The labels of a row as they were given, repeated ones too; none in a column of another kind."""
        if self._values is None or self.kind != LABELS or self._stored[row] == MISSING:
            return []
        return self._values[int(self._stored[row])].split(_BETWEEN)

    def mask(self, condition: Filter) -> Bool[np.ndarray, " rows"]:
        """Rows that meet the condition; rows without a value meet ``!=`` alone."""
        if self._values is None:
            number = _number(condition)
            return np.asarray(_COMPARE[condition.sign](self._stored, number))
        if condition.sign not in ("=", "!="):
            raise PoseloomError(f"filter {condition.name}{condition.sign}: the column holds texts; use = or !=")
        if self.kind == LABELS:
            having = [condition.value in value.split(_BETWEEN) for value in self._values.all()]
            found = np.array([*having, False])[self._stored]  # the last one: rows without any
            return found if condition.sign == "=" else ~found
        code = self._values.find(condition.value)
        return np.asarray(_COMPARE[condition.sign](self._stored, MISSING - 1 if code is None else code))

    def examples(self, most: int = 5) -> list[str]:
        """Some values that occur, for a message."""
        if self._values is None:
            seen = self._stored[~np.isnan(self._stored)]
            return [f"{seen.min():g} to {seen.max():g}"] if len(seen) else []
        return self._distinct()[:most]

    def meant(self, value: str) -> str:
        """`` ; did you mean ...`` where a value that occurs is spelt much like this one."""
        return "" if self._values is None else closest(value, self._distinct())

    def _distinct(self) -> list[str]:
        values = (
            () if self._values is None else (self._values[row] for row in range(min(len(self._values), _MOST_COMPARED)))
        )
        return list(dict.fromkeys(label for value in values for label in value.split(_BETWEEN)))


def _number(condition: Filter) -> float:
    try:
        return float(condition.value)
    except ValueError:
        raise PoseloomError(
            f"filter {condition.name}{condition.sign}{condition.value}: the column holds numbers, expected a number"
        ) from None


def unknown_column(name: str, known: Sequence[str]) -> PoseloomError:
    """The mistake of filtering by a column that is not there."""
    told = ", ".join(known) if known else "no metadata at all"
    return PoseloomError(f"filter {name!r}: the index has no such column{closest(name, list(known))} (it has {told})")
