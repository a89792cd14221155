"""What commands read and write: files, folders of them, and ``-`` for standard input and output."""

from __future__ import annotations

import argparse
import glob
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.extras import MissingPackageError
from poseloom.cli import messages
from poseloom.cli.mistakes import USER_MISTAKE

T = TypeVar("T")
STANDARD = "-"
"""Stands for standard input or output."""
STANDARD_INPUT = "standard input"
_SECOND_HALVES = (".asf",)
"""Files of a folder that are read together with another one."""
_NAMED_FAILURES = 5
_KEPT = "_standard_input"


@dataclass(frozen=True)
class Input:
    """A file to read.

    Args:
        file: its path as the user would write it, or ``-``.
        place: below the folder that was named, without suffix; for the name of what is made of it.
    """

    file: str
    place: Path


@dataclass(frozen=True)
class Failure:
    """A file that could not be used, and why."""

    file: str
    error: str


@dataclass(frozen=True)
class Done(Generic[T]):
    """What became of several files."""

    made: list[tuple[Input, T]]
    failed: list[Failure]

    def status(self) -> int:
        """Name what failed, and return the exit status: 0, or 2 where a file failed."""
        if not self.failed:
            return 0
        names = ", ".join(failure.file for failure in self.failed[:_NAMED_FAILURES])
        more = len(self.failed) - _NAMED_FAILURES
        also = f" and {more} more" if more > 0 else ""
        total = len(self.made) + len(self.failed)
        messages.mistake(f"{len(self.failed)} of {total} files failed: {names}{also}")
        return USER_MISTAKE


def inputs(paths: Sequence[str]) -> list[Input]:
    """The files that are named or match a pattern, and the motion files in the folders, in the order of their names.

    Raises:
        FileError: a folder holds no motion files.
    """
    found: list[Input] = []
    for path in paths:
        if path != STANDARD and Path(path).is_dir():
            found += _in_folder(Path(path))
        elif matching := _matching(path):
            found += inputs(matching)
        else:
            found.append(Input(path, Path("stdin" if path == STANDARD else Path(path).stem)))
    return found


def _matching(path: str) -> list[str]:
    """What a pattern matches that no shell has looked at: ``"clips/*.bvh"`` in quotes, or on Windows."""
    if path == STANDARD or not glob.has_magic(path) or Path(path).exists():
        return []
    return sorted(glob.glob(path, recursive=True))  # noqa: PTH207 (pathlib refuses absolute patterns)


def _in_folder(folder: Path) -> list[Input]:
    from poseloom.formats.registry import formats

    read = {suffix for row in formats() if row.read for suffix in row.suffixes} - set(_SECOND_HALVES)
    files = [
        Path(above) / name
        for above, folders, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in read and not name.startswith(".")
    ]
    if not files:
        raise FileError(folder, "this folder holds no motion files", remedy=f"such end in {' '.join(sorted(read))}")
    return [Input(str(file), file.relative_to(folder).with_suffix("")) for file in sorted(files)]


def is_one(paths: Sequence[str]) -> bool:
    """Whether a single file is named, no folder: then results have no names of files."""
    if len(paths) != 1:
        return False
    return paths[0] == STANDARD or not (Path(paths[0]).is_dir() or _matching(paths[0]))


def each(paths: Sequence[str], do: Callable[[Input], T], done: Callable[[Input, T], None] | None = None) -> Done[T]:
    """Do something with every file; one that fails is told at once and does not keep the others from being done.

    Raises:
        PoseloomError: the single file that is named fails.
    """
    if is_one(paths):
        (only,) = inputs(paths)
        result = Done([(only, do(only))], [])
        if done is not None:
            done(*result.made[0])
        return result
    made: list[tuple[Input, T]] = []
    failed: list[Failure] = []
    for one in inputs(paths):
        try:
            made.append((one, do(one)))
        except MissingPackageError:
            raise
        except PoseloomError as error:
            failed.append(Failure(one.file, str(error)))
            messages.mistake(error if one.file in str(error) else f"{one.file}: {error}")
            continue
        if done is not None:
            done(*made[-1])
    return Done(made, failed)


