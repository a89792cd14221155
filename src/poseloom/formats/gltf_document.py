"""glTF 2.0 files as they come: the JSON of a .glb or .gltf, its buffers, and its accessors as arrays.

Everything in them is taken for data from strangers: numbers are checked before they index, counts before they
allocate. Specification: Khronos glTF 2.0, sections 3.6 (buffers, accessors, sparse accessors) and 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.base.files import read_bytes

_MAGIC = b"glTF"
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_HEADER, _CHUNK_HEADER = 12, 8
_MAXIMUM_JSON = 256 << 20
_MAXIMUM_ELEMENTS = 1 << 24
"""Elements of one accessor that has no bytes of its own (sparse over zeros): more than any real motion has keys."""
_MAXIMUM_ROWS = 1 << 18
"""Nodes, accessors, animations, ...: the largest published scenes have some ten thousand."""

_COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_STRIDES = range(1, 253)

Json = dict[str, Any]


class GltfDocument:
    """A glTF file whose parts are checked when they are asked for.

    Args:
        path: the file: for messages, and the folder of the files that it names.
        content: its JSON.
        binary: the binary chunk of a .glb; None where there is none.
    """

    def __init__(self, path: Path, content: Json, binary: bytes | None):
        self.path, self.content, self.binary = path, content, binary
        self._buffers: dict[int, bytes] = {}

    def fail(self, field: str, problem: str, remedy: str = "export the file again") -> NoReturn:
        """Raise a `FileError` about this file."""
        raise FileError(self.path, problem, field=field, remedy=remedy)

    # -- JSON ----------------------------------------------------------------------------------------------------

    def rows(self, name: str) -> list[Json]:
        """One of the top-level lists of objects, such as ``nodes``; empty where there is none."""
        return self.objects(self.content, name, name)

    def objects(self, owner: Json, key: str, field: str) -> list[Json]:
        """A list of objects in `owner`; empty where there is none."""
        rows = owner.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > _MAXIMUM_ROWS:
            self.fail(field, f"{key} is not a list of at most {_MAXIMUM_ROWS:,} objects")
        return rows

    def row(self, name: str, index: Any, field: str) -> Json:
        """The object that a number refers to."""
        return self.rows(name)[self.index(index, len(self.rows(name)), field, name)]

    def index(self, value: Any, count: int, field: str, name: str) -> int:
        """A number that refers to one of `count` things."""
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < count:
            self.fail(field, f"refers to {name} {_shown(value)}; there are {count}")
        return value

    def indices(self, owner: Json, key: str, name: str, field: str) -> list[int]:
        """A list of numbers in `owner` that refer to one of the top-level lists."""
        values = owner.get(key, [])
        count = len(self.rows(name))
        if not isinstance(values, list):
            self.fail(field, f"{key} is not a list")
        return [self.index(value, count, field, name) for value in values]

    def integer(self, owner: Json, key: str, field: str, default: int | None = None) -> int:
        """A number of at least zero in `owner`."""
        value = owner.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.fail(field, f"{key} is {_shown(value)}, not a number of at least 0")
        return value

    def numbers(self, owner: Json, key: str, count: int, field: str) -> Float64[np.ndarray, " count"] | None:
        """`count` finite numbers in `owner`; None where there are none."""
        if key not in owner:
            return None
        values = owner[key]
        fits = isinstance(values, list) and len(values) == count
        if not fits or not all(isinstance(value, (int, float)) and abs(value) < 1e30 for value in values):
            self.fail(field, f"{key} is not {count} finite numbers")
        return np.array(values, np.float64)

    def extension(self, name: str) -> Json:
        """What a top-level extension says; empty where the file does not have it."""
        extensions = self.content.get("extensions")
        found = extensions.get(name) if isinstance(extensions, dict) else None
        return found if isinstance(found, dict) else {}

    # -- arrays --------------------------------------------------------------------------------------------------

    def accessor(self, index: Any, field: str) -> Float64[np.ndarray, "count width"]:
        """The array of an accessor: normalised integers as fractions, sparse values put in, matrices by columns.

        Raises:
            FileError: it does not lie in its buffer, is compressed, or holds NaN or infinity.
        """
        row = self.row("accessors", index, field)
        field = f"accessor {index}"
        width = _WIDTHS.get(str(row.get("type")))
        kind = _component(row)
        if width is None or kind is None:
            self.fail(field, f"unknown type {_shown(row.get('type'))} of {_shown(row.get('componentType'))}")
        count = self.integer(row, "count", field)
        if "bufferView" in row:
            values = self._elements(row, count, np.dtype(kind), width, field)
        elif count <= _MAXIMUM_ELEMENTS:
            values = np.zeros((count, width), kind)
        else:
            self.fail(field, f"has {count:,} elements without bytes, at most {_MAXIMUM_ELEMENTS:,} are read")
        if isinstance(row.get("sparse"), dict):
            values = self._with_sparse(values, row["sparse"], np.dtype(kind), field)
        with np.errstate(invalid="ignore"):  # signalling NaN; told below
            array = values.astype(np.float64)
        if row.get("normalized") is True and np.dtype(kind).kind in "iu":
            array = np.maximum(array / np.iinfo(kind).max, -1.0)
        if not np.isfinite(array).all():
            self.fail(field, "holds NaN or infinity")
        return array

    def _with_sparse(self, values: Any, sparse: Json, kind: np.dtype[Any], field: str) -> Any:
        count = self.integer(sparse, "count", field)
        places, content = sparse.get("indices"), sparse.get("values")
        if not isinstance(places, dict) or not isinstance(content, dict):
            self.fail(field, "its sparse part has no indices or values")
        place_kind = _component(places)
        if place_kind is None or "u" not in place_kind:
            self.fail(field, "its sparse indices are not of an unsigned type")
        at = self._elements(places, count, np.dtype(place_kind), 1, field)[:, 0]
        if len(at) and at.max() >= len(values):
            self.fail(field, f"its sparse part changes element {at.max()} of {len(values)}")
        changed = values.copy()
        changed[at] = self._elements(content, count, kind, values.shape[1], field)
        return changed

    def _elements(self, row: Json, count: int, kind: np.dtype[Any], width: int, field: str) -> Any:
        """`count` elements of a buffer view, with its stride."""
        view = self.row("bufferViews", row.get("bufferView"), field)
        if "EXT_meshopt_compression" in str(view.get("extensions")):
            self.fail(field, "is compressed by meshopt", "save the file without compression (gltf-transform copy)")
        data = self.view(row["bufferView"], field)
        size = kind.itemsize * width
        stride = self.integer(view, "byteStride", field, size)
        offset = self.integer(row, "byteOffset", field, 0)
        if stride != size and (stride not in _STRIDES or stride < size):
            self.fail(field, f"its view has a byteStride of {stride}, its elements {size} bytes")
        if count and offset + stride * (count - 1) + size > len(data):
            self.fail(field, f"{count:,} elements reach beyond the {len(data):,} bytes of its view")
        if not count:
            return np.zeros((0, width), kind)
        return np.ndarray((count, width), kind, data, offset, (stride, kind.itemsize))

    def view(self, index: Any, field: str) -> bytes:
        """The bytes of a buffer view."""
        view = self.row("bufferViews", index, field)
        field = f"bufferView {index}"
        buffer = self.buffer(view.get("buffer"), field)
        start = self.integer(view, "byteOffset", field, 0)
        length = self.integer(view, "byteLength", field)
        if start + length > len(buffer):
            self.fail(field, f"bytes {start:,} to {start + length:,} of a buffer of {len(buffer):,}", "get it again")
        return buffer[start : start + length]

    def buffer(self, index: Any, field: str) -> bytes:
        """A whole buffer: the binary chunk, a data URI, or a file beside this one."""
        row = self.row("buffers", index, field)
        if index not in self._buffers:
            field = f"buffer {index}"
            if "uri" in row:
                self._buffers[index] = self.uri(row["uri"], field)
            elif index == 0 and self.binary is not None:
                self._buffers[index] = self.binary
            else:
                self.fail(field, "has no bytes: no uri, no binary chunk", "get the file again, with its .bin")
        return self._buffers[index]

    def uri(self, uri: Any, field: str) -> bytes:
        """The bytes of a data URI, or of a file in this file's folder."""
        if not isinstance(uri, str):
            self.fail(field, "its uri is not a text")
        if uri.startswith("data:"):
            head, _, body = uri.partition(",")
            try:
                return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote(body).encode()
            except (binascii.Error, ValueError):
                self.fail(field, "its data URI is not base64")
        name = Path(unquote(uri))
        if ":" in uri or name.is_absolute() or ".." in name.parts or "\0" in str(name):
            self.fail(field, f"refers to {_shown(uri)}, which is not in its folder", "put it beside the file")
        return read_bytes(self.path.parent / name)


