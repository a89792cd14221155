"""The door for files: one check before reading, one way of writing that leaves nothing half-written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

from poseloom.base.errors import FileError, closest

GIBIBYTE = 1 << 30
MAXIMUM_BYTES = 4 * GIBIBYTE
"""Largest file that a reader takes by default: the longest published motion files have a few hundred megabytes."""

_STEM_CHARACTERS = 60
"""Of the target's name in the temporary one: file names have at most 255 bytes, a character has up to four."""

_TOKEN_BYTES = 6

_NAMES_COMPARED = 5000
"""Of a folder, when a name in it is sought that nearly is the given one."""


def readable_file(path: str | Path, *, maximum_bytes: int = MAXIMUM_BYTES) -> Path:
    """Return the path of a file that can be opened and holds something.

    Raises:
        FileError: missing, a folder, not a regular file, not permitted, empty, or larger than `maximum_bytes`.
    """
    file = Path(path)
    try:
        is_folder, exists, is_file = file.is_dir(), file.exists(), file.is_file()
        size = file.stat().st_size if is_file else 0
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise FileError(path, f"cannot be found: {reason(error)}", remedy="check the path") from None
    if is_folder:
        raise FileError(path, "is a folder", remedy="name a file in it")
    if not exists:
        raise FileError(path, "does not exist", remedy=nearby(file) or "check the path")
    if not is_file:
        raise FileError(path, "is not a regular file", remedy="copy its content to a file first")
    if not os.access(file, os.R_OK):
        raise FileError(path, "may not be read", remedy="check its permissions")
    if size == 0:
        raise FileError(path, "is empty", remedy="get the file again")
    if size > maximum_bytes:
        raise FileError(
            path, f"is too large: {size:,} bytes, at most {maximum_bytes:,} are read", remedy="split it into parts"
        )
    return file


def nearby(path: str | Path) -> str:
    """``did you mean 'walk.bvh'?`` for a name that nearly exists; empty where none does."""
    file = Path(path)
    try:
        with os.scandir(file.parent) as entries:
            names = [entry.name for entry in islice(entries, _NAMES_COMPARED)]
    except (OSError, ValueError):
        return ""
    alike = [name for name in sorted(names) if Path(name).suffix == file.suffix or Path(name).stem == file.stem]
    return closest(file.name, alike).removeprefix("; ")


def read_bytes(path: str | Path, *, maximum_bytes: int = MAXIMUM_BYTES) -> bytes:
    """The content of a file that `readable_file` accepts."""
    file = readable_file(path, maximum_bytes=maximum_bytes)
    try:
        return file.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read: {reason(error)}", remedy="check the disk") from None


def read_text(path: str | Path, *, maximum_bytes: int = MAXIMUM_BYTES) -> str:
    """The content of a UTF-8 text file that `readable_file` accepts, without a byte order mark."""
    try:
        return read_bytes(path, maximum_bytes=maximum_bytes).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            path, f"is not text: byte {error.start} is not UTF-8", remedy="check that it is of this format"
        ) from None


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the place of `path` when the block succeeds, else it vanishes.

    The temporary name keeps the suffix, so that libraries which go by it write the right format. Through a symbolic
    link the file that it points to is written.

    Raises:
        FileError: the folder does not exist or may not be written, the target is a folder, or the disk is full.
    """
    target = writable_target(path)
    temporary = target.with_name(_temporary_name(target, secrets.token_hex(_TOKEN_BYTES)))
    try:
        yield temporary
        temporary.replace(target)
    except OSError as error:
        if error.filename is not None and Path(os.fsdecode(error.filename)) != temporary:
            raise  # about another file, which the block used
        raise FileError(path, f"cannot be written: {reason(error)}", remedy="check the disk and the folder") from None
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def clear_temporary(path: str | Path) -> None:
    """Remove what `atomic_write` left beside `path` where its process was killed; call it when nobody else writes."""
    target = Path(path)
    for left in target.parent.glob(_temporary_name(target, "[0-9a-f]" * 2 * _TOKEN_BYTES)):
        with suppress(OSError):
            left.unlink()


def _temporary_name(target: Path, token: str) -> str:
    return f".{target.stem[:_STEM_CHARACTERS]}-{token}{target.suffix}"


def refuse_source(target: str | Path | None, *sources: str | Path | None, force: bool = False) -> None:
    """Refuse to write over a file that is read, whatever its name there. None is no file at all.

    Raises:
        FileError: it is one of them, and `force` is false.
    """
    if target is None or force:
        return
    for source in sources:
        if source is not None and _same_file(Path(target), Path(source)):
            remedy = "choose another name, or replace it with --force"
            raise FileError(target, "is the file that is read", remedy=remedy)


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except (OSError, ValueError):  # one of them is not there
        return False


def writable_target(path: str | Path) -> Path:
    """Return the resolved path if a file may be made there; nothing is touched.

    Raises:
        FileError: the folder does not exist or may not be written, or the target is not a regular file.
    """
    try:
        target = Path(path).resolve()
        folder = target.parent
        is_folder, is_special = target.is_dir(), target.exists() and not target.is_file()
        folder_exists, folder_is_folder = folder.exists(), folder.is_dir()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        raise FileError(path, f"cannot be written: {reason(error)}", remedy="check the path") from None
    if is_folder:
        raise FileError(path, "is a folder", remedy="name a file in it")
    if is_special:
        raise FileError(path, "is not a regular file", remedy="choose another place")
    if not folder_exists:
        raise FileError(path, f"the folder {folder} does not exist", remedy="make it first")
    if not folder_is_folder:
        raise FileError(path, f"{folder} is a file, not a folder", remedy="choose another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(path, f"the folder {folder} may not be written", remedy="choose another place")
    return target


def reason(error: BaseException) -> str:
    """What went wrong in an error of a library or of the operating system, in its own words without number and path."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip()
