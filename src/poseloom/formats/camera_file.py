"""Cameras as readable JSON, so that another picture is taken from the same place.

Keys: ``format`` ("poseloom-camera"), ``version`` (1), ``size`` (width, height in pixels), ``rotation`` (3 x 3, world to
camera), ``translation`` (metres), ``perspective``, and ``intrinsics`` (3 x 3, pixels) or ``lens`` (focal length in
millimetres on a sensor 36 mm wide, the principal point in the middle). What is written has both.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from poseloom.base.errors import FileError
from poseloom.base.files import atomic_write, read_text
from poseloom.pose.camera import Camera
from poseloom.pose.viewpoint import focal_of_lens

FORMAT, VERSION = "poseloom-camera", 1
_LARGEST_BYTES = 1 << 20
_LARGEST_SIDE = 1 << 16
_LARGEST_NUMBER = 1e7
_REMEDY = "expected what 'poseloom render --save-camera' writes"
_TOLERANCE = 1e-2
"""How far a rotation may be from one."""


def write_camera(camera: Camera, path: str | Path) -> None:
    """Write one camera (without batch axes).

    Raises:
        FileError: the place is not writable.
    """
    table = {
        "format": FORMAT,
        "version": VERSION,
        "size": [camera.size[1], camera.size[0]],
        "lens": round(float(camera.lens), 4) if camera.perspective else None,
        "perspective": camera.perspective,
        "rotation": camera.rotation.tolist(),
        "translation": camera.translation.tolist(),
        "intrinsics": camera.intrinsics.tolist(),
    }
    lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in table.items())
    with atomic_write(path) as temporary:
        temporary.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def read_camera(path: str | Path) -> Camera:
    """Read what `write_camera` wrote, or the same by hand with ``lens`` instead of ``intrinsics``.

    Raises:
        FileError: not such a file, numbers that no camera has.
    """
    try:
        table = json.loads(read_text(path, maximum_bytes=_LARGEST_BYTES))
    except (ValueError, RecursionError):
        raise FileError(path, "is not JSON", remedy=_REMEDY) from None
    if not isinstance(table, dict) or table.get("format") != FORMAT:
        raise FileError(path, "is no camera", field="format", remedy=_REMEDY)
    if table.get("version") != VERSION:
        raise FileError(path, f"is {table.get('version')!r}, expected {VERSION}", field="version", remedy=_REMEDY)
    width, height = (int(side) for side in _numbers(path, table, "size", (2,)).tolist())
    if not (1 <= width <= _LARGEST_SIDE and 1 <= height <= _LARGEST_SIDE):
        raise FileError(path, f"is {width} x {height} pixels", field="size", remedy=_REMEDY)
    rotation = _numbers(path, table, "rotation", (3, 3))
    if float((rotation @ rotation.T - torch.eye(3)).abs().max()) > _TOLERANCE or float(torch.linalg.det(rotation)) < 0:
        raise FileError(path, "is no rotation", field="rotation", remedy=_REMEDY)
    translation = _numbers(path, table, "translation", (3,))
    intrinsics = _intrinsics(path, table, (height, width))
    return Camera(rotation, translation, intrinsics, (height, width), table.get("perspective") is not False)


def _intrinsics(path: str | Path, table: dict[str, Any], size: tuple[int, int]) -> Tensor:
    if table.get("intrinsics") is not None:
        found = _numbers(path, table, "intrinsics", (3, 3))
        if float(torch.linalg.det(found[:2, :2]).abs()) < 1e-9 or found[2].tolist() != [0, 0, 1]:
            raise FileError(path, "is no matrix of a camera", field="intrinsics", remedy=_REMEDY)
        return found
    lens = _numbers(path, table, "lens", ())
    if not float(lens) > 0:
        raise FileError(path, f"is {float(lens):g}, expected millimetres", field="lens", remedy=_REMEDY)
    focal = focal_of_lens(float(lens), size[1])
    return torch.tensor([[focal, 0.0, size[1] / 2], [0.0, focal, size[0] / 2], [0.0, 0.0, 1.0]])


def _numbers(path: str | Path, table: dict[str, Any], field: str, shape: tuple[int, ...]) -> Tensor:
    try:
        found = torch.tensor(table.get(field), dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        found = torch.full((7, 7), math.nan)
    if tuple(found.shape) != shape or not bool(found.isfinite().all()) or bool((found.abs() > _LARGEST_NUMBER).any()):
        count = " x ".join(map(str, shape)) or "one"
        raise FileError(path, f"expected {count} numbers", field=field, remedy=_REMEDY)
    return found
