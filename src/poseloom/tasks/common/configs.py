"""Configurations (data classes of sizes and choices) as plain values, and back with checks."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from enum import Enum
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from poseloom.base.errors import PoseloomError, closest, shortened

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


def as_stated(hint: Any, value: Any) -> Any:
    """A plain value in the type that a field states.

    Lists of JSON and TOML become tuples where tuples are stated, at any depth, whole numbers become floats. What is
    neither number, word, list nor tuple by its type is given back as it is.

    Raises:
        ValueError: it is no value of that type.
    """
    if get_origin(hint) in (Union, UnionType):
        return _first_that_fits(get_args(hint), value)
    if get_origin(hint) in (tuple, list):
        return _listed(hint, value)
    if hint in (int, float, str, bool, type(None)):
        if hint is float and type(value) is int:
            return float(value)
        if type(value) is not hint:
            raise ValueError
    return value


def _first_that_fits(hints: tuple[Any, ...], value: Any) -> Any:
    for hint in hints:
        with suppress(ValueError):
            return as_stated(hint, value)
    raise ValueError


def _listed(hint: Any, value: Any) -> Any:
    """The values of a list or tuple, each in its own type."""
    parts = get_args(hint)
    if not isinstance(value, list | tuple):
        raise ValueError
    if get_origin(hint) is list or parts[1:] == (...,):
        parts = parts[:1] * len(value)
    if len(parts) != len(value):
        raise ValueError
    kind: type = get_origin(hint)
    return kind(as_stated(part, one) for part, one in zip(parts, value, strict=True))


def stated_name(hint: Any) -> str:
    """A type in the words of annotations: ``int``, ``tuple[int, int]``."""
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


def _value(hint: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return config_from_plain(hint, value, where)  # type: ignore[arg-type]
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = [member.value for member in hint]
        if value not in known:
            raise PoseloomError(f"{where} is {value!r}, expected one of {', '.join(map(str, known))}")
        return hint(value)
    try:
        return as_stated(hint, value)
    except ValueError:
        raise PoseloomError(f"{where} is {shortened(repr(value), 60)}, expected {stated_name(hint)}") from None
