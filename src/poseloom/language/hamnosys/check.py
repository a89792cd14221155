"""Reading every string of a file, for annotators: which parse, and where the others break."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError
from poseloom.language.hamnosys.errors import HamNoSysError, Remark
from poseloom.language.hamnosys.parse import parse

FIELD = "hamnosys"
"""Name of the string in the objects of a JSON file."""
LARGEST_FILE = 256 << 20
"""Bytes that are read at most."""
_JSON = (".json", ".jsonl")


@dataclass(frozen=True)
class CheckedSign:
    """One string and what became of it.

    Args:
        name: its id, or its place in the file.
        text: the string.
        error: why it does not parse; None where it does.
        remarks: slips that were passed over.
    """

    name: str
    text: str
    error: HamNoSysError | None = None
    remarks: tuple[Remark, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For ``--json``: name, position, found, expected; slips."""
        row: dict[str, Any] = {"name": self.name, "parses": self.error is None}
        if self.error is not None:
            error = self.error
            row |= {"position": error.position, "found": error.found, "expected": error.expected}
        if self.remarks:
            row["remarks"] = [{"position": remark.position, "problem": remark.problem} for remark in self.remarks]
        return row


def check_texts(texts: Iterable[tuple[str, str]], *, strict: bool = False) -> list[CheckedSign]:
    """Parse every one of some named strings.

    Args:
        texts: (name, string).
        strict: slips count as failures.
    """
    return [_check(name, text, strict) for name, text in texts]


def _check(name: str, text: str, strict: bool) -> CheckedSign:
    try:
        return CheckedSign(name, text, remarks=parse(text, strict=strict).remarks)
    except HamNoSysError as error:
        return CheckedSign(name, text, error)


def check_file(path: str | Path, *, strict: bool = False) -> list[CheckedSign]:
    """Parse every string of a file.

    Args:
        path: JSON: strings, or objects with the field ``hamnosys`` (and ``id``), in a list, by name, or one a line;
            other files: one string a line, after its name and a tab where there is one.
        strict: slips count as failures.

    Raises:
        FileError: missing, not text, or without strings.
    """
    texts = list(read_texts(path))
    if not texts:
        raise FileError(path, "holds no strings", remedy="one string a line, or JSON with the field 'hamnosys'")
    return check_texts(texts, strict=strict)


def read_texts(path: str | Path) -> Iterator[tuple[str, str]]:
    """Names and strings of a file, see `check_file`."""
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileError(path, f"is larger than {LARGEST_FILE >> 20} MiB", remedy="cut it into several files")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise FileError(path, f"cannot be read ({fault.strerror})") from fault
    except UnicodeDecodeError as fault:
        raise FileError(path, f"is not UTF-8 text (byte {fault.start})", remedy="save it as UTF-8") from fault
    if path.suffix.lower() in _JSON:
        yield from _of_json(path, text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            name, tab, rest = line.rstrip("\r").partition("\t")
            yield (name, rest) if tab else (f"line {number}", name)


def _of_json(path: Path, text: str) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:
        if path.suffix.lower() != ".jsonl":
            raise FileError(path, f"is not valid JSON ({fault})") from fault
        content = [_line(path, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if isinstance(content, dict) and FIELD in content:
        content = [content]
    named = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, row in named:
        yield _string(path, str(name), row)


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise FileError(path, f"line {number} is not valid JSON ({fault})") from fault


def _string(path: Path, name: str, row: Any) -> tuple[str, str]:
    string = row.get(FIELD) if isinstance(row, dict) else row
    if not isinstance(string, str):
        raise FileError(path, f"expected a string or an object with the field {FIELD!r}", field=f"entry {name}")
    return str(row.get("id", name)) if isinstance(row, dict) else name, string
