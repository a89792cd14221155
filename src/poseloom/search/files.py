"""Arrays of an index on disk: written row after row, read as memory maps, columns of text among them."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from poseloom.base.errors import FileError
from poseloom.base.files import reason

SUFFIX = ".npy"
REMEDY = "build the index again with 'poseloom index build'"


class ArrayWriter:
    """A .npy file whose rows are appended; their number is known beforehand.

    Rows pass through ordinary writes, not through a memory map: what was written does not count as memory in use.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: DTypeLike):
        self.path, self.shape, self.dtype = path, shape, np.dtype(dtype)
        self._stream: BinaryIO = path.open("wb")
        header = {"descr": np.lib.format.dtype_to_descr(self.dtype), "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self._stream, header)
        self._start = self._stream.tell()

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows at the end."""
        self._stream.write(np.ascontiguousarray(rows, self.dtype).data)

    def put_columns(self, columns: NDArray[Any], first: int) -> None:
        """Write a block of columns: `columns` is (rows of the array, few) and goes to places `first`, ..."""
        for row, values in enumerate(np.ascontiguousarray(columns, self.dtype)):
            self._stream.seek(self._start + (row * self.shape[1] + first) * self.dtype.itemsize)
            self._stream.write(values.data)

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write a whole array."""
    with ArrayWriter(path, array.shape, array.dtype) as writer:
        writer.append(array)


def read_array(path: Path, shape: tuple[int | None, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array as a read-only memory map.

    Args:
        path: the .npy file.
        shape: what is expected; None for an axis of any length.
        dtype: what is expected.

    Raises:
        FileError: missing, damaged, or another shape or type than expected.
    """
    try:
        with path.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            found, fortran, kind = np.lib.format.read_array_header_1_0(stream)
            start = stream.tell()
        size = path.stat().st_size - start
        if version != (1, 0) or fortran or kind.hasobject or min(found, default=0) < 0:
            raise ValueError("its header is none that poseloom writes")
        if size != math.prod(found) * kind.itemsize:
            raise ValueError(f"{size:,} bytes do not hold {kind} of shape {found}")
        # nothing cannot be mapped
        array = np.memmap(path, kind, "r", start, found) if size else np.zeros(found, kind)
    except FileNotFoundError:
        raise FileError(path, "is missing", remedy=REMEDY) from None
    except Exception as error:  # numpy hands the header to Python's own parser
        raise FileError(path, f"is damaged: {reason(error)}", remedy=REMEDY) from None
    fits = array.ndim == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=False))
    if not fits or array.dtype != np.dtype(dtype):
        expected = f"{np.dtype(dtype)} of shape {shape}".replace("None", "any")
        raise FileError(path, f"is {array.dtype} of shape {array.shape}, expected {expected}", remedy=REMEDY)
    return np.asarray(array)  # the map without its class, whose slices cost a microsecond each


def check_ascending(path: Path, starts: NDArray[np.integer]) -> None:
    """Places where parts begin: from 0 on, none before the last one.

    Raises:
        FileError: they are not so.
    """
    if len(starts) and (starts[0] != 0 or (starts[1:] < starts[:-1]).any()):
        raise FileError(path, "is damaged: its parts do not follow one another", remedy=REMEDY)


def check_range(path: Path, numbers: NDArray[np.integer], first: int, end: int) -> None:
    """Numbers of rows or of values, all of them from `first` to before `end`.

    Raises:
        FileError: one of them is not.
    """
    if len(numbers) and not first <= int(numbers.min()) <= int(numbers.max()) < end:
        raise FileError(path, f"is damaged: it names things outside {first} to {end - 1}", remedy=REMEDY)


class RowReader:
    """Single rows of a .npy file of two axes, read from the file instead of through a memory map.

    A page that is touched through a map brings its neighbours into the process's memory, so that a few thousand
    scattered rows would make the whole file resident.

    Args:
        path: a file that `read_array` has checked.
        array: its map, which says where the rows are.
    """

    def __init__(self, path: Path, array: NDArray[Any]):
        self._path, self._array = path, array
        self._row_bytes = array.shape[1] * array.itemsize
        self._file: BinaryIO | None = path.open("rb", buffering=0) if hasattr(os, "preadv") and len(array) else None
        self._start = path.stat().st_size - array.nbytes

    def take(self, rows: NDArray[np.integer]) -> NDArray[Any]:
        """Some rows, in the given order."""
        if self._file is None:
            return np.asarray(self._array[rows])
        taken = np.empty((len(rows), self._array.shape[1]), self._array.dtype)
        handle = self._file.fileno()
        for place, row in enumerate(rows.tolist()):
            os.preadv(handle, [taken[place].data], self._start + row * self._row_bytes)
        return taken

    def part(self, first: int, last: int) -> NDArray[Any]:
        """Rows one after the other."""
        shape = (last - first, self._array.shape[1])
        offset = self._start + first * self._row_bytes
        return np.fromfile(self._path, self._array.dtype, shape[0] * shape[1], offset=offset).reshape(shape)


class TextWriter:
    """A column of texts: their bytes in one file, where each begins in another."""

    def __init__(self, folder: Path, name: str, rows: int):
        self._bytes = (folder / f"{name}.txt").open("wb")
        self._offsets = ArrayWriter(folder / f"{name}.offsets{SUFFIX}", (rows + 1,), np.int64)
        self._offsets.append(np.zeros(1, np.int64))
        self._end = 0

    def append(self, texts: Iterable[str]) -> None:
        """Add texts at the end."""
        encoded = [text.encode("utf-8", "replace") for text in texts]
        ends = self._end + np.cumsum([len(text) for text in encoded], dtype=np.int64)
        if len(encoded):
            self._end = int(ends[-1])
            self._bytes.write(b"".join(encoded))
            self._offsets.append(ends)

    def __enter__(self) -> TextWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bytes.close()
        self._offsets.__exit__(kind, fault, trace)


def write_texts(folder: Path, name: str, texts: Sequence[str]) -> None:
    """Write a whole column of texts."""
    with TextWriter(folder, name, len(texts)) as writer:
        writer.append(texts)


class TextColumn:
    """Reads what `TextWriter` wrote, one text at a time, without loading it."""

    def __init__(self, folder: Path, name: str, rows: int | None):
        offsets = folder / f"{name}.offsets{SUFFIX}"
        self._offsets = read_array(offsets, (None if rows is None else rows + 1,), np.int64)
        path = folder / f"{name}.txt"
        try:
            size = path.stat().st_size
            self._bytes: NDArray[np.uint8] = (
                np.asarray(np.memmap(path, np.uint8, mode="r")) if size else np.zeros(0, np.uint8)
            )
        except FileNotFoundError:
            raise FileError(path, "is missing", remedy=REMEDY) from None
        if len(self._offsets) == 0 or self._offsets[-1] != size:
            raise FileError(path, f"has {size:,} bytes, its offsets say otherwise", remedy=REMEDY)
        check_ascending(offsets, self._offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, row: int) -> str:
        return bytes(self._bytes[self._offsets[row] : self._offsets[row + 1]]).decode("utf-8", "replace")

    def all(self) -> list[str]:
        """Every text."""
        whole, ends = bytes(self._bytes), self._offsets.tolist()
        return [whole[start:end].decode("utf-8", "replace") for start, end in pairwise(ends)]

    def find(self, text: str) -> int | None:
        """The first row that holds exactly this text."""
        wanted = text.encode("utf-8", "replace")
        alike = np.flatnonzero(np.diff(self._offsets) == len(wanted)).tolist()
        return next((row for row in alike if self[row].encode("utf-8", "replace") == wanted), None)
