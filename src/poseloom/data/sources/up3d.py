"""UP-3D (Lassner et al., CVPR 2017): SMPL bodies that people accepted, with 14 joints and a drawn body a picture.

``trainval.txt`` and ``test.txt`` have lines such as ``/00001_image.png``; beside them lie, for each number,
``00001_joints.npy`` (3, 14), ``00001_render_light.png`` (background white), ``00001_body.pkl`` and ``00001_image.png``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text
from poseloom.data.schema import Layout
from poseloom.data.sources.annotations import safe_name
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    enlarged_boxes,
)
from poseloom.data.sources.recordings import error_line
from poseloom.data.sources.smpl_people import SMPL_LAYOUT, checked_pose, checked_shape, upright_pose
from poseloom.formats.arrays import numbers
from poseloom.formats.npz_files import read_npy
from poseloom.formats.pickles import load_pickle
from poseloom.images.read import read_picture

BOX_SCALE = 0.9
_SUFFIX = "_image.png"
_SPLITS = {"trainval": "train", "train": "train", "val": "val", "test": "test"}


@dataclass(frozen=True)
class Up3d(AnnotatedPictures):
    """A row for each picture, with pose, shape and 14 joints."""

    name: str = "up-3d"

    @property
    def title(self) -> str:
        return "UP-3D"

    @property
    def origin(self) -> str:
        return "files.is.tuebingen.mpg.de/classner/up: upi-s1h.zip"

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(f"{name}.txt" for name in ("trainval", "test"))

    @property
    def layout(self) -> Layout:
        return SMPL_LAYOUT

    def count(self, file: str) -> int:
        return len(self._numbers(file))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        places: list[int] = []
        found: list[tuple[np.ndarray, ...]] = []
        listed = self._numbers(file)
        for place in rows:
            try:
                found.append(self._person(listed[place]))
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(error_line(f"{listed[place]}{_SUFFIX}", error))
                continue
            places.append(place)
        shapes = ((4,), (14, 3), (72,), (10,))
        boxes, points, poses, betas = (_stacked([one[n] for one in found], shape) for n, shape in enumerate(shapes))
        return PicturePeople(
            ids=[listed[place] for place in places],
            pictures=[f"{listed[place]}{_SUFFIX}" for place in places],
            boxes=enlarged_boxes(boxes, BOX_SCALE),
            points=(Points("lsp", points),),
            places=places,
            splits=[_SPLITS[Path(file).stem]] * len(places),
            pose=upright_pose(poses, betas),
        )

    def _numbers(self, file: str) -> list[str]:
        path = self.folder / file
        lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
        for number, line in enumerate(lines, 1):
            if not line.endswith(_SUFFIX):
                problem = f"expected a name such as /00001{_SUFFIX}, got {line[:60]!r}"
                raise FileError(path, problem, field=f"line {number}", remedy="get the file again")
        return [safe_name(path, line.removesuffix(_SUFFIX).lstrip("/")) for line in lines]

    def _person(self, number: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        path = self.folder / f"{number}_joints.npy"
        joints = numbers(path, "joints", read_npy(path), (3, 14), largest=LARGEST_PIXEL).T
        body = self.folder / f"{number}_body.pkl"
        content = load_pickle(body)
        for name in ("pose", "betas"):
            if name not in content:
                raise FileError(body, "is missing", field=name, remedy="get the file again")
        pose = checked_pose(body, "pose", np.asarray(content["pose"])[None], 1)[0]
        shape = checked_shape(body, "betas", np.asarray(content["betas"])[None], 1)[0, :10]
        return box_of_mask(self.folder / f"{number}_render_light.png"), joints, pose, shape


def box_of_mask(path: Path) -> np.ndarray:
    """x, y, width, height of what is not white in a picture.

    Raises:
        FileError: no picture, or nothing is in it.
    """
    body = read_picture(path).amin(0).numpy() < 1
    if not body.any():
        raise FileError(path, "shows no body", remedy="get the file again")
    (top, bottom), (left, right) = (np.flatnonzero(body.any(axis))[[0, -1]] for axis in (1, 0))
    return np.array([left, top, right - left + 1, bottom - top + 1], np.float32)


def _stacked(values: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.array(values, np.float32).reshape(len(values), *shape)
