"""Reading every string of a file, for annotators: which parse, and where the others break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poseloom.language.hamnosys.errors import HamNoSysError, Remark
from poseloom.language.hamnosys.parse import parse
from poseloom.language.hamnosys.symbols import notation
from poseloom.language.hamnosys.written.read import read_signs


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
        symbols = notation(text)
        return CheckedSign(name, symbols, remarks=parse(symbols, strict=strict).remarks)
    except HamNoSysError as error:
        return CheckedSign(name, text, error)


def check_file(path: str | Path, *, strict: bool = False, column: str | None = None) -> list[CheckedSign]:
    """Parse every string of a file.

    Args:
        path: see `read_signs`: SiGML, JSON, CSV, TSV, or one string a line.
        strict: slips count as failures.
        column: the column or field of the notation, where it has another name.

    Raises:
        FileError: missing, not text, or without strings.
    """
    return check_texts([(sign.name, sign.text) for sign in read_signs(path, column)], strict=strict)
