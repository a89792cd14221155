"""Pictures, cameras and keypoints of many rows at once, as arrays out of the Arrow columns of their shards.

The numbers of a column lie one after the other in one buffer that is mapped into memory: a batch is gathered by
places, without a Python object for each row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from numpy import ndarray as Array

from poseloom.pose.camera import Camera as PinholeCamera
from poseloom.pose.keypoints import conventions, names


@dataclass(frozen=True, eq=False)
class Pictures:
    """The first picture of each row; an empty path where a row has none.

    Args:
        paths: as the data set names them.
        size: height and width, pixels.
        box: where the person is: x, y, width, height in pixels; zeros where it is not known.
        crop: from the picture to the crop; the identity where there is none.
    """

    paths: list[str]
    size: Int64[Array, "n 2"]
    box: Float32[Array, "n 4"]
    crop: Float32[Array, "n 2 3"]


@dataclass(frozen=True, eq=False)
class Cameras:
    """The cameras of rows.

    Args:
        intrinsics: 3 x 3, pixels.
        rotation, translation: rotation and translation of the world into the camera's axes, metres.
        known: whether the row has one; the others hold the identity.
    """

    intrinsics: Float32[Array, "n 3 3"]
    rotation: Float32[Array, "n 3 3"]
    translation: Float32[Array, "n 3"]
    known: Bool[Array, " n"]

    def camera(self, size: tuple[int, int]) -> PinholeCamera:
        """The same as one batch of cameras, for pictures of this height and width."""
        rotation, translation, intrinsics = map(torch.from_numpy, (self.rotation, self.translation, self.intrinsics))
        return PinholeCamera(rotation, translation, intrinsics, size)


def keypoints_array(column: Any, convention: str, points: int, dimensions: int) -> Float32[Array, "n points d"]:
    """The keypoints of one convention of all rows of a shard, the confidence as last number of each.

    A confidence that is not known is 1; rows that have no such keypoints hold zeros.
    """
    owner, values = _flat(column)
    found = np.zeros((len(column), points, dimensions + 1), np.float32)
    if not len(values):
        return found
    wanted = np.array([name == convention for name in values.field("convention").to_pylist()])
    numbers = _Numbers(values.field("points"))
    rows, places = _first_of_each(owner, np.flatnonzero(wanted & (numbers.lengths == points * dimensions)))
    found[rows, :, :-1] = numbers.at(places, points * dimensions, 0.0).reshape(-1, points, dimensions)
    found[rows, :, -1] = _Numbers(values.field("confidence")).at(places, points, 1.0)
    return found


def conventions_of(column: Any) -> frozenset[tuple[str, int]]:
    """Conventions of the keypoints of all rows of a shard, each with how many coordinates its points have."""
    _, values = _flat(column)
    if not len(values):
        return frozenset()
    named = np.array(values.field("convention").to_pylist())
    lengths = _Numbers(values.field("points")).lengths
    pairs = {(str(name), int(length)) for name, length in zip(named, lengths, strict=True)}
    counts = {name: len(names(name)) for name, _ in pairs if name in conventions()}
    return frozenset((name, length // counts[name]) for name, length in pairs if counts.get(name) and length)


def pictures_of(column: Any) -> Pictures:
    """The first picture of all rows of a shard."""
    count = len(column)
    owner, values = _flat(column)
    paths, size = np.full(count, "", dtype=object), np.zeros((count, 2), np.int64)
    box, crop = np.zeros((count, 4), np.float32), np.tile(np.eye(2, 3, dtype=np.float32), (count, 1, 1))
    if len(values):
        rows, places = _first_of_each(owner, np.arange(len(values)))
        paths[rows] = np.array(values.field("path").to_pylist(), dtype=object)[places]
        for axis, name in enumerate(("height", "width")):
            size[rows, axis] = values.field(name).to_numpy(zero_copy_only=False)[places]
        box[rows] = _Numbers(values.field("box")).at(places, 4, 0.0)
        crops = _Numbers(values.field("crop"))
        there = crops.lengths[places] == 6
        crop[rows[there]] = crops.at(places[there], 6, 0.0).reshape(-1, 2, 3)
    return Pictures(paths.tolist(), size, box, crop)


def cameras_of(column: Any) -> Cameras:
    """The cameras of all rows of a shard."""
    known = column.is_valid().to_numpy(zero_copy_only=False)
    places = np.arange(len(column))
    focal, centre, rotation, translation = (
        _Numbers(column.field(name)).at(places, length, 0.0)
        for name, length in (("focal", 2), ("centre", 2), ("rotation", 9), ("translation", 3))
    )
    intrinsics = np.tile(np.eye(3, dtype=np.float32), (len(column), 1, 1))
    intrinsics[known, 0, 0], intrinsics[known, 1, 1] = focal[known].T
    intrinsics[known, :2, 2] = centre[known]
    turned = np.where(known[:, None], rotation, np.eye(3, dtype=np.float32).reshape(9)).reshape(-1, 3, 3)
    return Cameras(intrinsics, turned, np.where(known[:, None], translation, np.float32(0)), known)


def _flat(column: Any) -> tuple[Int64[Array, " values"], Any]:
    """All values of a column of lists, and the row of each."""
    lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(column)), lengths), column.flatten()


def _first_of_each(
    owner: Int64[Array, " values"], places: Int64[Array, " some"]
) -> tuple[Int64[Array, " rows"], Int64[Array, " rows"]]:
    """Rows that own some of the places, and the first place of each."""
    rows, first = np.unique(owner[places], return_index=True)
    return rows, places[first]


class _Numbers:
    """A column of lists of float32."""

    def __init__(self, column: Any):
        self.lengths = column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        self._values = column.flatten().to_numpy(zero_copy_only=False)
        self._starts = np.cumsum(self.lengths) - self.lengths

    def at(self, places: Int64[Array, " rows"], length: int, otherwise: float) -> Float32[Array, "rows length"]:
        """The lists at some places that have this length; `otherwise` in place of others."""
        found = np.full((len(places), length), otherwise, np.float32)
        there = self.lengths[places] == length
        found[there] = self._values[self._starts[places[there], None] + np.arange(length)]
        return found
