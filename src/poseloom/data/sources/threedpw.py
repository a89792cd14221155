"""3DPW: SMPL bodies in pictures taken with a phone (von Marcard et al., ECCV 2018; virtualhumans.mpi-inf.mpg.de/3DPW).

``sequenceFiles/{train,validation,test}/SEQUENCE.pkl`` holds for every person axis-angle ``poses`` (frames, 72) and
``trans`` in the world, ``betas``, ``genders``, ``poses2d`` (frames, 3, 18) and ``campose_valid``, and for the sequence
``cam_poses`` (frames, 4, 4, world to camera) and ``cam_intrinsics``. The pickles are read as data; nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from numpy import ndarray as Array

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Image, Keypoints, Layout, RowBlock
from poseloom.data.sources.recordings import (
    FrameChoice,
    Lean,
    error_line,
    existing_folder,
    files_below,
    shared_out,
    sizes_of,
)
from poseloom.data.sources.threedpw_files import Person, Recorded, read_recorded
from poseloom.pose import BODY_JOINTS, Pose, concatenate
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat

ORIGIN = "virtualhumans.mpi-inf.mpg.de/3DPW: sequenceFiles.zip"
SPLITS = {"train": "train", "validation": "val", "test": "test"}
"""Folder -> split."""
COEFFICIENTS = 10
BOX_SCALE = 1.2
"""The box of the keypoints is made larger by this much; as in the benchmarks of mesh recovery."""
CROP_PIXELS = 224
CAMERA_TO_WORLD = ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0))
"""From the camera's axes (y down, z ahead) to those of a row: +Y up, and +Z towards the camera."""
REST_PELVIS = (0.0, -0.22, 0.03)
"""Metres; where an average SMPL body has its pelvis before it is moved. It turns about this point."""
_CONVENTION = "pw3d"
_UNIT_BYTES = 16 << 20
"""A shard's files: some thousand rows, as large as 3DPW's are."""


@dataclass(frozen=True)
class ThreeDpw(Lean):
    """Every person in every picture with a valid camera, as the camera sees them.

    Ids are ``3dpw/SPLIT/SEQUENCE/PLACE-GENDER:FRAME``; places count the people of a sequence from 0. A row's world is
    the camera's, with +Y up and +Z towards it; `Camera` brings it back into the picture. The translation is where
    the pelvis is, as exact as that of an average body, a few centimetres.

    Args:
        folder: that of ``sequenceFiles``, or one above it.
        every, limit: which frames; see `FrameChoice`. All of them by default.
        strict: a file that cannot be read ends the build, instead of being reported.

    Raises:
        PoseloomError: the folder is missing or holds no sequence, or a number is out of range.
    """

    folder: Path
    every: int | None = None
    limit: int | None = None
    strict: bool = False
    name: str = "3dpw"

    def __post_init__(self) -> None:
        _ = self._choice
        existing_folder(self.folder, f"name the folder of 3DPW; get {ORIGIN}")
        if not self._files:
            problem = "holds no train, validation or test folder with .pkl files"
            raise FileError(self.folder, problem, remedy=f"get {ORIGIN}")

    @property
    def layout(self) -> Layout:
        return Layout(joints=BODY_JOINTS, shape=COEFFICIENTS, shape_model="smpl")

    def options(self) -> Mapping[str, Any]:
        sizes = sizes_of(self.folder, self._files)
        chosen = {"every": self._choice.every, "limit": self.limit, "strict": self.strict}
        return {
            "translation": "pelvis",
            "boxes": BOX_SCALE,
            **chosen,
            "files": len(sizes),
            "fingerprint": fingerprint(sizes),
        }

    def units(self) -> Sequence[Unit]:
        groups = shared_out(sizes_of(self.folder, self._files), _UNIT_BYTES)
        return [Unit(f"{place:05d}", 0, files) for place, files in enumerate(groups)]

    def read(self, unit: Unit) -> RowBlock:
        made, problems = [], []
        for name in unit.content:
            try:
                recorded = read_recorded(self.folder / name)
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(error_line(name, error))
                continue
            made += list(self._people(name, recorded))
        return self._block(made, problems)

    @cached_property
    def _choice(self) -> FrameChoice:
        return FrameChoice(self.every or 1, None, self.limit)

    @cached_property
    def _files(self) -> list[str]:
        below = (PurePosixPath(name) for name in files_below(self.folder))
        return [str(one) for one in below if one.suffix == ".pkl" and one.parent.name in SPLITS]

    def _people(self, name: str, recorded: Recorded) -> Iterator[_Rows]:
        path = PurePosixPath(name)
        for place, person in enumerate(recorded.people):
            chosen = self._choice.frames(recorded.frames, recorded.rate)
            frames = [frame for frame in chosen if person.valid[frame]]
            if frames:
                yield _Rows(name, SPLITS[path.parent.name], place, frames, recorded, person)

    def _block(self, made: Sequence[_Rows], problems: list[str]) -> RowBlock:
        nothing = Pose(torch.zeros(0, BODY_JOINTS, 3), torch.zeros(0, 3), torch.zeros(0, COEFFICIENTS), "smpl")
        return RowBlock(
            data_set=self.name,
            ids=[f"{self.name}/{rows.title}:{frame}" for rows in made for frame in rows.frames],
            files=[rows.file for rows in made for _ in rows.frames],
            frames=[frame for rows in made for frame in rows.frames],
            splits=[rows.split for rows in made for _ in rows.frames],
            pose=concatenate([rows.pose() for rows in made]) if made else nothing,
            images=[[rows.image(frame)] for rows in made for frame in rows.frames],
            keypoints=[rows.keypoints(frame) for rows in made for frame in rows.frames],
            cameras=[rows.recorded.camera for rows in made for _ in rows.frames],
            problems=problems,
        )


