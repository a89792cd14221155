"""The container of glTF 2.0: arrays become accessors of one binary buffer, buffer and JSON become a GLB file.

Specification: Khronos glTF 2.0, sections 3.6 (buffers, accessors, alignment) and 4 (GLB).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.base.errors import PoseloomError
from poseloom.base.files import atomic_write

VERTEX_TARGET = 34962
INDEX_TARGET = 34963
_COMPONENTS = {"float32": 5126, "uint32": 5125, "uint16": 5123, "uint8": 5121}
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_MAGIC, _VERSION = b"glTF", 2
_JSON_CHUNK, _BINARY_CHUNK = b"JSON", b"BIN\0"
_ALIGNMENT = 4
_LARGEST_FILE = 2**32 - 1


class Buffer:
    """Collects arrays; each becomes a buffer view and an accessor, referred to by its number."""

    def __init__(self) -> None:
        self.accessors: list[dict[str, Any]] = []
        self.views: list[dict[str, Any]] = []
        self._parts: list[bytes] = []
        self._length = 0

    def add(
        self,
        array: NDArray[Any],
        *,
        target: int | None = None,
        bounds: bool = False,
        normalized: bool = False,
    ) -> int:
        """Append an array (count, ...) and return its accessor's number.

        Args:
            array: float32, uint32, uint16 or uint8; matrices (count, 4, 4) as usual, rows first.
            target: what a graphics card uses it for; none for animations and matrices.
            bounds: write the smallest and largest value, which positions and times must have.
            normalized: integers that stand for fractions of their range.
        """
        if array.ndim == 3:  # glTF stores matrices by columns
            array = array.transpose(0, 2, 1)
        data = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        accessor: dict[str, Any] = {
            "bufferView": len(self.views),
            "componentType": _COMPONENTS[array.dtype.name],
            "count": len(array),
            "type": _SHAPES[array.shape[1:]],
        }
        if bounds:
            accessor["min"] = np.atleast_1d(array.min(axis=0)).tolist()
            accessor["max"] = np.atleast_1d(array.max(axis=0)).tolist()
        if normalized:
            accessor["normalized"] = True
        self.views.append(view)
        self.accessors.append(accessor)
        self._parts.append(_padded(data, b"\0"))
        self._length += len(self._parts[-1])
        return len(self.accessors) - 1

    def content(self) -> bytes:
        """All arrays, each starting at a multiple of four bytes."""
        return b"".join(self._parts)


def write_container(path: str | Path, document: dict[str, Any], buffer: Buffer) -> None:
    """Write the JSON `document`, completed by the buffer's accessors, and the buffer as one GLB file."""
    binary = buffer.content()
    complete = {
        "asset": {"version": "2.0", "generator": "poseloom"},
        **document,
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(binary)}],
    }
    write_chunks(path, complete, binary)


def write_chunks(path: str | Path, document: dict[str, Any], binary: bytes) -> None:
    """Write a whole glTF document and its one buffer as a GLB file; it appears whole or not at all."""
    text = _padded(json.dumps(document, separators=(",", ":"), allow_nan=False).encode(), b" ")
    chunks = _chunk(_JSON_CHUNK, text) + _chunk(_BINARY_CHUNK, _padded(binary, b"\0"))
    length = len(_MAGIC) + 8 + len(chunks)
    if length > _LARGEST_FILE:
        raise PoseloomError(f"{path}: {length:,} bytes do not fit into one GLB file; write fewer frames")
    with atomic_write(path) as temporary:
        temporary.write_bytes(_MAGIC + struct.pack("<LL", _VERSION, length) + chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<L", len(data)) + kind + data


def _padded(data: bytes, filler: bytes) -> bytes:
    return data + filler * (-len(data) % _ALIGNMENT)
