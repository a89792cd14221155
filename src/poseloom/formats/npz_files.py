"""Opening npz archives from strangers: limits before allocation, no pickle executed.

The npy header is parsed by own, strict patterns (format specification: `numpy.lib.format`, versions 1 and 2), so
that a header can neither run through Python's parser nor claim more data than the archive holds.
"""

from __future__ import annotations

import math
import re
import struct
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError, closest
from poseloom.base.files import GIBIBYTE, readable_file, reason

MAXIMUM_MEMBERS = 1000
MAXIMUM_ARCHIVE_BYTES = 2 * GIBIBYTE - 1
"""Below this size an archive needs no zip64 directory, which is therefore refused."""
MAXIMUM_ARRAY_BYTES = 2 * GIBIBYTE
MAXIMUM_OBJECT_BYTES = 256 << 20
"""Arrays of Python objects hold a word (gender), a small table, or the meshes of some hundred frames."""
MAXIMUM_RATIO = 100
FREE_BYTES = 64 << 20
"""An archive may unpack to this much whatever its ratio, beyond it to `MAXIMUM_RATIO` times its own size."""

_DIRECTORY_END = b"PK\x05\x06"
_DIRECTORY_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_WIDE_LOCATOR = b"PK\x06\x07"
_WIDE_LOCATOR_BYTES = 20
_MAXIMUM_DIRECTORY_BYTES = 1 << 20

_NPY_MAGIC = b"\x93NUMPY"
_MAXIMUM_HEADER_BYTES = 10_000
_DESCRIPTION = re.compile(r"""['"]descr['"]\s*:\s*['"]([<>|=]?[?biufcSUO]\d{0,9})['"]\s*[,}]""")
_ORDER = re.compile(r"""['"]fortran_order['"]\s*:\s*(True|False)\s*[,}]""")
_SHAPE = re.compile(r"""['"]shape['"]\s*:\s*\(([\d,\sL]{0,500})\)\s*[,}]""")
_REMEDY = "get or export the file again"


@dataclass(frozen=True)
class ArrayHeader:
    """What an npy header says, checked against the size of its data."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool

    @property
    def data_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class NpzArchive(Mapping[str, Any]):
    """The arrays of an npz file by name, each read when it is asked for.

    Arrays of Python objects go through the restricted unpickler of `poseloom.formats.pickles`.
    """

    def __init__(self, path: Path, members: dict[str, zipfile.ZipInfo]):
        self.path = path
        self._members = members

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __getitem__(self, name: str) -> NDArray[Any]:
        with _Member(self.path, self._info(name), name) as member:
            return member.array()

    def header(self, name: str) -> ArrayHeader:
        """Type and shape of an array without its data."""
        with _Member(self.path, self._info(name), name) as member:
            return member.header

    def number(self, name: str) -> float:
        """An array of one number, as a float."""
        array = self[name]
        if array.size != 1 or array.dtype.kind not in "fiu":
            raise FileError(self.path, f"is {array.dtype} of shape {array.shape}, expected one number", field=name)
        return float(array.reshape(()))

    def text(self, name: str) -> str:
        """An array of one word, whichever way it was stored: text, bytes, or a Python object."""
        array = self[name]
        if array.dtype.kind == "U" and (_code_points(array) > sys.maxunicode).any():
            raise FileError(self.path, "holds characters that do not exist", field=name, remedy=_REMEDY)
        value = array.reshape(-1)[0] if array.size == 1 else None
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise FileError(self.path, f"is {array.dtype} of shape {array.shape}, expected one word", field=name)
        value = value.encode("utf-8", "replace").decode("utf-8")  # halves of surrogate pairs cannot be printed
        bare = re.fullmatch(r"b(['\"])(.*)\1", value, flags=re.DOTALL)  # str() of bytes, written by some exporters
        return bare[2] if bare else str(value)

    def _info(self, name: str) -> zipfile.ZipInfo:
        if name not in self._members:
            raise KeyError(f"{self.path}: has no array {name!r}{closest(name, tuple(self._members))}")
        return self._members[name]


def open_npz(path: str | Path) -> NpzArchive:
    """List the arrays of an npz file.

    Raises:
        FileError: not a readable archive, too many or too large members, or packed implausibly well (a zip bomb).
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_ARCHIVE_BYTES)
    try:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except FileError:
        raise
    except Exception as error:  # zipfile raises a dozen kinds on damaged input
        raise FileError(path, f"is not an npz archive: {reason(error)}", remedy=_REMEDY) from None
    if len(infos) > MAXIMUM_MEMBERS:
        raise FileError(path, f"has {len(infos)} members, at most {MAXIMUM_MEMBERS} are read", remedy=_REMEDY)
    unpacked, packed = sum(info.file_size for info in infos), file.stat().st_size
    if unpacked > max(FREE_BYTES, MAXIMUM_RATIO * packed):
        raise FileError(
            path,
            f"unpacks from {packed:,} to {unpacked:,} bytes, expected at most {MAXIMUM_RATIO} times as many",
            remedy="if you trust it, save it again uncompressed",
        )
    members = {info.filename[: -len(".npy")]: info for info in infos if info.filename.endswith(".npy")}
    if not members:
        raise FileError(path, "is a zip archive without arrays", remedy="expected an npz file of numpy")
    return NpzArchive(file, members)


