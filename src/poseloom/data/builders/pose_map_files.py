"""Pose maps and masks on disk, as the generating step of Human-Pose-Transfer leaves them.

``pose_map_image/NAME.npy`` has (height, width, 18), float32, whole numbers (uint8) for points and discs;
``pose_mask_image/NAME.npy`` has (height, width), bool. The name is that of the picture, its ending included. A map of
256 x 256 takes 4.7 MB: networks of poseloom make them while they train.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray as Array

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, clear_temporary, reason
from poseloom.data.sources.transfer_files import read_annotations_csv
from poseloom.images.crop import Size
from poseloom.images.pose_maps import MAP_KINDS, TRAINING_MASK, moved, pose_maps, pose_mask

MAPS, MASKS = "pose_map_image", "pose_mask_image"


def write_pose_maps(
    annotations: Path,
    out: Path,
    size: Size,
    kind: str = "gaussian",
    offset: tuple[int, int] = (0, 0),
    report: Callable[[int, int], None] | None = None,
) -> int:
    """Write the map and the mask of each picture of an annotation file; those that are there are kept.

    Args:
        annotations: ``name:keypoints_y:keypoints_x``.
        out: folder for the two folders of files.
        size: height and width of the pictures.
        kind: gaussian, point or disc.
        offset: rows and columns that are added to the joints; missing ones stay missing.
        report: told how many are done, of how many.

    Returns:
        How many pictures there are.

    Raises:
        PoseloomError: an unknown kind, annotations that cannot be read, a place that cannot be written.
    """
    if kind not in MAP_KINDS:
        raise PoseloomError(f"kind: expected one of {', '.join(MAP_KINDS)}, got {kind!r}")
    names, joints = read_annotations_csv(annotations)
    for number, (name, own) in enumerate(zip(names, joints, strict=True), 1):
        files = [out / folder / f"{name}.npy" for folder in (MAPS, MASKS)]
        for path in files:
            clear_temporary(path)
        if not all(path.exists() for path in files):
            placed = moved(torch.from_numpy(own), *offset)
            _write(files[0], _map(placed, size, kind))
            _write(files[1], pose_mask(placed, size, TRAINING_MASK).numpy())
        if report is not None:
            report(number, len(names))
    return len(names)


def _map(joints: torch.Tensor, size: Size, kind: str) -> Array:
    maps = pose_maps(joints, size, kind).permute(1, 2, 0).contiguous().numpy()  # type: ignore[arg-type]
    return maps if kind == "gaussian" else maps.astype(np.uint8)


def _write(path: Path, values: Array) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(path.parent, f"cannot be made: {reason(error)}", remedy="choose another folder") from None
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        np.save(stream, values)
