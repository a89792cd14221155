"""Leeds Sports Pose (Johnson and Everingham, BMVC 2010) and its extension (CVPR 2011): 14 joints a person.

LSP: ``joints.mat`` (3, 14, 2000) and ``images/im0001.jpg``; the first half trains. LSPET (hr-lspet): ``joints.mat``
(14, 3, 10000) beside ``im00001.png``. The third number of a joint is hidden or not, the benchmark of mesh recovery
counts every joint as known.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from poseloom.base.errors import FileError
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    boxes_of_points,
)
from poseloom.formats.arrays import numbers
from poseloom.formats.foreign_arrays import mat_arrays

BOX_SCALE = 1.2
_JOINTS = 14


@dataclass(frozen=True)
class Lsp(AnnotatedPictures):
    """A row for each picture of LSP."""

    name: str = "lsp"

    @property
    def title(self) -> str:
        return "LSP"

    @property
    def origin(self) -> str:
        return "sam.johnson.io/research/lsp.html: lsp_dataset_original.zip"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("joints.mat", "*/joints.mat")

    def count(self, file: str) -> int:
        return len(self._joints(file))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        joints = self._joints(file)
        half = len(joints) // 2
        points = np.array(joints[rows.start : rows.stop])
        points[..., 2] = 1
        names = [self.picture(PurePosixPath(file).parent, place + 1) for place in rows]
        return PicturePeople(
            ids=[str(place + 1) for place in rows],
            pictures=names,
            boxes=boxes_of_points(points, BOX_SCALE),
            points=(Points("lsp", points),),
            places=list(rows),
            splits=[self.split(place, half) for place in rows],
        )

    def picture(self, folder: PurePosixPath, number: int) -> str:
        """The path of a picture, counted from 1."""
        return (folder / "images" / f"im{number:04d}.jpg").as_posix()

    def split(self, place: int, half: int) -> str:
        """The first half trains."""
        return "train" if place < half else "test"

    def _joints(self, file: str) -> np.ndarray:
        """(people, 14, 3), from whichever order of axes."""
        path = self.folder / file
        joints = mat_arrays(path, "joints")["joints"]
        if joints.ndim == 3 and joints.shape[:2] == (3, _JOINTS):
            joints = joints.transpose(2, 1, 0)
        elif joints.ndim == 3 and joints.shape[:2] == (_JOINTS, 3):
            joints = joints.transpose(2, 0, 1)
        else:
            problem = f"has shape {joints.shape}, expected (3, 14, people) or (14, 3, people)"
            raise FileError(path, problem, field="joints", remedy="get the file again")
        return numbers(path, "joints", joints, ("frames", _JOINTS, 3), largest=LARGEST_PIXEL)


@dataclass(frozen=True)
class Lspet(Lsp):
    """A row for each picture of the extension; the higher resolution is what EFT fits belong to."""

    name: str = "lspet"

    @property
    def title(self) -> str:
        return "LSP extended"

    @property
    def origin(self) -> str:
        return "sam.johnson.io/research/lspet.html: hr-lspet.zip"

    def picture(self, folder: PurePosixPath, number: int) -> str:
        beside = folder / f"im{number:05d}.png"
        inside = folder / "images" / f"im{number:05d}.jpg"
        return (inside if (self.folder / inside.parent).is_dir() else beside).as_posix()

    def split(self, place: int, half: int) -> str:
        return "train"
