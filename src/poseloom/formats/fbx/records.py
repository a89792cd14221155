"""FBX files as trees of records: a name, values, and further records; binary or text tells the same.

The format has no public specification; the binary layout is the one described by the Blender Foundation ("FBX binary
file format specification", 2013). Counts and offsets are checked before they are used; arrays are unpacked when they
are asked for, and never to more bytes than they claim.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.base.files import read_bytes

_MAGIC = b"Kaydara FBX Binary  \0"
_HEADER = 27
_WIDE_VERSION = 7500
"""From this version on, offsets and counts have eight bytes."""
_VERSIONS = (6000, 8000)
_MAXIMUM_DEPTH = 64
_MAXIMUM_RECORDS = 1 << 23
_MAXIMUM_TEXT = 1 << 29
_MAXIMUM_ELEMENTS = 1 << 25
_FIRST_LETTER = 32
"""A byte above it is a letter, such as Y or U; one below it a truth value."""
_SCALARS = {"Y": "<h", "C": "<B", "B": "<?", "I": "<i", "F": "<f", "D": "<d", "L": "<q"}
_ARRAYS = {"f": "<f4", "d": "<f8", "l": "<i8", "i": "<i4", "b": "i1", "c": "i1"}


@dataclass(frozen=True)
class PackedArray:
    """An array of a binary file, still packed."""

    kind: str
    count: int
    is_compressed: bool
    data: bytes

    def unpacked(self) -> Any:
        """Its numbers.

        Raises:
            ValueError: it does not hold as many as it claims.
        """
        kind = np.dtype(self.kind)
        size = self.count * kind.itemsize
        if self.count > _MAXIMUM_ELEMENTS:
            raise ValueError(f"{self.count:,} numbers")
        try:
            data = zlib.decompressobj().decompress(self.data, size + 1) if self.is_compressed else self.data
        except zlib.error as error:
            raise ValueError(f"is damaged: {error}") from None
        if len(data) != size:
            raise ValueError(f"claims {size:,} bytes and holds another number")
        return np.frombuffer(data, kind)


@dataclass
class Record:
    """One record.

    Args:
        name: what it is.
        values: numbers, texts, raw bytes, arrays.
        children: further records.
    """

    name: str
    values: list[Any] = field(default_factory=list)
    children: list[Record] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Record]:
        """The records of that name in it."""
        return (child for child in self.children if child.name == name)

    def first(self, name: str) -> Record:
        """The first record of that name in it, an empty one where there is none."""
        return next(self.all(name), Record(name))

    def text(self, place: int) -> str:
        """A text among its values; empty where there is none."""
        value = self.values[place] if place < len(self.values) else ""
        return value if isinstance(value, str) else ""

    def numbers(self, start: int = 0) -> Float64[np.ndarray, " count"]:
        """All numbers in its values from `start` on, one by one or as an array; of text files also ``a:`` below it.

        Raises:
            ValueError: an array is damaged.
        """
        values = self.values[start:]
        if values and isinstance(values[0], PackedArray):
            return np.asarray(values[0].unpacked(), np.float64)
        below = self.first("a").values
        numbers = below if below else values
        return np.array([value for value in numbers if isinstance(value, (int, float))], np.float64)

    def integers(self) -> Any:
        """The same as whole numbers, exact up to 63 bits."""
        if self.values and isinstance(self.values[0], PackedArray):
            return np.asarray(self.values[0].unpacked(), np.int64)
        numbers = self.first("a").values or self.values
        return np.array([value for value in numbers if isinstance(value, int) and abs(value) < 1 << 62], np.int64)


def read_records(path: str | Path) -> tuple[Record, int]:
    """All records of a file under one nameless record, and the file's version (7400 is 7.4).

    Raises:
        FileError: missing, damaged, no FBX file, or of a version that is not read.
    """
    data = read_bytes(path)
    if data.startswith(_MAGIC):
        return _Binary(path, data).read()
    head = data[:4096].decode("latin-1")
    if "FBXHeaderExtension" not in head and "; FBX" not in head:
        raise FileError(path, "is not an FBX file", remedy="export it again, as FBX or BVH")
    if len(data) > _MAXIMUM_TEXT:
        raise FileError(path, f"is too large for FBX text: {len(data):,} bytes", remedy="save it as binary FBX")
    root = _Text(path, data.decode("utf-8", errors="replace")).read()
    version = root.first("FBXHeaderExtension").first("FBXVersion").values
    number = version[0] if version and isinstance(version[0], int) else 0
    return root, _checked_version(path, number)


def _checked_version(path: str | Path, version: int) -> int:
    if not _VERSIONS[0] <= version < _VERSIONS[1]:
        problem = f"is of FBX version {version / 1000:.1f}; 6.1 to 7.7 are read"
        raise FileError(path, problem, field="FBXVersion", remedy="save it again as FBX 2014 (7.4) or newer")
    return version


class _Binary:
    """Reads the binary layout."""

    def __init__(self, path: str | Path, data: bytes):
        self.path, self.data, self.count = path, data, 0

    def read(self) -> tuple[Record, int]:
        if len(self.data) < _HEADER:
            raise self._fail(0, "the file ends in its header")
        version = _checked_version(self.path, struct.unpack_from("<L", self.data, _HEADER - 4)[0])
        self.head = struct.Struct("<QQQB" if version >= _WIDE_VERSION else "<LLLB")
        root = Record("")
        try:
            self._children(root, _HEADER, len(self.data), 0)
        except struct.error:
            raise self._fail(len(self.data), "the file is cut off") from None
        return root, version

    def _children(self, parent: Record, place: int, end: int, depth: int) -> None:
        if depth > _MAXIMUM_DEPTH:
            raise self._fail(place, f"records lie deeper than {_MAXIMUM_DEPTH}")
        while place + self.head.size <= end:
            stop, count, length, name_length = self.head.unpack_from(self.data, place)
            if stop == 0:
                return
            start = place + self.head.size + name_length
            if not start + length <= stop <= end:
                raise self._fail(place, "a record reaches beyond the one that holds it")
            self.count += 1
            if self.count > _MAXIMUM_RECORDS:
                raise self._fail(place, f"more than {_MAXIMUM_RECORDS:,} records")
            name = self.data[start - name_length : start].decode("latin-1")
            record = Record(name, self._values(start, count, start + length))
            self._children(record, start + length, stop, depth + 1)
            parent.children.append(record)
            place = stop

    def _values(self, place: int, count: int, end: int) -> list[Any]:
        values: list[Any] = []
        while len(values) < count:
            if place >= end:
                raise self._fail(place, f"a record claims {count:,} values")
            kind = chr(self.data[place])
            place += 1
            if kind in _SCALARS:
                value = struct.unpack_from(_SCALARS[kind], self.data, place)[0]
                values.append(chr(value) if kind == "C" and value > _FIRST_LETTER else value)
                place += struct.calcsize(_SCALARS[kind])
            elif kind in _ARRAYS:
                length, encoding, size = struct.unpack_from("<LLL", self.data, place)
                width = np.dtype(_ARRAYS[kind]).itemsize
                size = size if encoding else length * width
                place += 12
                values.append(PackedArray(_ARRAYS[kind], length, encoding == 1, self.data[place : place + size]))
                place += size
            elif kind in "SR":
                size = struct.unpack_from("<L", self.data, place)[0]
                raw = self.data[place + 4 : place + 4 + size]
                values.append(raw.decode("utf-8", errors="replace") if kind == "S" else raw)
                place += 4 + size
            else:
                raise self._fail(place - 1, f"a value of unknown type {kind!r}")
            if place > end:
                raise self._fail(place, "a value reaches beyond its record")
        return values

    def _fail(self, place: int, problem: str) -> FileError:
        return FileError(self.path, problem, field=f"byte {place:,}", remedy="get the file again")


_TOKEN = re.compile(
    r"""\s+|;[^\n]*                                  # blanks, comments
    |"(?P<text>[^"]*)"
    |(?P<name>[A-Za-z_][\w|]*)[ \t]*:(?!:)
    |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |\*(?P<length>\d+)
    |(?P<mark>[{},])
    |(?P<word>[^\s{},;"]+)""",
    re.VERBOSE,
)
_WHOLE_DIGITS = 19


class _Text:
    """Reads the text layout, with a stack instead of recursion."""

    def __init__(self, path: str | Path, text: str):
        self.path, self.text = path, text

    def read(self) -> Record:
        root = Record("")
        stack, current = [root], root
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup
            if kind is None or kind == "length":
                continue
            word = match.group(kind)
            if kind == "name":
                current = Record(word)
                stack[-1].children.append(current)
            elif kind == "number":
                is_whole = word.lstrip("+-").isdigit() and len(word) <= _WHOLE_DIGITS + 1
                current.values.append(int(word) if is_whole else float(word))
            elif kind != "mark":
                current.values.append(word.replace("&quot;", '"') if kind == "text" else word)
            elif word == "{":
                if len(stack) > _MAXIMUM_DEPTH:
                    raise self._fail(match.start(), f"braces lie deeper than {_MAXIMUM_DEPTH}")
                stack.append(current)
            elif word == "}":
                if len(stack) == 1:
                    raise self._fail(match.start(), "a brace is closed that was not opened")
                stack.pop()
                current = Record("")  # values behind a brace belong to nothing
        if len(stack) > 1:
            raise self._fail(len(self.text), f"{len(stack) - 1} braces are not closed: the file is cut off")
        return root

    def _fail(self, place: int, problem: str) -> FileError:
        line = self.text.count("\n", 0, place) + 1
        return FileError(self.path, problem, field=f"line {line:,}", remedy="get the file again")