def read_document(path: str | Path) -> GltfDocument:
    """Read a .glb or .gltf file; nothing of its content is looked at yet.

    Raises:
        FileError: missing, damaged, or of glTF 1.
    """
    path = Path(path)
    data = read_bytes(path)
    binary = None
    if data[:4] == _MAGIC:
        data, binary = _chunks(path, data)
    if len(data) > _MAXIMUM_JSON:
        raise FileError(path, f"has {len(data):,} bytes of JSON, at most {_MAXIMUM_JSON:,} are read", field="JSON")
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise FileError(path, "is not glTF: neither a GLB nor JSON", remedy="export it again as .glb") from None
    asset = content.get("asset") if isinstance(content, dict) else None
    if not isinstance(asset, dict) or not str(asset.get("version", "")).startswith("2"):
        version = _shown(asset.get("version")) if isinstance(asset, dict) else "none"
        raise FileError(path, f"is of version {version}, not 2", field="asset", remedy="export it as glTF 2.0")
    return GltfDocument(path, content, binary)


def _chunks(path: Path, data: bytes) -> tuple[bytes, bytes | None]:
    """The JSON and the binary chunk of a GLB."""
    if len(data) < _HEADER + _CHUNK_HEADER:
        raise FileError(path, "ends in its header", remedy="get the file again")
    version = struct.unpack_from("<L", data, 4)[0]
    if version != 2:
        raise FileError(path, f"is a GLB of version {version}, not 2", remedy="export it as glTF 2.0")
    found: dict[int, bytes] = {}
    place = _HEADER
    while place + _CHUNK_HEADER <= len(data):
        length, kind = struct.unpack_from("<LL", data, place)
        if place + _CHUNK_HEADER + length > len(data):
            raise FileError(path, f"its chunk at byte {place} is cut off", remedy="get the file again")
        found.setdefault(kind, data[place + _CHUNK_HEADER : place + _CHUNK_HEADER + length])
        place += _CHUNK_HEADER + length
    if _JSON_CHUNK not in found:
        raise FileError(path, "has no JSON chunk", remedy="get the file again")
    return found[_JSON_CHUNK], found.get(_BINARY_CHUNK)


def _component(row: Json) -> str | None:
    """The kind of number that a row's ``componentType`` stands for."""
    value = row.get("componentType")
    return _COMPONENTS.get(value) if isinstance(value, int) else None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _shown(value: Any) -> str:
    return repr(value)[:40]
