"""The header of a ``.pose`` file: version, size, components. Little endian in all versions.

Format: sign-language-processing/pose, versions 0.0, 0.1, 0.2. Strings are a uint16 length and UTF-8 bytes.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file.sequence import Component

LARGEST_COUNT = 0xFFFF
"""What a uint16 holds: points, limbs, colours, people, and sizes."""
MAXIMUM_COMPONENTS = 64
_FORMAT = re.compile(r"XYZ?[A-BD-WYZ]{0,8}C")
"""Coordinates, up to eight other numbers a point, confidence."""
MAXIMUM_POINTS = 10_000
"""Of all components together; MediaPipe Holistic with irises has 586."""


@dataclass
class Cursor:
    """Bytes read from the front; every count is compared with what is left before anything is allocated."""

    path: Path
    data: memoryview
    offset: int = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.offset

    def take(self, size: int, field: str) -> memoryview:
        """The next bytes.

        Raises:
            FileError: fewer are left.
        """
        if size > self.left:
            raise FileError(
                self.path,
                f"the file ends early: {size:,} bytes expected at byte {self.offset:,}, {self.left:,} are left",
                field=field,
                remedy="get the file again",
            )
        part = self.data[self.offset : self.offset + size]
        self.offset += size
        return part

    def numbers(self, layout: str, field: str) -> tuple[int | float, ...]:
        """The next numbers in the letters of `struct`."""
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout), field))

    def text(self, field: str) -> str:
        """The next string."""
        (size,) = self.numbers("H", field)
        try:
            return bytes(self.take(int(size), field)).decode("utf-8")
        except UnicodeDecodeError:
            raise FileError(self.path, "is not text", field=field, remedy="check that it is a .pose file") from None

    def array(self, dtype: str, shape: tuple[int, ...], field: str) -> NDArray[np.float32]:
        """The next array, as float32; its size is checked before it is made."""
        size = np.dtype(dtype).itemsize
        for count in shape:
            size *= count
        return np.frombuffer(self.take(size, field), dtype).reshape(shape).astype(np.float32)


@dataclass(frozen=True)
class Header:
    """What a file says before its frames."""

    version: str
    width: int
    height: int
    depth: int
    components: tuple[Component, ...]


VERSIONS = {round(number, 3): str(number) for number in (0.0, 0.1, 0.2)}


def read_header(cursor: Cursor) -> Header:
    """Read a header.

    Raises:
        FileError: another version or kind of file, absurd counts, or a file that ends early.
    """
    (number,) = cursor.numbers("f", "version")
    version = VERSIONS.get(round(float(number), 3))
    if version is None:
        raise FileError(
            cursor.path,
            f"is {number:.4g}, expected 0.0, 0.1 or 0.2",
            field="version",
            remedy="check that it is a .pose file",
        )
    width, height, depth, count = (int(x) for x in cursor.numbers("HHHH", "size"))
    _in_bounds(cursor, "components", count, 1, MAXIMUM_COMPONENTS)
    components: list[Component] = []
    for index in range(count):
        components.append(_read_component(cursor, f"components[{index}]"))
        _in_bounds(cursor, "points", sum(len(one.points) for one in components), 0, MAXIMUM_POINTS)
    names = [component.name for component in components]
    if len(set(names)) < len(names):
        raise FileError(cursor.path, "two have the same name", field="components", remedy="export the file again")
    return Header(version, width, height, depth, tuple(components))


def _read_component(cursor: Cursor, field: str) -> Component:
    name, letters = cursor.text(f"{field}.name"), cursor.text(f"{field}.format")
    if not _FORMAT.fullmatch(letters):
        raise FileError(
            cursor.path,
            f"is {letters[:20]!r}, expected XYC, XYZC or other letters before the C, as in XYZKC",
            field=f"{field}.format",
            remedy="convert it",
        )
    points, limbs, colors = (int(x) for x in cursor.numbers("HHH", field))
    _in_bounds(cursor, f"{field}.points", points, 0, MAXIMUM_POINTS)
    names = tuple(cursor.text(f"{field}.points[{index}]") for index in range(points))
    ends = np.frombuffer(cursor.take(limbs * 4, f"{field}.limbs"), "<u2").reshape(limbs, 2)
    if limbs and ends.max() >= points:
        raise FileError(
            cursor.path, f"join point {ends.max()} of {points}", field=f"{field}.limbs", remedy="export the file again"
        )
    paint = np.frombuffer(cursor.take(colors * 6, f"{field}.colors"), "<u2").reshape(colors, 3)
    pairs = tuple((int(a), int(b)) for a, b in ends)
    return Component(name, names, pairs, tuple((int(r), int(g), int(b)) for r, g, b in paint), letters)


def _in_bounds(cursor: Cursor, field: str, count: int, least: int, most: int) -> None:
    if not least <= count <= most:
        raise FileError(
            cursor.path, f"{count} of them, expected {least} to {most:,}", field=field, remedy="get the file again"
        )


def header_bytes(header: Header) -> bytes:
    """A header as bytes.

    Raises:
        PoseloomError: a count or size that a uint16 does not hold, or a name of more than 65,535 bytes.
    """
    sizes = (header.width, header.height, header.depth)
    parts = [struct.pack("<f", float(header.version)), _uint16("width, height, depth", *sizes)]
    parts.append(_uint16("components", len(header.components)))
    for one in header.components:
        parts += [_text(one.name), _text(one.format)]
        parts.append(_uint16(one.name, len(one.points), len(one.limbs), len(one.colors)))
        parts += [_text(point) for point in one.points]
        parts += [_uint16(f"{one.name}.limbs", *limb) for limb in one.limbs]
        parts += [_uint16(f"{one.name}.colors", *color) for color in one.colors]
    return b"".join(parts)


def _uint16(field: str, *values: int) -> bytes:
    if not all(0 <= value <= LARGEST_COUNT for value in values):
        raise PoseloomError(f".pose: {field}: expected whole numbers from 0 to {LARGEST_COUNT}, got {values}")
    return struct.pack(f"<{len(values)}H", *values)


def _text(text: str) -> bytes:
    data = text.encode("utf-8")
    return _uint16(f"length of {text[:20]!r}", len(data)) + data