@dataclass(frozen=True)
class _Rows:
    """The rows of one person."""

    file: str
    split: str
    place: int
    frames: list[int]
    recorded: Recorded
    person: Person

    @property
    def title(self) -> str:
        """Split, sequence and person."""
        folder, sequence = PurePosixPath(self.file).parts[-2:]
        return f"{folder}/{sequence.removesuffix('.pkl')}/{self.place}-{self.person.gender}"

    def pose(self) -> Pose:
        """Into the camera's axes, and from there into those of a row."""
        frames = np.array(self.frames)
        turn = torch.tensor(CAMERA_TO_WORLD, dtype=torch.float64)
        cameras = torch.from_numpy(self.recorded.cameras[frames]).double()
        to_row = turn @ cameras[:, :3, :3]
        rotations = torch.from_numpy(self.person.rotations[frames])
        root = rotmat_to_rotvec(to_row @ rotvec_to_rotmat(rotations[:, 0].double())).float()
        pelvis = torch.tensor(REST_PELVIS, dtype=torch.float64)
        there = pelvis + torch.from_numpy(self.person.translation[frames]).double()
        moved = (to_row @ there[..., None])[..., 0] + cameras[:, :3, 3] @ turn.T
        shape = torch.from_numpy(self.person.shape).expand(len(frames), -1)
        return Pose(torch.cat([root[:, None], rotations[:, 1:]], dim=1), moved.float(), shape, "smpl")

    def image(self, frame: int) -> Image:
        """The picture, with the square crop about the keypoints that were seen."""
        width, height = self.recorded.picture
        points = self.person.keypoints[frame]
        return Image(self.recorded.picture_name(frame), width, height, crop_of(points), box_of(points))

    def keypoints(self, frame: int) -> list[Keypoints]:
        """The 18 points of OpenPose's first convention that 3DPW comes with."""
        points = self.person.keypoints[frame]
        return [Keypoints(_CONVENTION, tuple(points[:, :2].ravel().tolist()), tuple(points[:, 2].tolist()))]


def box_of(points: Float32[Array, "points 3"]) -> tuple[float, ...]:
    """x, y, width, height about points that were seen, `BOX_SCALE` times as large; empty where none was."""
    seen = points[points[:, 2] > 0, :2]
    if not len(seen):
        return ()
    low, high = seen.min(axis=0), seen.max(axis=0)
    extent = BOX_SCALE * (high - low)
    corner = (low + high - extent) / 2
    return (*map(float, corner), *map(float, extent)) if extent.min() > 0 else ()


def crop_of(points: Float32[Array, "points 3"]) -> tuple[float, ...]:
    """The 2 x 3 matrix of a square crop of `CROP_PIXELS` about points that were seen (x, y, confidence).

    Empty where none was, or all are one point.
    """
    seen = points[points[:, 2] > 0, :2]
    side = BOX_SCALE * float(np.ptp(seen, axis=0).max()) if len(seen) else 0.0
    if side <= 0:
        return ()
    scale = CROP_PIXELS / side
    x, y = (seen.min(axis=0) + seen.max(axis=0)) / 2
    return (scale, 0.0, CROP_PIXELS / 2 - scale * float(x), 0.0, scale, CROP_PIXELS / 2 - scale * float(y))
