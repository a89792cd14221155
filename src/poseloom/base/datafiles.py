"""Reads declarative tables of rules: JSON files beside the code, checked when they are first used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import UnionType
from typing import Any

from poseloom.base.errors import FileError


def read_table(path: Path) -> dict[str, Any]:
    """The object held by a JSON file.

    Raises:
        FileError: the file is missing, is not JSON, or holds something else than an object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise FileError(path, f"cannot be read ({fault.strerror})") from fault
    except ValueError as fault:
        raise FileError(
            path, f"is not valid JSON ({fault})", remedy="check quotes, commas and brackets there"
        ) from fault
    if not isinstance(content, dict):
        raise FileError(path, f"expected an object with named entries, got a {type(content).__name__}")
    return content


def entry(path: Path, table: dict[str, Any], name: str, kind: type | UnionType, where: str = "") -> Any:
    """`table[name]`, which must be of type `kind`.

    Raises:
        FileError: the entry is missing or of another type; names the file and the entry.
    """
    field = f"{where}.{name}" if where else name
    if name not in table:
        raise FileError(path, "this entry is missing", field=field)
    value = table[name]
    if not isinstance(value, kind):
        wanted = getattr(kind, "__name__", str(kind))
        raise FileError(path, f"expected {wanted}, got {type(value).__name__}", field=field)
    return value


@dataclass(frozen=True)
class Scale:
    """Categories of a measurement, divided by increasing thresholds; `noise` blurs these as the originals do."""

    unit: str
    categories: tuple[str, ...]
    thresholds: tuple[float, ...]
    noise: float


def scale(path: Path, row: dict[str, Any], where: str) -> Scale:
    """The scale that an entry of a table describes.

    Raises:
        FileError: the thresholds do not increase, or do not fit the categories.
    """
    categories = entry(path, row, "categories", list, where)
    thresholds = entry(path, row, "thresholds", list, where)
    if len(categories) != len(thresholds) + 1:
        problem = f"{len(categories)} categories need {len(categories) - 1} thresholds, got {len(thresholds)}"
        raise FileError(path, problem, field=where)
    if any(low >= high for low, high in pairwise(thresholds)):
        raise FileError(path, f"thresholds must increase, got {thresholds}", field=where)
    noise = float(entry(path, row, "noise", int | float, where))
    return Scale(entry(path, row, "unit", str, where), tuple(categories), tuple(thresholds), noise)
