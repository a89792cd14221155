"""What numbers may be: a range stated where a field is declared, and checks of arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import Field, field, fields, is_dataclass
from typing import Any

from poseloom.base.errors import PoseloomError, shortened

MAXIMUM_SEED = 2**63 - 1
"""What torch takes."""
WIDEST, DEEPEST = 16_384, 256
"""Sizes of models: numbers of a vector, layers or blocks one after another. Papers stay far below."""
_RANGE = "range"
_MOST = 2**31 - 1
"""Of a whole number whose field states no range."""


def within(default: Any, low: float, high: float) -> Any:
    """A field of a data class with its default and the range of its values, both ends included."""
    return field(default=default, metadata={_RANGE: (low, high)})


def stated_range(declared: Field[Any]) -> tuple[float, float] | None:
    """The range that a field states; None where it states none."""
    return declared.metadata.get(_RANGE)


def check_ranges(section: Any, where: str = "") -> None:
    """Check the numbers of a data class object, and of those in it, against the ranges that their fields state.

    Raises:
        PoseloomError: with the key, its range and the value.
    """
    for one in fields(section):
        key, value = f"{where}{one.name}", getattr(section, one.name)
        if is_dataclass(value):
            check_ranges(value, f"{key}.")
        elif isinstance(value, Mapping | Sequence) and not isinstance(value, str):
            for name, item in value.items() if isinstance(value, Mapping) else enumerate(value):
                if is_dataclass(item):
                    check_ranges(item, f"{key}.{getattr(item, 'name', name)}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            _check(key, value, one.metadata)


def _check(key: str, value: float, stated: Mapping[str, Any]) -> None:
    if _RANGE in stated:
        low, high = stated[_RANGE]
        if not low <= value <= high:
            raise PoseloomError(f"{key}: expected {low:,} to {high:,}, got {value}")
    elif math.isnan(value) or math.isinf(value) or (isinstance(value, int) and abs(value) > _MOST):
        raise PoseloomError(f"{key}: expected a number up to {_MOST:,}, got {value}")


def whole_number(name: str, value: object, low: int, high: int, what: str = "") -> int:
    """An argument that must be a whole number.

    Raises:
        PoseloomError: with the argument's name.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= int(value.__index__()) <= high:
        told = f"{low:,} to {high:,}{what and f' {what}'}"
        raise PoseloomError(f"{name} is {shortened(repr(value), 60)}, expected {told}")
    return int(value.__index__())


def seed_number(value: object) -> int:
    """A seed. Raises PoseloomError where it is no whole number of 64 bits."""
    return whole_number("seed", value, -MAXIMUM_SEED, MAXIMUM_SEED)


def text_argument(name: str, value: object) -> str:
    """An argument that must be text.

    Raises:
        PoseloomError: with the argument's name.
    """
    if not isinstance(value, str):
        raise PoseloomError(f"{name}: expected text, got {shortened(repr(value), 60)}")
    return value
