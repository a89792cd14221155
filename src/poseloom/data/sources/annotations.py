"""Annotation files of pictures as they were released: JSON tables, opened once a process, and their columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.base.files import GIBIBYTE, read_text
from poseloom.formats.arrays import numbers

MAXIMUM_BYTES = 2 * GIBIBYTE
"""COCO's keypoints have a quarter of it."""
_AGAIN = "get the file again"
_LONGEST_NAME, _LONGEST_PATH = 255, 1000
"""Bytes of a part of a path, characters of a path."""
_LARGEST_SIDE = 1_000_000
"""Pixels."""


def read_annotations(path: Path) -> Any:
    """The content of a JSON file; the one that was read last is kept.

    Raises:
        FileError: it is missing, or no JSON.
    """
    there = path.stat() if path.exists() else None
    return _read(path, there and (there.st_size, there.st_mtime_ns))


@lru_cache(maxsize=1)
def _read(path: Path, _state: object) -> Any:
    return load_annotations(path)


def load_annotations(path: Path) -> Any:
    """As `read_annotations`, without keeping it."""
    try:
        return json.loads(read_text(path, maximum_bytes=MAXIMUM_BYTES))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"is no JSON: {error}", remedy=_AGAIN) from None


def listed(path: Path, content: Any, field: str | None) -> list[dict[str, Any]]:
    """A list of tables: the content itself, or a field of it.

    Raises:
        FileError: it is something else.
    """
    values = content
    if field is not None:
        values = content.get(field) if isinstance(content, dict) else None
    if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
        raise FileError(path, "expected a list of annotations", field=field, remedy=_AGAIN)
    return values


def column(
    path: Path, items: Sequence[Mapping[str, Any]], field: str, shape: tuple[int, ...], largest: float, first: int = 0
) -> Float32[Array, "items ..."]:
    """A field of all annotations as one array.

    Args:
        path: the file, for messages.
        items: the annotations.
        field: name of the field.
        shape: of each value, which may also stand as one flat list.
        largest: magnitude beyond which a number is absurd.
        first: place of the first annotation in the file, for messages.

    Raises:
        FileError: it is missing, or has another number of values: names the annotation.
    """
    count = int(np.prod(shape))
    rows = []
    for place, item in enumerate(items, first):
        where = f"annotation {place}, {field}"
        if field not in item:
            raise FileError(path, "is missing", field=where, remedy=_AGAIN)
        try:
            values = np.asarray(item[field], np.float64).reshape(-1)
        except (ValueError, TypeError):
            raise FileError(path, "expected numbers", field=where, remedy=_AGAIN) from None
        if values.size != count:
            expected = " x ".join(map(str, shape)) if shape else "1"
            problem = f"has {values.size} numbers, expected {count} ({expected})"
            raise FileError(path, problem, field=where, remedy="check which keypoints the file has")
        rows.append(values)
    together = np.array(rows, np.float64).reshape(len(rows), *shape)
    return numbers(path, field, together, (len(rows), *shape), largest=largest)


def word(path: Path, item: Mapping[str, Any], field: str, place: int) -> str:
    """A field of an annotation that holds a name.

    Raises:
        FileError: it is missing, or no text.
    """
    value = item.get(field)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise FileError(path, "expected a name", field=f"annotation {place}, {field}", remedy=_AGAIN)
    return value


class PictureList:
    """The pictures of a file like COCO's: its ``images``, by their ids."""

    def __init__(self, path: Path, content: Any):
        self._path = path
        self._pictures = {str(one.get("id")): one for one in listed(path, content, "images")}

    def of(self, item: Mapping[str, Any], place: int) -> dict[str, Any]:
        """The picture of an annotation.

        Raises:
            FileError: the file does not list it.
        """
        found = self._pictures.get(str(item.get("image_id")))
        if found is None:
            problem = f"belongs to picture {str(item.get('image_id'))[:50]}, which the file does not list"
            raise FileError(self._path, problem, field=f"annotation {place}", remedy=_AGAIN)
        return found


def told_sizes(pictures: Sequence[Mapping[str, Any]]) -> Int64[Array, "pictures 2"]:
    """Width and height that a file tells of pictures; 0 where it does not, or tells nonsense."""
    sizes = [[_side(one.get(side)) for side in ("width", "height")] for one in pictures]
    return np.array(sizes, np.int64).reshape(-1, 2)


def _side(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST_SIDE else 0


def safe_name(path: Path, name: str) -> str:
    """A picture's name as a path below the folder of the data set.

    Raises:
        FileError: it leads out of it, or is too long for a file.
    """
    plain = name.replace("\\", "/")
    if max(map(len, plain.encode("utf-8", "replace").split(b"/"))) > _LONGEST_NAME or len(plain) > _LONGEST_PATH:
        raise FileError(path, f"names a picture that no disk can hold: {name[:60]!r}...", remedy=_AGAIN)
    if plain.startswith("/") or ".." in plain.split("/") or "\x00" in plain:
        raise FileError(path, f"names a picture outside of its folder: {name[:80]!r}", remedy=_AGAIN)
    return plain.removeprefix("./")