@contextmanager
def as_file(arguments: argparse.Namespace, file: str, format: str | None) -> Iterator[str]:
    """The file itself; standard input as a temporary one, which is read once.

    Raises:
        PoseloomError: standard input without the name of its format; and mistakes in it, told with its name.
    """
    if file != STANDARD:
        yield file
        return
    if format is None:
        raise PoseloomError(f"{STANDARD_INPUT} has no suffix that tells its format; name it, as in --from bvh")
    with _kept_as(_standard_input(arguments), suffix_of(format)) as path:
        yield path


@contextmanager
def _kept_as(content: bytes, suffix: str) -> Iterator[str]:
    """A temporary file of what came on standard input, by which name mistakes in it are told."""
    with tempfile.TemporaryDirectory(prefix="poseloom-") as folder:
        path = str(Path(folder) / f"stdin{suffix}")
        Path(path).write_bytes(content)
        try:
            yield path
        except PoseloomError as error:
            raise PoseloomError(str(error).replace(path, STANDARD_INPUT)) from None


@contextmanager
def seen(source: str) -> Iterator[str | bytes]:
    """A picture or video by its path; of standard input a picture's content, and a video as a temporary file.

    Raises:
        PoseloomError: nothing comes on standard input, or too much.
    """
    if source != STANDARD:
        yield source
        return
    content = _all_of_standard_input()
    from poseloom.images.video import suffix_of_content

    suffix = suffix_of_content(content)
    if suffix is None:
        yield content
        return
    with _kept_as(content, suffix) as path:
        yield path


def suffix_of(format: str | None) -> str:
    """The suffix of a format; of an unknown one its name."""
    from poseloom.formats.registry import formats

    suffixes = [row.suffixes[0] for row in formats() if format and row.name == format.lower()]
    return suffixes[0] if suffixes else f".{(format or 'bin').lower()}"


def _standard_input(arguments: argparse.Namespace) -> bytes:
    if _KEPT not in vars(arguments):
        vars(arguments)[_KEPT] = _all_of_standard_input()
    kept: bytes = vars(arguments)[_KEPT]
    return kept


def _all_of_standard_input() -> bytes:
    from poseloom.base.files import MAXIMUM_BYTES

    content = sys.stdin.buffer.read(MAXIMUM_BYTES + 1)
    if not content:
        raise PoseloomError(f"{STANDARD_INPUT} is empty")
    if len(content) > MAXIMUM_BYTES:
        raise PoseloomError(f"{STANDARD_INPUT} is too large; at most {MAXIMUM_BYTES:,} bytes are read")
    return content


@contextmanager
def to_file(out: str | Path, suffix: str) -> Iterator[Path]:
    """The file that is to be written; for ``-`` a temporary one, whose content goes to standard output."""
    if str(out) != STANDARD:
        yield Path(out)
        return
    with tempfile.TemporaryDirectory(prefix="poseloom-") as folder:
        path = Path(folder) / f"stdout{suffix}"
        yield path
        write_standard(path.read_bytes())


def write_standard(content: bytes) -> None:
    """Bytes to standard output."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def is_folder(out: str | Path) -> bool:
    """Whether a name stands for a folder: it is one, or ends as one does."""
    return str(out).endswith(("/", os.sep)) or Path(out).is_dir()


def targets(found: Sequence[Input], folder: Path, suffix: str) -> dict[str, Path]:
    """Where what is made of each file goes, by the file; the folders are made.

    Raises:
        FileError: two of them would be one file, or a folder cannot be made.
    """
    made: dict[Path, str] = {}
    for one in found:
        target = folder / one.place.with_name(one.place.name + suffix)
        if target in made:
            raise FileError(one.file, f"and {made[target]} would both be {target}", remedy="give them apart")
        made[target] = one.file
    for parent in {target.parent for target in made} | {folder}:
        make_folder(parent)
    return {file: target for target, file in made.items()}


def make_folder(path: Path) -> Path:
    """The folder, which is made where it is not there.

    Raises:
        FileError: it cannot be.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(path, f"cannot be made into a folder: {error.strerror}", remedy="name another --out") from None
    return path
