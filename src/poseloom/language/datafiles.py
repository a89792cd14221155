"""Reads the room's declarative tables: JSON files beside the code, checked when they are first used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from poseloom.errors import FileError

TABLES = Path(__file__).parent / "tables"
"""Folder of the tables that ship with the package."""


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


def entry(path: Path, table: dict[str, Any], name: str, kind: type, where: str = "") -> Any:
    """`table[name]`, which must be of type `kind`.

    Raises:
        FileError: the entry is missing or of another type; names the file and the entry.
    """
    field = f"{where}.{name}" if where else name
    if name not in table:
        raise FileError(path, "this entry is missing", field=field)
    value = table[name]
    if not isinstance(value, kind):
        raise FileError(path, f"expected {kind.__name__}, got {type(value).__name__}", field=field)
    return value
