"""The sequence files of 3DPW, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.data.schema import Camera
from poseloom.formats.arrays import FRAMES, LARGEST_ANGLE, LARGEST_COEFFICIENT, LARGEST_LENGTH, numbers
from poseloom.formats.pickles import load_pickle
from poseloom.pose import BODY_JOINTS

RATE = 30.0
"""Pictures a second."""
_POSE_NUMBERS = 72
_COEFFICIENTS = 10
_POINTS = 18
_LARGEST_PIXEL = 1e6
_GENDERS = {"m": "male", "male": "male"}
"""Anything else counts as female, as in the evaluations of mesh recovery."""
_AGAIN = "get sequenceFiles.zip of 3DPW again"
_CAMERA_AXES = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0)


@dataclass(frozen=True, eq=False)
class Person:
    """One person of a sequence, at the frames of its pictures.

    Args:
        rotations: axis-angle in the file's world; SMPL's two hand joints are dropped.
        translation: metres, in the file's world.
        keypoints: x, y (pixels) and confidence; zeros where the file has none.
        valid: whether the camera is known.
        gender: ``male`` or ``female``.
    """

    rotations: Float32[Array, "frames 22 3"]
    translation: Float32[Array, "frames 3"]
    shape: Float32[Array, " 10"]
    keypoints: Float32[Array, "frames 18 3"]
    valid: Bool[Array, " frames"]
    gender: str


@dataclass(frozen=True, eq=False)
class Recorded:
    """One sequence.

    Args:
        cameras: from the world to the camera.
        intrinsics: pixels.
    """

    name: str
    cameras: Float32[Array, "frames 4 4"]
    intrinsics: Float32[Array, "3 3"]
    people: tuple[Person, ...]
    rate: float = RATE

    @property
    def frames(self) -> int:
        return len(self.cameras)

    @property
    def picture(self) -> tuple[int, int]:
        """Width and height in pixels: the files do not tell, but the principal point is in the middle."""
        return round(2 * float(self.intrinsics[0, 2])), round(2 * float(self.intrinsics[1, 2]))

    @property
    def camera(self) -> Camera:
        """Of rows whose world is the camera's, turned upright."""
        values = self.intrinsics.astype(float)
        return Camera((values[0, 0], values[1, 1]), (values[0, 2], values[1, 2]), _CAMERA_AXES)

    def picture_name(self, frame: int) -> str:
        """Relative to the folder of 3DPW."""
        return f"imageFiles/{self.name}/image_{frame:05d}.jpg"


def read_recorded(path: Path) -> Recorded:
    """Read a sequence file.

    Raises:
        FileError: it is no harmless pickle, or an array is missing or of another shape.
    """
    content = load_pickle(path)
    cameras = numbers(path, "cam_poses", _get(path, content, "cam_poses"), (FRAMES, 4, 4), largest=LARGEST_LENGTH)
    intrinsics = numbers(path, "cam_intrinsics", _get(path, content, "cam_intrinsics"), (3, 3), largest=_LARGEST_PIXEL)
    count = len(_list(path, content, "betas"))
    name = content.get("sequence")
    people = tuple(_person(path, content, place, len(cameras)) for place in range(count))
    return Recorded(name if isinstance(name, str) and name else path.stem, cameras, intrinsics, people)


def _person(path: Path, content: Mapping[str, Any], place: int, frames: int) -> Person:
    poses = _per_frame(path, content, "poses", place, frames, (_POSE_NUMBERS,), LARGEST_ANGLE)
    points = np.zeros((frames, 3, _POINTS), np.float32)
    names = [name for name in ("poses2d", "poses2D") if name in content]
    if names:
        points = _per_frame(path, content, names[0], place, frames, (3, _POINTS), _LARGEST_PIXEL)
    field = f"betas[{place}]"
    betas = numbers(path, field, _item(path, content, "betas", place), ("coefficients",), largest=LARGEST_COEFFICIENT)
    if len(betas) < _COEFFICIENTS:
        problem = f"has {len(betas)} coefficients, expected at least {_COEFFICIENTS}"
        raise FileError(path, problem, field=field, remedy=_AGAIN)
    valid = np.ravel(numbers(path, f"campose_valid[{place}]", _item(path, content, "campose_valid", place),
                             (frames,), largest=1.0))  # fmt: skip
    gender = _item(path, content, "genders", place)
    return Person(
        rotations=np.ascontiguousarray(poses.reshape(frames, -1, 3)[:, :BODY_JOINTS]),
        translation=_per_frame(path, content, "trans", place, frames, (3,), LARGEST_LENGTH),
        shape=betas[:_COEFFICIENTS],
        keypoints=np.ascontiguousarray(points.transpose(0, 2, 1)),
        valid=valid > 0,
        gender=_GENDERS.get(str(gender).lower(), "female"),
    )


def _per_frame(
    path: Path,
    content: Mapping[str, Any],
    name: str,
    place: int,
    frames: int,
    shape: tuple[int, ...],
    largest: float,
) -> Float32[Array, "frames ..."]:
    """An array of a person at the frames of the pictures; from the 60 Hz one where that is the only one."""
    field = f"{name}[{place}]"
    if name in content or f"{name}_60Hz" not in content:
        return numbers(path, field, _item(path, content, name, place), (frames, *shape), largest=largest)
    field = f"{name}_60Hz[{place}]"
    dense = numbers(path, field, _item(path, content, f"{name}_60Hz", place), (FRAMES, *shape), largest=largest)
    which = np.asarray(_get(path, content, "img_frame_ids"))
    if which.shape != (frames,) or which.dtype.kind not in "iu" or which.min() < 0 or which.max() >= len(dense):
        problem = f"expected {frames} frames of the {len(dense)} in {field}"
        raise FileError(path, problem, field="img_frame_ids", remedy=_AGAIN)
    return dense[which]


def _item(path: Path, content: Mapping[str, Any], name: str, place: int) -> Any:
    values = _list(path, content, name)
    if place >= len(values):
        problem = f"has {len(values)} people, expected one more"
        raise FileError(path, problem, field=name, remedy=_AGAIN)
    return values[place]


def _list(path: Path, content: Mapping[str, Any], name: str) -> Any:
    values = _get(path, content, name)
    if not isinstance(values, list | tuple | np.ndarray):
        problem = f"is a {type(values).__name__}, expected a list with an entry for each person"
        raise FileError(path, problem, field=name, remedy=_AGAIN)
    return values


def _get(path: Path, content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        raise FileError(path, "is missing, expected a sequence file of 3DPW", field=name, remedy=_AGAIN)
    return content[name]
