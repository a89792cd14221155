"""Configurations (data classes of sizes and choices) as plain values, and back with checks."""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any, TypeVar, get_type_hints

from poseloom.base.errors import PoseloomError, closest

C = TypeVar("C")


def config_to_plain(config: Any) -> Any:
    """Tables, words and numbers that say the same; enums by their value."""
    if dataclasses.is_dataclass(config):
        return {field.name: config_to_plain(getattr(config, field.name)) for field in dataclasses.fields(config)}
    return config.value if isinstance(config, Enum) else config


def config_from_plain(kind: type[C], values: Any, where: str = "config") -> C:
    """The data class of plain values; what is not given has its default.

    Raises:
        PoseloomError: an unknown key, or a value of a wrong type.
    """
    if not isinstance(values, dict):
        raise PoseloomError(f"{where} is {values!r}, expected a table")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise PoseloomError(f"{where}.{key} is unknown{closest(str(key), list(hints))}")
    read = {key: _value(hints[key], value, f"{where}.{key}") for key, value in values.items()}
    try:
        return kind(**read)
    except TypeError as error:
        raise PoseloomError(f"{where} is not complete: {error}") from None


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return config_from_plain(hint, value, where)  # type: ignore[arg-type]
    if issubclass(hint, Enum):
        known = [member.value for member in hint]
        if value not in known:
            raise PoseloomError(f"{where} is {value!r}, expected one of {', '.join(map(str, known))}")
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise PoseloomError(f"{where} is {value!r}, expected {hint.__name__}")
    return value
