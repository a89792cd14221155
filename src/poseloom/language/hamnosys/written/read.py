"""Signs in whatever writing: an argument, or a file of any kind, by the same rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from poseloom.base.errors import FileError, PoseloomError
from poseloom.language.hamnosys.errors import UnknownNameError
from poseloom.language.hamnosys.signwriting import is_fsw, sign_of_fsw
from poseloom.language.hamnosys.written.sigml import read_sigml, sigml_signs
from poseloom.language.hamnosys.written.sign_text import SignText
from poseloom.language.hamnosys.written.tables import of_json, of_lines, of_table

LARGEST_FILE = 256 << 20
"""Bytes that are read at most."""
_SIGML, _JSON, _TABLES = (".sigml", ".xml"), (".json", ".jsonl"), (".csv", ".tsv")
FILES = (*_SIGML, *_JSON, *_TABLES, ".txt", ".ham", ".hns", ".tex", ".fsw")
"""Suffixes of files that an argument may name."""


def signs_of(argument: str, column: str | None = None) -> list[SignText]:
    """The signs of an argument: those of a file where it names one, else those that it spells out.

    Args:
        argument: a file with a suffix of `FILES`, or see `signs_in`.
        column: see `read_signs`.

    Raises:
        PoseloomError: see `signs_in`.
        FileError: see `read_signs`.
    """
    text = argument.strip()
    if not text.startswith("<") and "\n" not in text and Path(text).suffix.lower() in FILES:
        return read_signs(text, column)
    return signs_in(argument)


def signs_in(text: str) -> list[SignText]:
    """The signs of a string of symbols, names, TeX, SiGML or SignWriting (FSW).

    Raises:
        PoseloomError: it says nothing, or a name that no symbol has.
    """
    if not text.strip():
        raise PoseloomError("HamNoSys: an empty string; give the notation of a sign")
    if text.lstrip().startswith("<"):
        return sigml_signs(text.strip())
    return [_translated(SignText("", text))]


def read_signs(path: str | Path, column: str | None = None) -> list[SignText]:
    """Every sign of a file.

    Args:
        path: SiGML (``.sigml``, ``.xml``); JSON or JSON lines: strings, or objects with ``hamnosys`` or
            ``hamnosys_text`` and ``id`` or ``gloss``, in a list or by name; CSV or TSV with columns of these names;
            other files: one sign a line, after its name and a tab where there is one. Each string is written as
            an argument is.
        column: the column or field of the notation, where it has another name.

    Raises:
        FileError: missing, not text, or without signs.
    """
    file = Path(path)
    suffix = file.suffix.lower()
    if suffix in _SIGML:
        return read_sigml(file)
    text = _text(file)
    if text.lstrip()[:5] in ("<?xml", "<sigm", "<hns_"):
        return read_sigml(file)
    if suffix in _JSON:
        found = list(of_json(file, text, column))
    elif suffix in _TABLES:
        found = list(of_table(file, text, column))
    else:
        found = list(of_lines(text))
    if not found:
        raise FileError(path, "holds no strings", remedy="one string a line, or JSON with the field 'hamnosys'")
    return [_translated(sign, file) for sign in found]


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileError(path, f"is larger than {LARGEST_FILE >> 20} MiB", remedy="cut it into several files")
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise FileError(path, f"cannot be read ({fault.strerror})") from fault
    except UnicodeDecodeError as fault:
        raise FileError(path, f"is not UTF-8 text (byte {fault.start})", remedy="save it as UTF-8") from fault


def _translated(sign: SignText, file: Path | None = None) -> SignText:
    """SignWriting as HamNoSys; SiGML within a field as its symbols; everything else as it is."""
    text = sign.text.strip()
    try:
        if is_fsw(text):
            return replace(sign_of_fsw(text, sign.name), gloss=sign.gloss)
        if text.startswith("<"):
            inner = sigml_signs(text)
            joined = " space ".join(one.text for one in inner)
            parts = (tuple(x for one in inner for x in one.nonmanual), tuple(x for one in inner for x in one.notes))
            return SignText(sign.name, joined, *parts, gloss=sign.gloss)
    except UnknownNameError:
        raise
    except PoseloomError as error:
        if file is None:
            raise
        raise FileError(file, str(error), field=sign.name) from None
    return sign
