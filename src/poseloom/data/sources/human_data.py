"""HumanData files of any data set, and the npz files of SPIN, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.schema import Layout
from poseloom.data.sources.annotations import safe_name
from poseloom.data.sources.coco import split_of_name
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    square_boxes,
)
from poseloom.data.sources.smpl_people import (
    PLACED_LAYOUT,
    SMPL_LAYOUT,
    checked_pose,
    checked_shape,
    upright_pose,
)
from poseloom.formats.arrays import numbers
from poseloom.formats.human_data import CONVENTION, BodyParameters, human_data_length, read_human_data
from poseloom.formats.npz_files import NpzArchive, open_npz
from poseloom.images.crop import SCALE_UNIT
from poseloom.pose import Pose
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.keypoints import names

SPIN_CONVENTION = "smpl_24"


@dataclass(frozen=True)
class HumanDataFiles(AnnotatedPictures):
    """A row for each sample of every HumanData file in a folder, its keypoints in the 190 names of ``human_data``."""

    name: str = "human-data"

    @property
    def title(self) -> str:
        return "HumanData"

    @property
    def origin(self) -> str:
        return "the preprocessed npz files of MMHuman3D or of the benchmark of mesh recovery"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("*.npz", "preprocessed_datasets/*.npz")

    @cached_property
    def layout(self) -> Layout:
        """Of the first file: with bodies and where they stand, if it has them."""
        for file in self.files:
            try:
                body = read_human_data(self.folder / file).body
            except PoseloomError:
                continue
            if body is None:
                return Layout.of_pictures()
            made = SMPL_LAYOUT if body.transl is None else PLACED_LAYOUT
            return replace(made, shape_model="smplx" if body.model == "smplx" else body.model)
        return Layout.of_pictures()

    def count(self, file: str) -> int:
        return human_data_length(self.folder / file)

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        data = read_human_data(path)
        part = slice(rows.start, rows.stop)
        points = [Points(CONVENTION, one[part]) for one in (data.keypoints2d, data.keypoints3d) if one is not None]
        count = len(range(len(data))[part])
        boxes = np.zeros((count, 4), np.float32) if data.boxes is None else data.boxes[part, :4]
        pose, posed = self._bodies(data.body, part, count)
        return PicturePeople(
            ids=[f"{path.stem}/{place}" for place in rows],
            pictures=[safe_name(path, self._place(one)) for one in data.image_path[part]],
            boxes=boxes,
            points=tuple(points),
            places=list(rows),
            splits=[split_of_name(file)] * count,
            pose=pose,
            posed=posed,
        )

    def _place(self, picture: str) -> str:
        return picture

    def _bodies(self, body: BodyParameters | None, part: slice, count: int) -> tuple[Pose | None, np.ndarray | None]:
        if not self.layout.joints:
            return None, None
        if body is None:
            body = _no_bodies(count)
            part = slice(None)
        every = np.concatenate([body.global_orient[part, None], body.body_pose[part]], 1)[:, :BODY_JOINTS]
        moved = None
        if self.layout.translation:
            moved = np.zeros((count, 3), np.float32) if body.transl is None else body.transl[part]
        pose = upright_pose(every.reshape(count, -1), body.betas[part], moved)
        return replace(pose, shape_model=self.layout.shape_model), body.present[part]


@dataclass(frozen=True)
class SpinFiles(AnnotatedPictures):
    """A row for each sample of SPIN's npz files (Kolotouros et al., ICCV 2019; also GraphCMR and PARE).

    ``imgname``, ``center``, ``scale`` (side / 200), ``part`` (N, 24, 3), ``openpose`` (N, 25, 3), ``pose`` (N, 72),
    ``shape``, ``has_smpl``, ``S`` (N, 24, 4). OpenPose's points and the 24 become one convention of 49.

    Args:
        convention: of ``part`` and ``S`` in files that have other points, such as ``h36m_mmpose``.
    """

    convention: str | None = None
    name: str = "spin"

    def __post_init__(self) -> None:
        if self.convention is not None:
            names(self.convention)
        super().__post_init__()

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"convention": self.convention}

    @property
    def title(self) -> str:
        return "SPIN"

    @property
    def origin(self) -> str:
        return "the dataset_extras of SPIN"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("*.npz", "dataset_extras/*.npz")

    @cached_property
    def layout(self) -> Layout:
        return SMPL_LAYOUT if any(_has_poses(self.folder / file) for file in self.files) else Layout.of_pictures()

    def count(self, file: str) -> int:
        path = self.folder / file
        archive = open_npz(path)
        for name in ("imgname", "center", "scale"):
            if name not in archive:
                raise FileError(path, "is missing", field=name, remedy="expected an npz file of SPIN")
        return archive.header("scale").shape[0]

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        total = self.count(file)
        archive, part = open_npz(path), slice(rows.start, rows.stop)
        centre = numbers(path, "center", archive["center"], (total, 2), largest=LARGEST_PIXEL)[part]
        side = numbers(path, "scale", archive["scale"], (total,), largest=LARGEST_PIXEL)[part] * SCALE_UNIT
        pose, posed = self._bodies(path, archive, total, part)
        pictures = [str(one) for one in archive["imgname"].tolist()[part]]
        if "mpi_inf_3dhp_train" in path.stem:
            pictures = [one.replace("imageFrames/", "").replace("frame_", "") for one in pictures]
        return PicturePeople(
            ids=[f"{path.stem}/{place}" for place in rows],
            pictures=[safe_name(path, one) for one in pictures],
            boxes=square_boxes(centre, side),
            points=tuple(_spin_points(path, archive, total, part, self.convention)),
            places=list(rows),
            splits=[split_of_name(file)] * len(pictures),
            pose=pose,
            posed=posed,
        )

    def _bodies(
        self, path: Path, archive: NpzArchive, total: int, part: slice
    ) -> tuple[Pose | None, np.ndarray | None]:
        if not self.layout.joints:
            return None, None
        if "pose" not in archive:
            count = len(range(total)[part])
            return upright_pose(np.zeros((count, 72), np.float32), np.zeros((count, 10), np.float32)), np.zeros(
                count, bool
            )
        pose = checked_pose(path, "pose", archive["pose"], total)[part]
        shape = checked_shape(path, "shape", archive["shape"], total)[part]
        has = np.ones(total) if "has_smpl" not in archive else np.asarray(archive["has_smpl"]).reshape(-1)
        return upright_pose(pose, shape), has[part] > 0


def _has_poses(path: Path) -> bool:
    try:
        return "pose" in open_npz(path)
    except PoseloomError:  # told, or raised, when it is read
        return False


def _spin_points(path: Path, archive: NpzArchive, total: int, part: slice, convention: str | None) -> list[Points]:
    own = convention or SPIN_CONVENTION
    count = len(names(own))
    remedy = None if convention else "--convention NAME says which keypoints the file has"

    def of(name: str, points: int, columns: int) -> np.ndarray:
        shape = (total, points, columns)
        return numbers(path, name, archive[name], shape, largest=LARGEST_PIXEL, remedy=remedy)[part]

    found = []
    if "part" in archive:
        points = of("part", count, 3)
        if "openpose" in archive and own == SPIN_CONVENTION:
            found.append(Points("smpl_49", np.concatenate([of("openpose", 25, 3), points], 1)))
        else:
            found.append(Points(own, points))
    if "S" in archive:
        found.append(Points(own, of("S", count, 4)))
    return found


def _no_bodies(count: int) -> BodyParameters:
    none = np.zeros((count, 3), np.float32)
    return BodyParameters(
        "smpl",
        none,
        np.zeros((count, 23, 3), np.float32),
        np.zeros((count, 10), np.float32),
        none,
        np.zeros(count, bool),
    )
