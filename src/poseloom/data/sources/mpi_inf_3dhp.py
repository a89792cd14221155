"""MPI-INF-3DHP (Mehta et al., 3DV 2017): its training videos and its test set.

``S1/Seq1/annot.mat`` has for each camera ``annot2`` (frames x 56, pixels) and ``annot3`` (frames x 84, millimetres,
camera axes) of 28 joints; pictures are taken from the videos, ``S1/Seq1/video_0/000001.jpg``. Of the test set,
``mpi_inf_3dhp_test_set/TS1/annot_data.mat`` (HDF5) has 17 joints of each picture ``imageSequence/img_000001.jpg``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    boxes_of_points,
    certain,
    root_centred,
)
from poseloom.formats.arrays import FRAMES, numbers
from poseloom.formats.foreign_arrays import hdf5_arrays, mat_arrays

CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)
SIDE = 2048
EVERY, FIRST = 10, 1
"""Of the training samples whose joints all lie inside, every tenth is kept; one count runs through all files."""
BOX_SCALE = 1.2
_JOINTS, _PELVIS = 28, 4
_TEST_JOINTS, _TEST_PELVIS = 17, 14
_TEST_SIZES = {"TS5": (1920, 1080), "TS6": (1920, 1080)}


@dataclass(frozen=True)
class MpiInf3dhp(AnnotatedPictures):
    """A row for every tenth training sample that is inside its picture, and for each valid one of the test set.

    Args:
        every: every N-th training sample, 10 by default.
    """

    every: int = EVERY
    name: str = "mpi-inf-3dhp"

    def __post_init__(self) -> None:
        if self.every < 1:
            raise PoseloomError(f"every: expected at least 1, got {self.every}")
        super().__post_init__()

    @property
    def title(self) -> str:
        return "MPI-INF-3DHP"

    @property
    def origin(self) -> str:
        return "vcai.mpi-inf.mpg.de/3dhp-dataset: get_dataset.sh and get_testset.sh"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("S*/Seq*/annot.mat", "mpi_inf_3dhp_test_set/TS*/annot_data.mat", "TS*/annot_data.mat")

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"every": self.every}

    def units(self) -> Sequence[Unit]:
        """A file each, with how many samples were inside in the files before."""
        before, found = 0, []
        for place, file in enumerate(self.files):
            found.append(Unit(f"{place:05d}", 0, (file, range(before, before + 1))))
            if not _of_test(file):
                try:
                    before += len(self._inside(file)[0])
                except PoseloomError:  # told, or raised, when it is read
                    continue
        return found

    def count(self, file: str) -> int:
        return len(_test(self.folder / file)[0]) if _of_test(file) else len(self._inside(file)[0])

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        return self._tested(file) if _of_test(file) else self._trained(file, rows.start)

    def _trained(self, file: str, before: int) -> PicturePeople:
        camera, frame, flat, deep = self._inside(file)
        kept = (before + np.arange(len(camera))) % self.every == FIRST % self.every
        camera, frame, flat, deep = camera[kept], frame[kept], flat[kept], deep[kept]
        folder = PurePosixPath(file).parent
        points = certain(flat)
        titles = list(zip(camera.tolist(), frame.tolist(), strict=True))
        return PicturePeople(
            ids=[f"{folder}/video_{view}/{number}" for view, number in titles],
            pictures=[f"{folder}/video_{view}/{number + 1:06d}.jpg" for view, number in titles],
            boxes=boxes_of_points(points, BOX_SCALE),
            points=(Points("mpi_inf_3dhp", points), Points("mpi_inf_3dhp", root_centred(deep, _PELVIS))),
            places=frame.tolist(),
            splits=["train"] * len(titles),
            sizes=np.full((len(titles), 2), SIDE, np.int64),
        )

    def _inside(self, file: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Camera, frame, 2D and 3D points of the samples all of whose joints are inside."""
        parts = _training(self.folder / file)
        inside = [((flat >= 0) & (flat < SIDE)).all((1, 2)) for _, flat, _ in parts]
        frames = [np.flatnonzero(one) for one in inside]
        return (
            np.concatenate([np.full(len(one), camera) for (camera, _, _), one in zip(parts, frames, strict=True)]),
            np.concatenate(frames),
            np.concatenate([flat[one] for (_, flat, _), one in zip(parts, frames, strict=True)]),
            np.concatenate([deep[one] for (_, _, deep), one in zip(parts, frames, strict=True)]),
        )

    def _tested(self, file: str) -> PicturePeople:
        flat, deep, valid = _test(self.folder / file)
        frames = np.flatnonzero(valid)
        points = certain(flat[frames])
        folder = PurePosixPath(file).parent
        size = _TEST_SIZES.get(folder.name, (SIDE, SIDE))
        return PicturePeople(
            ids=[f"test/{folder.name}/{frame}" for frame in frames.tolist()],
            pictures=[f"{folder}/imageSequence/img_{frame + 1:06d}.jpg" for frame in frames.tolist()],
            boxes=boxes_of_points(points, BOX_SCALE),
            points=(
                Points("mpi_inf_3dhp_test", points),
                Points("mpi_inf_3dhp_test", root_centred(deep[frames], _TEST_PELVIS)),
            ),
            places=frames.tolist(),
            splits=["test"] * len(frames),
            sizes=np.tile(np.array([size]), (len(frames), 1)),
        )


def _of_test(file: str) -> bool:
    return file.endswith("annot_data.mat")


@lru_cache(maxsize=1)
def _training(path: Path) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Camera, pixels and millimetres of the training cameras of a file."""
    found = mat_arrays(path, "annot2", "annot3")
    views = {name: list(values.reshape(-1)) for name, values in found.items()}
    parts = []
    for camera in CAMERAS:
        arrays = []
        for name, axes in (("annot2", 2), ("annot3", 3)):
            if camera >= len(views[name]):
                problem = f"has {len(views[name])} cameras, expected number {camera}"
                raise FileError(path, problem, field=name, remedy="get the file again")
            field = f"{name}[{camera}]"
            checked = numbers(path, field, views[name][camera], (FRAMES, _JOINTS * axes), largest=LARGEST_PIXEL)
            arrays.append(checked.reshape(len(checked), _JOINTS, axes))
        if len(arrays[0]) != len(arrays[1]):
            problem = f"has {len(arrays[1])} frames where annot2 has {len(arrays[0])}"
            raise FileError(path, problem, field=f"annot3[{camera}]", remedy="get the file again")
        parts.append((camera, arrays[0], arrays[1]))
    return parts


def _test(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels, millimetres, and which frames are valid."""
    found = hdf5_arrays(path, "annot2", "univ_annot3", "valid_frame")
    frames = found["annot2"].shape[0] if found["annot2"].ndim else 0
    flat = numbers(path, "annot2", found["annot2"], (FRAMES, 1, _TEST_JOINTS, 2), largest=LARGEST_PIXEL)[:, 0]
    deep = numbers(path, "univ_annot3", found["univ_annot3"], (frames, 1, _TEST_JOINTS, 3), largest=LARGEST_PIXEL)
    valid = np.asarray(found["valid_frame"]).reshape(-1) > 0
    if len(valid) != frames:
        raise FileError(
            path, f"has {len(valid)} values for {frames} frames", field="valid_frame", remedy="get it again"
        )
    return flat, deep[:, 0], valid
