"""Checkpoint files of strangers, read as data: ``.pth`` files, and zip archives that hold one.

Only tensors, plain values and `argparse.Namespace` (a record of options) are taken; a file that names anything else
is refused before anything of it runs.
"""

from __future__ import annotations

import argparse
import pickle
import re
import shutil
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
import torch

from poseloom.base.archives import check_members
from poseloom.base.errors import FileError
from poseloom.base.files import GIBIBYTE, readable_file, reason
from poseloom.formats.pickles import load_data

MAXIMUM_BYTES = 8 * GIBIBYTE
"""Of a file and of what it unpacks to; the largest released text-pose model has about 0.4 GiB."""
_MAXIMUM_MEMBERS = 20_000
_MOST_STRANGERS = 100
_TORCH_RECORDS = "data.pkl"
"""A member of this name makes a zip archive one of torch's own files."""
_CHECKPOINT_SUFFIXES = (".pth", ".pt", ".pth.tar")
_PREFERRED = ("checkpoint_best.pth", "checkpoint_release.pth")
_REMEDY = "get the file again"
_DISTRUST = "do not use this file if you do not know where it is from"

_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    UnicodeDecodeError,
    OSError,
    EOFError,
)
"""What zipfile raises on damaged archives."""
_HARMLESS: list[Any] = [
    argparse.Namespace,
    # scores may have been kept as numpy numbers; both spellings of numpy 1 and 2
    (np._core.multiarray.scalar, "numpy.core.multiarray.scalar"),  # type: ignore[attr-defined]
    (np._core.multiarray.scalar, "numpy._core.multiarray.scalar"),  # type: ignore[attr-defined]
    np.dtype,
    np.dtypes.Float64DType,
    np.dtypes.Float32DType,
    np.dtypes.Int64DType,
]


def load_torch_file(path: str | Path, *, strangers: bool = False) -> Any:
    """The content of a ``.pth`` file, or of the one inside a zip archive, on the CPU.

    Args:
        path: path of the file.
        strangers: classes that the file names besides numbers (settings, callbacks of its training) become empty
            tables in place of a refusal; nothing of them is imported or run.

    Raises:
        FileError: missing, cut off, too large, an archive without a checkpoint or with several, or a file that holds
            code.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    with _checkpoint_in(file) as checkpoint:
        return _load(checkpoint, file, strangers)


def checkpoint_names(path: str | Path) -> list[str]:
    """Names of the checkpoints in a zip archive; none of any other file, a checkpoint itself included."""
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    if not zipfile.is_zipfile(file):
        return []
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_members(file, members, MAXIMUM_BYTES, _MAXIMUM_MEMBERS)
            if any(PurePosixPath(member.filename).name == _TORCH_RECORDS for member in members):
                return []
            return [one.filename for one in members if one.filename.endswith(_CHECKPOINT_SUFFIXES) and not one.is_dir()]
    except _DAMAGED as error:
        raise FileError(file, f"is a damaged archive: {reason(error)}", remedy=_REMEDY) from None


def load_torch_member(path: str | Path, name: str) -> Any:
    """The content of one of the checkpoints in a zip archive, on the CPU.

    Raises:
        FileError: damaged, too large, or a file that holds code.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    try:
        with zipfile.ZipFile(file) as archive:
            check_members(file, archive.infolist(), MAXIMUM_BYTES, _MAXIMUM_MEMBERS)
            with tempfile.TemporaryFile(prefix="poseloom-") as copy, archive.open(name) as source:
                shutil.copyfileobj(source, copy)
                _check_inner(file, copy)
                return _load(copy, file)
    except (*_DAMAGED, KeyError) as error:
        raise FileError(file, f"is a damaged archive: {reason(error)}", remedy=_REMEDY) from None


