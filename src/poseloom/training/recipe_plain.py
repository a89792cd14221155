"""Recipes as plain values: data class objects as dictionaries and lists, and where two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints


def types_of(kind: type[Any]) -> dict[str, Any]:
    """The fields of a data class with their types."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def plain(section: Any) -> Any:
    """A data class object as dictionaries, lists and plain values; None is left out, for TOML has none."""
    if is_dataclass(section):
        named = {field.name: getattr(section, field.name) for field in fields(section)}
        return {name: plain(value) for name, value in named.items() if value is not None}
    if isinstance(section, Mapping):
        return {str(key): plain(value) for key, value in section.items() if value is not None}
    if isinstance(section, Enum):
        return section.name
    if isinstance(section, Path):
        return str(section)
    if isinstance(section, list | tuple):
        return [plain(value) for value in section]
    return section


def differing_key(first: Any, second: Any, where: str = "") -> str | None:
    """The first key, with dots, in which two plain values differ; None where they are equal."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for key in [*first, *(key for key in second if key not in first)]:
            found = differing_key(first.get(key), second.get(key), f"{where}.{key}" if where else str(key))
            if found:
                return found
        return None
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        return next(
            (found for number, (a, b) in pairs if (found := differing_key(a, b, f"{where}.{_label(a, number)}"))), None
        )
    return None if first == second and isinstance(first, bool) == isinstance(second, bool) else where


def _label(stage: Any, number: int) -> str:
    return str(stage.get("name", number)) if isinstance(stage, Mapping) else str(number)
