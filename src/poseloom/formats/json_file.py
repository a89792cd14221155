"""A clip as readable, versioned JSON: one frame a line, joints by name.

Keys: ``format`` ("poseloom-clip"), ``version`` (1), ``name``, ``fps``, ``joints`` (names), ``rotations`` (frames,
joints, 3) and, where the pose has them, ``translation``, ``shape``, ``face``; ``shape_model``; ``notes``.
Axes and units are those of `poseloom.pose.types`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.base.files import atomic_write, read_text, reason
from poseloom.formats.arrays import (
    FRAMES,
    LARGEST_ANGLE,
    LARGEST_COEFFICIENT,
    LARGEST_LENGTH,
    frame_rate,
    numbers,
    same_frames,
    to_numpy,
)
from poseloom.formats.own_npz import FORMAT, VERSION, check_joints, check_version, notes_to_json
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES
from poseloom.pose.types import Clip, Pose

MAXIMUM_JSON_BYTES = 256 << 20
"""About 100,000 frames with hands; parsed it takes ten times the memory. Longer clips belong in npz."""
_DECIMALS = 8
_REMEDY = "expected a clip that poseloom wrote as JSON"
_OPTIONAL: dict[str, tuple[tuple[int | str, ...], float]] = {
    "translation": ((FRAMES, 3), LARGEST_LENGTH),
    "shape": ((FRAMES, "coefficients"), LARGEST_COEFFICIENT),
    "face": ((FRAMES, 3, 3), LARGEST_ANGLE),
}


def write_json(clip: Clip, path: str | Path) -> None:
    """Write a clip; numbers are rounded to 8 decimals.

    Raises:
        PoseloomError: the notes cannot be written as JSON, or the place is not writable.
    """
    text = json_text(clip)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def json_text(clip: Clip) -> str:
    """What `write_json` writes.

    Raises:
        PoseloomError: the notes cannot be written as JSON.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "name": clip.name,
        "fps": float(clip.fps),
        "shape_model": clip.pose.shape_model,
        "joints": JOINT_NAMES[: clip.pose.joints],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines.append(f'"notes": {notes_to_json(clip.notes)}')
    for field in ("rotations", *_OPTIONAL):
        tensor = getattr(clip.pose, field)
        if tensor is not None:
            lines.append(f'"{field}": {_rows(to_numpy(tensor))}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_json(path: str | Path) -> Clip:
    """Read what `write_json` wrote; the joints may stand in any order.

    Raises:
        FileError: not JSON, another format, a newer version, NaN, a missing field, unknown joints, wrong shapes.
    """
    return clip_of_json(path, read_text(path, maximum_bytes=MAXIMUM_JSON_BYTES))


def clip_of_json(path: str | Path, text: str) -> Clip:
    """The clip of a text that `json_text` made; `path` is where it stands.

    Raises:
        FileError: as `read_json`.
    """
    table = _parse(path, text)
    check_version(path, table.get("format"), table.get("version"))
    rotations = _array(path, table, "rotations", (FRAMES, "22 or 52", 3), LARGEST_ANGLE)
    check_joints(path, "rotations", rotations.shape[1])
    rotations = rotations[:, _order(path, table.get("joints"), rotations.shape[1])]
    others = {
        field: _array(path, table, field, shape, largest)
        for field, (shape, largest) in _OPTIONAL.items()
        if table.get(field) is not None
    }
    same_frames(path, {"rotations": rotations, **others})
    fps, notes = table.get("fps"), table.get("notes", {})
    if not isinstance(fps, int | float) or isinstance(fps, bool):
        raise FileError(path, f"is {fps!r}, expected frames a second"[:200], field="fps", remedy=_REMEDY)
    if not isinstance(notes, dict):
        raise FileError(path, "is not a table", field="notes", remedy=_REMEDY)
    pose = Pose(
        torch.from_numpy(np.ascontiguousarray(rotations)),
        shape_model=_word(path, table, "shape_model", ""),
        **{field: torch.from_numpy(array) for field, array in others.items()},
    )
    try:
        fps = float(fps)
    except OverflowError:
        fps = float("inf")
    return Clip(pose, frame_rate(path, "fps", fps), _word(path, table, "name", Path(path).stem), notes)


def _rows(array: NDArray[Any]) -> str:
    """A nested list with one line for each frame."""
    rows = np.round(array.astype(np.float64), _DECIMALS).tolist()
    return "[\n" + ",\n".join(json.dumps(row, separators=(",", ":"), allow_nan=False) for row in rows) + "\n]"


def _parse(path: str | Path, text: str) -> dict[str, Any]:
    def refuse(word: str) -> NoReturn:
        raise FileError(path, f"holds {word}, which is no number", remedy="remove or repair those frames")

    try:
        table = json.loads(text, parse_constant=refuse)
    except PoseloomError:
        raise
    except (ValueError, RecursionError, MemoryError) as error:
        raise FileError(path, f"is not JSON: {reason(error)}", remedy=_REMEDY) from None
    if not isinstance(table, dict):
        raise FileError(path, f"holds a {type(table).__name__}, expected a table", remedy=_REMEDY)
    return table


def _array(
    path: str | Path, table: dict[str, Any], field: str, shape: tuple[int | str, ...], largest: float
) -> NDArray[np.float32]:
    if field not in table:
        raise FileError(path, "is missing", field=field, remedy=_REMEDY)
    if not isinstance(table[field], list):
        raise FileError(path, f"is a {type(table[field]).__name__}, expected nested lists", field=field, remedy=_REMEDY)
    try:
        array = np.array(table[field])
    except (ValueError, OverflowError, TypeError):
        raise FileError(path, "has rows of different lengths", field=field, remedy=_REMEDY) from None
    if array.size == 0:
        raise FileError(path, "holds no frames, expected at least one", field=field, remedy=_REMEDY)
    return numbers(path, field, array, shape, largest=largest)


def _order(path: str | Path, names: Any, joints: int) -> list[int]:
    """Where each of our joints stands in the file."""
    if not isinstance(names, list) or len(names) != joints or len(set(map(str, names))) != joints:
        raise FileError(path, f"expected {joints} different names, one for each rotation", field="joints")
    for name in names:
        if name not in JOINT_NAMES or JOINT_INDEX[name] >= joints:
            known = JOINT_NAMES[:joints]
            raise FileError(path, f"unknown joint {str(name)[:50]!r}{closest(str(name)[:50], known)}", field="joints")
    return [names.index(name) for name in JOINT_NAMES[:joints]]


def _word(path: str | Path, table: dict[str, Any], field: str, default: str) -> str:
    value = table.get(field, default)
    if not isinstance(value, str):
        raise FileError(path, f"is a {type(value).__name__}, expected text", field=field, remedy=_REMEDY)
    return value.encode("utf-8", "replace").decode("utf-8")
