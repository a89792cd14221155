"""Signs out of JSON, CSV, TSV and plain text: which field or column holds the notation, and which the name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError, closest
from poseloom.language.hamnosys.written.sign_text import SignText

NOTATION = ("hamnosys", "hamnosys_text", "notation", "sign", "fsw", "signwriting")
"""Fields and columns that hold a sign, the first that is there and not empty."""
NAMES = ("id", "gloss", "name", "label", "type_name")
_GLOSSES = ("gloss", "label", "type_name", "name")
_DELIMITERS = {".csv": ",;\t", ".tsv": "\t"}


def of_table(path: Path, text: str, column: str | None = None) -> Iterator[SignText]:
    """Rows of a CSV or TSV file: by the names in its first line, else the last column, after the name.

    Args:
        path: for messages; its suffix says what separates.
        text: the content.
        column: the column of the notation, by its name or its number from 1.

    Raises:
        FileError: there is no such column.
    """
    candidates = _DELIMITERS[path.suffix.lower()]
    first = text.partition("\n")[0]
    delimiter = max(candidates, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as fault:
        raise FileError(path, f"is no table ({fault})") from None
    if not rows:
        return
    head = [name.strip().lower() for name in rows[0]]
    place, has_head = _column(path, rows[0], head, column)
    named = next((head.index(name) for name in NAMES if has_head and name in head and head.index(name) != place), None)
    if not has_head and place > 0:
        named = 0
    glossed = next((head.index(name) for name in _GLOSSES if has_head and name in head), None)
    for number, row in enumerate(rows[1:] if has_head else rows, 2 if has_head else 1):
        cell = row[place].strip() if place < len(row) else ""
        if cell:
            name = row[named].strip() if named is not None and named < len(row) else ""
            gloss = row[glossed].strip() if glossed is not None and glossed < len(row) else ""
            yield SignText(name or f"line {number}", cell, gloss=gloss)


def _column(path: Path, first: list[str], head: list[str], column: str | None) -> tuple[int, bool]:
    """Which column holds the notation, and whether the first row names the columns."""
    if column is None:
        known = next((head.index(name) for name in NOTATION if name in head), None)
        return (known, True) if known is not None else (len(head) - 1, False)
    if column.lower() in head:
        return head.index(column.lower()), True
    if column.isdigit() and 1 <= int(column) <= len(head):
        return int(column) - 1, any(name in (*NOTATION, *NAMES) for name in head)
    raise FileError(path, f"has no column {column!r}{closest(column, first)}", remedy=f"it has {', '.join(first)}")


def of_json(path: Path, text: str, field: str | None = None) -> Iterator[SignText]:
    """Strings, or objects with a field for the notation: in a list, by name, or one a line.

    Raises:
        FileError: no JSON, or an entry without a notation.
    """
    content = _content(path, text)
    if isinstance(content, dict) and any(name in content for name in (field, *NOTATION)):
        content = [content]
    named = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, row in named:
        yield _entry(path, str(name), row, field)


def _content(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        if path.suffix.lower() != ".jsonl":
            raise FileError(path, f"is not valid JSON ({fault})") from fault
        return [_line(path, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise FileError(path, f"line {number} is not valid JSON ({fault})") from fault


def _entry(path: Path, name: str, row: Any, field: str | None) -> SignText:
    string, gloss = row, ""
    if isinstance(row, Mapping):
        fields = (field,) if field else NOTATION
        string = next((row[one] for one in fields if isinstance(row.get(one), str) and row[one].strip()), None)
        gloss = str(next((row[one] for one in _GLOSSES if row.get(one) not in (None, "")), ""))
        name = str(next((row[one] for one in NAMES if row.get(one) not in (None, "")), name))
    if not isinstance(string, str):
        wanted = f"the field {field!r}" if field else "the field 'hamnosys' or 'hamnosys_text'"
        raise FileError(path, f"expected a string or an object with {wanted}", field=f"entry {name}")
    return SignText(name, string, gloss=gloss)


def of_lines(text: str) -> Iterator[SignText]:
    """One sign a line, after its name and a tab where there is one."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            name, tab, rest = line.rstrip("\r").partition("\t")
            yield SignText(name, rest) if tab else SignText(f"line {number}", name)