def load_torch_data(path: str | Path) -> Any:
    """What a file of `torch.save` holds, tensors as numpy arrays; numpy's own arrays may be in it as well.

    Raises:
        FileError: missing, cut off, too large, or a file that names anything but data.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    if not zipfile.is_zipfile(file):
        return load_torch_file(file)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_members(file, members, MAXIMUM_BYTES, _MAXIMUM_MEMBERS)
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise FileError(file, "is packed, which torch never does", remedy=_DISTRUST)
            records = next(member for member in members if PurePosixPath(member.filename).name == _TORCH_RECORDS)
            folder = PurePosixPath(records.filename).parent
            return load_data(
                archive.read(records),
                file,
                members=lambda name: archive.read(str(folder / "data" / PurePosixPath(name).name)),
            )
    except FileError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds on damaged input
        raise FileError(file, f"is a damaged archive: {reason(error)}", remedy=_REMEDY) from None


@contextmanager
def _checkpoint_in(file: Path) -> Iterator[Path | IO[bytes]]:
    """The file itself, or a temporary copy of the checkpoint that it is an archive of."""
    if not zipfile.is_zipfile(file):
        yield file
        return
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            check_members(file, members, MAXIMUM_BYTES, _MAXIMUM_MEMBERS)
            if any(PurePosixPath(member.filename).name == _TORCH_RECORDS for member in members):
                yield file
                return
            member = _the_checkpoint(file, members)
            # a file without a name: nothing is left of it however this process ends
            with tempfile.TemporaryFile(prefix="poseloom-") as copy, archive.open(member) as source:
                shutil.copyfileobj(source, copy)
                _check_inner(file, copy)
                yield copy
    except _DAMAGED as error:
        raise FileError(file, f"is a damaged archive: {reason(error)}", remedy=_REMEDY) from None


def _check_inner(file: Path, checkpoint: IO[bytes]) -> None:
    """The checkpoint in an archive may be an archive again: a torch file."""
    checkpoint.seek(0)
    if zipfile.is_zipfile(checkpoint):
        with zipfile.ZipFile(checkpoint) as archive:
            check_members(file, archive.infolist(), MAXIMUM_BYTES, _MAXIMUM_MEMBERS)
    checkpoint.seek(0)


def _the_checkpoint(file: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    found = [member for member in members if member.filename.endswith(_CHECKPOINT_SUFFIXES) and not member.is_dir()]
    best = [member for member in found if PurePosixPath(member.filename).name in _PREFERRED] or found
    if not best:
        raise FileError(file, "holds no checkpoint", remedy="expected an archive with one .pth file in it")
    if len(best) > 1:
        names = ", ".join(member.filename for member in best[:3])
        raise FileError(file, f"holds {len(best)} checkpoints ({names})", remedy="unpack it and name one of them")
    return best[0]


class _Stranger(dict[Any, Any]):
    """Stands for any class that a file names and that nobody needs."""

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__()

    def __setstate__(self, state: Any) -> None:
        """What it held is of no use."""

    def append(self, item: Any) -> None:
        """So that lists of strangers can be read."""

    extend = append
    __hash__ = object.__hash__  # type: ignore[assignment]


def _load(checkpoint: Path | IO[bytes], file: Path, strangers: bool = False) -> Any:
    harmless = list(_HARMLESS)
    while True:
        try:
            with warnings.catch_warnings(), torch.serialization.safe_globals(harmless):
                warnings.simplefilter("ignore")  # about the protocol of old pickles
                return torch.load(checkpoint, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:  # noqa: PERF203 - one more name is known then
            named = _named_by(str(error))
            known = {one[1] for one in harmless if isinstance(one, tuple)}
            if not strangers or named is None or named in known or len(known) > _MOST_STRANGERS:
                raise _refused(file, str(error)) from None
            # a class of its own for each: torch keeps the names by class
            harmless.append((type("_Stranger", (_Stranger,), {}), named))
            if not isinstance(checkpoint, Path):
                checkpoint.seek(0)
        except Exception as error:  # a damaged file can raise anything
            problem = f"is cut off or no checkpoint: {_first_line(error)}"
            raise FileError(file, problem, remedy=_REMEDY) from None


def _named_by(message: str) -> str | None:
    """The class that torch's refusal is about."""
    named = re.search(r"(?:GLOBAL|global) `?([\w.]+)`? ", message)
    return named[1] if named else None


def _refused(file: Path, message: str) -> FileError:
    named = _named_by(message)
    if named is None:
        return FileError(file, "is cut off or no checkpoint", remedy=_REMEDY)
    return FileError(file, f"refused: it names {named}, a checkpoint needs only numbers", remedy=_DISTRUST)


def _first_line(error: Exception) -> str:
    lines = reason(error).splitlines()
    return re.split(r"[.:] ", lines[0] if lines else type(error).__name__)[0][:120]