def _check_directory(file: Path) -> None:
    """Refuse a directory so large that listing it would fill the memory."""
    tail_bytes = _DIRECTORY_END_BYTES + _LONGEST_COMMENT + _WIDE_LOCATOR_BYTES
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - tail_bytes))
        tail = stream.read()
    ends = {len(tail) - _DIRECTORY_END_BYTES, tail.rfind(_DIRECTORY_END)}
    found = [end for end in ends if end >= 0 and tail[end : end + 4] == _DIRECTORY_END]
    if not found:
        raise FileError(file, "is not an npz archive, or its end is missing", remedy=_REMEDY)
    for end in found:
        record = tail[end : end + _DIRECTORY_END_BYTES]
        if len(record) < _DIRECTORY_END_BYTES:
            raise FileError(file, "is cut off in the archive's directory", remedy=_REMEDY)
        wide = tail[max(0, end - _WIDE_LOCATOR_BYTES) : end].startswith(_WIDE_LOCATOR)
        (directory_bytes,) = struct.unpack("<L", record[12:16])
        if wide or directory_bytes > _MAXIMUM_DIRECTORY_BYTES:
            raise FileError(file, f"has a directory for more than {MAXIMUM_MEMBERS} arrays", remedy=_REMEDY)


def read_npy(path: str | Path) -> NDArray[Any]:
    """The array of an npy file; Python objects in it go through the restricted unpickler.

    Raises:
        FileError: not an npy file, or cut off.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_ARRAY_BYTES)
    info = zipfile.ZipInfo(file.name)
    info.file_size = file.stat().st_size
    with _File(file, info, "") as member:
        return member.array()


class _Member:
    """One npy file inside the archive, open for reading."""

    def __init__(self, path: Path, info: zipfile.ZipInfo, name: str):
        self._path, self._info, self._name = path, info, name or None

    def __enter__(self) -> _Member:
        try:
            if self._info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise self._refusal("is packed in a way that numpy does not write")
            with zipfile.ZipFile(self._path) as archive:
                self._stream: IO[bytes] = archive.open(self._info)
            self.header = self._read_header()
        except FileError:
            raise
        except Exception as error:  # zipfile, zlib and the disk each have their own
            raise self._refusal(f"is damaged: {reason(error)}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def array(self) -> NDArray[Any]:
        if self.header.dtype.hasobject:
            return self._objects()
        wanted = self.header.data_bytes
        try:
            data = self._stream.read(wanted + 1)  # past the end, so that the checksum is compared
            if len(data) == wanted:
                order = "F" if self.header.fortran_order else "C"
                return np.frombuffer(data, self.header.dtype).reshape(self.header.shape, order=order)  # type: ignore[call-overload]
        except Exception as error:
            raise self._refusal(f"is damaged: {reason(error)}") from None
        raise self._refusal(f"is cut off: {len(data):,} of {wanted:,} bytes are there")

    def _objects(self) -> NDArray[Any]:
        from poseloom.formats.pickles import load_data

        if self._info.file_size > MAXIMUM_OBJECT_BYTES:
            raise self._refusal("is a large array of Python objects, which is not read")
        try:
            data = self._stream.read()
        except Exception as error:
            raise self._refusal(f"is damaged: {reason(error)}") from None
        value = load_data(data, self._path, field=self._name)
        if not isinstance(value, np.ndarray):
            raise self._refusal(f"holds a {type(value).__name__}, expected an array of objects")
        return value

    def _read_header(self) -> ArrayHeader:
        magic = self._stream.read(8)
        if len(magic) < 8 or not magic.startswith(_NPY_MAGIC) or magic[6] not in (1, 2):
            raise self._refusal("is not an array of numpy (npy version 1 or 2)")
        width, code = (2, "<H") if magic[6] == 1 else (4, "<L")
        length_bytes = self._stream.read(width)
        length = struct.unpack(code, length_bytes)[0] if len(length_bytes) == width else _MAXIMUM_HEADER_BYTES + 1
        if length > _MAXIMUM_HEADER_BYTES:
            raise self._refusal("has a header of implausible length")
        text = self._stream.read(length).decode("latin1")
        header = _parse_header(text)
        if header is None:
            raise self._refusal("has a header that numpy does not write, or holds records")
        if not header.dtype.hasobject:
            there = self._info.file_size - 8 - width - length
            if header.data_bytes != there or header.data_bytes > MAXIMUM_ARRAY_BYTES:
                raise self._refusal(
                    f"claims the shape {_short(header.shape)} of {header.dtype}, but holds {there:,} bytes"
                )
        return header

    def _refusal(self, problem: str) -> FileError:
        return FileError(self._path, problem, field=self._name, remedy=_REMEDY)


class _File(_Member):
    """An npy file on its own."""

    def __enter__(self) -> _File:
        self._stream = self._path.open("rb")
        try:
            self.header = self._read_header()
        except FileError:
            self._stream.close()
            raise
        return self


def _code_points(text: NDArray[Any]) -> NDArray[np.uint32]:
    """The characters of a text array as numbers; numpy stores four bytes for each."""
    native = np.ascontiguousarray(text).astype(text.dtype.newbyteorder("="))
    return np.frombuffer(native.tobytes(), np.uint32)


def _parse_header(text: str) -> ArrayHeader | None:
    description, order, shape = _DESCRIPTION.search(text), _ORDER.search(text), _SHAPE.search(text)
    if not (description and order and shape):
        return None
    try:
        dtype = np.dtype(description[1])
        sizes = tuple(int(part.replace("L", "")) for part in shape[1].split(",") if part.strip())
    except (TypeError, ValueError):
        return None
    return ArrayHeader(dtype, sizes, order[1] == "True") if dtype.itemsize else None


def _short(shape: tuple[int, ...]) -> str:
    text = str(shape)
    return text if len(text) <= 80 else text[:77] + "..."
