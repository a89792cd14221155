"""poseloom's own npz: every field of a `Clip`, exactly.

Arrays: ``format`` ("poseloom-clip"), ``version`` (1), ``rotations`` (frames, 22 or 52, 3) and, where the pose has
them, ``translation``, ``shape``, ``face``; ``shape_model``, ``fps``, ``name``; ``notes`` as JSON. Axes, units and
the order of joints are those of `poseloom.pose.types`. A higher version is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, reason
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
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS
from poseloom.pose.types import Clip, Pose

FORMAT = "poseloom-clip"
VERSION = 1
_MAXIMUM_NOTES_CHARACTERS = 16 << 20
_FIELDS: dict[str, tuple[tuple[int | str, ...], float]] = {
    "rotations": ((FRAMES, "22 or 52", 3), LARGEST_ANGLE),
    "translation": ((FRAMES, 3), LARGEST_LENGTH),
    "shape": ((FRAMES, "coefficients"), LARGEST_COEFFICIENT),
    "face": ((FRAMES, 3, 3), LARGEST_ANGLE),
}
"""Tensor of a pose -> its axes and the largest magnitude."""


def write_own_npz(clip: Clip, path: str | Path) -> None:
    """Write a clip; `read_own_npz` gives the same values and types back.

    Raises:
        PoseloomError: the notes cannot be written as JSON, or the place is not writable.
    """
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT),
        "version": np.array(VERSION),
        "fps": np.array(float(clip.fps)),
        "name": np.array(clip.name),
        "shape_model": np.array(clip.pose.shape_model),
        "notes": np.array(notes_to_json(clip.notes)),
    }
    for field in _FIELDS:
        tensor = getattr(clip.pose, field)
        if tensor is not None:
            arrays[field] = to_numpy(tensor)
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


def read_own_npz(path: str | Path) -> Clip:
    """Read what `write_own_npz` wrote.

    Raises:
        FileError: another format, a newer version, a missing or damaged array.
    """
    archive = open_npz(path)
    check_version(path, archive.text("format") if "format" in archive else None, _whole(archive, "version"))
    if "rotations" not in archive:
        raise FileError(path, "is missing", field="rotations", remedy="export the file again")
    tensors = {field: _tensor(archive, field) for field in _FIELDS if field in archive}
    check_joints(path, "rotations", tensors["rotations"].shape[1])
    same_frames(path, {field: tensor.numpy() for field, tensor in tensors.items()})
    if "fps" not in archive:
        raise FileError(path, "is missing", field="fps", remedy="export the file again")
    pose = Pose(**tensors, shape_model=archive.text("shape_model") if "shape_model" in archive else "")
    name = archive.text("name") if "name" in archive else Path(path).stem
    notes = notes_from_json(path, archive.text("notes")) if "notes" in archive else {}
    return Clip(pose, frame_rate(path, "fps", archive.number("fps")), name, notes)


def check_version(path: str | Path, format_name: Any, version: Any) -> None:
    """Refuse files that are not ours, and those of a later poseloom."""
    if format_name != FORMAT:
        raise FileError(path, f"is {format_name!r}, expected {FORMAT!r}"[:200], field="format", remedy="check the file")
    if type(version) is not int or version < 1:
        raise FileError(path, "is not a version, expected 1", field="version", remedy="export the file again")
    if version > VERSION:
        raise FileError(
            path, f"is {version}, at most {VERSION} is read here", field="version", remedy="use a newer poseloom"
        )


def check_joints(path: str | Path, field: str, joints: int) -> None:
    """Refuse any number of joints but 22 and 52."""
    if joints not in (BODY_JOINTS, ALL_JOINTS):
        raise FileError(
            path,
            f"has {joints} joints, expected {BODY_JOINTS} or {ALL_JOINTS}",
            field=field,
            remedy="see poseloom.pose.joints.JOINT_NAMES for the order",
        )


def notes_to_json(notes: dict[str, Any]) -> str:
    """Notes as one line of JSON.

    Raises:
        PoseloomError: a note that JSON cannot hold.
    """
    try:
        return json.dumps(notes, allow_nan=False, ensure_ascii=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise PoseloomError(
            f"Clip.notes: cannot be written: {reason(error)}; keep to text, numbers, lists and tables"
        ) from None


def notes_from_json(path: str | Path, text: str) -> dict[str, Any]:
    """The inverse of `notes_to_json`."""
    try:
        if len(text) > _MAXIMUM_NOTES_CHARACTERS:
            raise ValueError("too long")
        notes = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"is not JSON: {reason(error)}", field="notes", remedy="export the file again") from None
    if not isinstance(notes, dict):
        raise FileError(path, f"is a {type(notes).__name__}, expected a table", field="notes")
    return notes


def _tensor(archive: NpzArchive, field: str) -> Tensor:
    shape, largest = _FIELDS[field]
    array = archive[field]
    checked = numbers(archive.path, field, array, shape, largest=largest)
    if array.dtype.kind == "f" and array.dtype.itemsize in (2, 8):  # half and double come back as they were
        return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))
    return torch.from_numpy(checked)


def _whole(archive: NpzArchive, name: str) -> int | None:
    if name not in archive:
        return None
    number = archive.number(name)
    return int(number) if number.is_integer() else None
