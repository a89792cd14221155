"""Human3.6M (Ionescu et al., PAMI 2014) as its archives are unpacked: 2D and 3D joints in CDF files, masks, cameras.

``S1/MyPoseFeatures/D2_Positions/Directions 1.54138969.cdf`` (``Pose``, frames x 64) and ``D3_Positions_mono/`` (frames
x 96, millimetres, the camera's axes), ``S1/MySegmentsMat/ground_truth_bs/*.mat`` (masks, HDF5), ``metadata.xml``.
Pictures are those that are taken from the videos, 50 a second: ``images/S1/S1_Directions_1.54138969/..._000001.jpg``.
MoSh fits, where somebody has them: ``mosh/S1/Directions 1_cam0_aligned.pkl``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text
from poseloom.data.schema import Camera, Layout
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    boxes_of_points,
    certain,
    enlarged_boxes,
    root_centred,
)
from poseloom.data.sources.recordings import error_line
from poseloom.data.sources.smpl_people import (
    SMPL_LAYOUT,
    checked_pose,
    checked_shape,
    row_camera,
    upright_pose,
)
from poseloom.formats.arrays import FRAMES, numbers
from poseloom.formats.foreign_arrays import cdf_array, hdf5_file
from poseloom.formats.pickles import load_pickle
from poseloom.pose.rotations import rotmat_to_rotvec, rotvec_to_rotmat

CAMERAS = ("54138969", "55011271", "58860488", "60457274")
HEIGHTS = (1002, 1000, 1000, 1002)
WIDTH = 1000
EVERY = 5
JOINTS_OF_32 = (11, 6, 7, 8, 1, 2, 3, 12, 24, 14, 15, 17, 18, 19, 25, 26, 27)
"""Which of the 32 joints are kept; 0 of the 32 is the pelvis, from which 3D points are measured."""
JOINT_ORDER = "h36m"
MASK_SCALE, POINT_SCALE = 0.9, 1.2
"""Factors of the boxes of masks, and of the joints where there are no masks."""
_SUBJECTS = {**dict.fromkeys((1, 5, 6, 7, 8), "train"), **dict.fromkeys((9, 11), "test")}
_NAME = re.compile(r"S(\d+)/MyPoseFeatures/D2_Positions/(.+)\.(\d{8})\.cdf$")
_FIRST_INTRINSIC, _INTRINSICS = 264, 9


@dataclass(frozen=True)
class Human36M(AnnotatedPictures):
    """A row for every fifth frame of each video; with pose and shape where MoSh fits are there.

    Args:
        every: every N-th frame, 5 by default.
    """

    every: int = EVERY
    name: str = "h36m"

    def __post_init__(self) -> None:
        if self.every < 1:
            raise PoseloomError(f"every: expected at least 1, got {self.every}")
        super().__post_init__()

    @property
    def title(self) -> str:
        return "Human3.6M"

    @property
    def origin(self) -> str:
        return "vision.imar.ro/human3.6m: Poses_D2_Positions, Poses_D3_Positions_mono, segments, videos, metadata.xml"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("S*/MyPoseFeatures/D2_Positions/*.cdf",)

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"every": self.every, "mosh": (self.folder / "mosh").is_dir()}

    @property
    def layout(self) -> Layout:
        return SMPL_LAYOUT if (self.folder / "mosh").is_dir() else Layout.of_pictures()

    @cached_property
    def files(self) -> list[str]:
        found = [path.relative_to(self.folder).as_posix() for path in self.folder.glob(self.patterns[0])]
        return sorted(one for one in found if _NAME.match(one) and "_ALL" not in one)

    def count(self, file: str) -> int:
        return -(-len(self._points(file, "D2_Positions", 2)) // self.every)

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        subject, action, camera = _parts(file)
        frames = [row * self.every for row in rows]
        flat = certain(self._points(file, "D2_Positions", 2)[frames][:, list(JOINTS_OF_32)])
        deep = self._points(file, "D3_Positions_mono", 3)[frames]
        metres = root_centred(deep, 0)[:, list(JOINTS_OF_32)]
        boxes = self._boxes(file, frames, flat, problems)
        title = f"S{subject}_{action.replace(' ', '_')}.{CAMERAS[camera]}"
        pose, posed = self._bodies(subject, action, camera, frames, problems)
        height = HEIGHTS[camera]
        return PicturePeople(
            ids=[f"{title}/{frame}" for frame in frames],
            pictures=[f"images/S{subject}/{title}/{title}_{frame + 1:06d}.jpg" for frame in frames],
            boxes=boxes,
            points=(Points(JOINT_ORDER, flat), Points(JOINT_ORDER, metres)),
            places=frames,
            splits=[_SUBJECTS[subject]] * len(frames),
            sizes=np.tile(np.array([[WIDTH, height]]), (len(frames), 1)),
            pose=pose,
            posed=posed,
            cameras=[self._camera(camera)] * len(frames),
        )

    def _points(self, file: str, folder: str, axes: int) -> np.ndarray:
        path = self.folder / file.replace("D2_Positions", folder)
        values = cdf_array(path, "Pose")
        values = values[0] if values.ndim == 3 and len(values) == 1 else values
        checked = numbers(path, "Pose", values, (FRAMES, 32 * axes), largest=LARGEST_PIXEL)
        return checked.reshape(len(checked), 32, axes)

    def _boxes(self, file: str, frames: Sequence[int], flat: np.ndarray, problems: list[str]) -> np.ndarray:
        """Of the masks; of the joints where there are none."""
        name = PurePosixPath(file).name.removesuffix(".cdf")
        path = self.folder / PurePosixPath(file).parts[0] / "MySegmentsMat/ground_truth_bs" / f"{name}.mat"
        if not path.is_file():
            problems.append(f"{name}: no masks in MySegmentsMat; boxes are those of the joints")
            return boxes_of_points(flat, POINT_SCALE)
        try:
            return enlarged_boxes(_mask_boxes(path, frames), MASK_SCALE)
        except PoseloomError as error:
            if self.strict:
                raise
            problems.append(error_line(f"{name}.mat", error))
            return boxes_of_points(flat, POINT_SCALE)

    def _bodies(
        self, subject: int, action: str, camera: int, frames: Sequence[int], problems: list[str]
    ) -> tuple[Any, np.ndarray | None]:
        if not self.layout.joints:
            return None, None
        pose, shape = np.zeros((len(frames), 72), np.float32), np.zeros((len(frames), 10), np.float32)
        posed = np.zeros(len(frames), bool)
        path = self.folder / "mosh" / f"S{subject}" / f"{action}_cam{camera}_aligned.pkl"
        if path.is_file():
            content = load_pickle(path)
            fits = checked_pose(path, "new_poses", content.get("new_poses"))
            betas = checked_shape(path, "betas", np.asarray(content.get("betas"))[None], 1)
            rows = np.array(frames) // EVERY
            posed = rows < len(fits)
            pose[posed], shape[posed] = fits[rows[posed]], betas[0, :10]
            pose[posed, :3] = _turned_about_x(pose[posed, :3])
        else:
            problems.append(f"mosh/S{subject}/{path.name}: is not there; its frames have no pose")
        return upright_pose(pose, shape), posed

    def _camera(self, camera: int) -> Camera | None:
        if self._numbers is None:
            return None
        start = _FIRST_INTRINSIC + _INTRINSICS * camera
        fx, fy, cx, cy = self._numbers[start : start + 4]
        return row_camera((fx, fy), (cx, cy))

    @cached_property
    def _numbers(self) -> list[float] | None:
        """The numbers of all cameras in ``metadata.xml``; None without it."""
        path = self.folder / "metadata.xml"
        if not path.is_file():
            return None
        found = re.search(r"<w0>\s*\[?([^<\]]*)\]?\s*</w0>", read_text(path, maximum_bytes=16 << 20))
        try:
            values = [float(one) for one in found[1].replace(";", " ").split()] if found else []
        except ValueError:
            values = []
        if len(values) < _FIRST_INTRINSIC + _INTRINSICS * len(CAMERAS):
            raise FileError(path, "expected the numbers of all cameras", field="w0", remedy="get the file again")
        return values


def _parts(file: str) -> tuple[int, str, int]:
    """Subject, action and camera of a file."""
    found = _NAME.match(file)
    assert found is not None
    subject, camera = int(found[1]), found[3]
    if subject not in _SUBJECTS or camera not in CAMERAS:
        raise FileError(file, "is of an unknown subject or camera", remedy="expected S1, 5, 6, 7, 8, 9 or 11")
    return subject, found[2], CAMERAS.index(camera)


def _mask_boxes(path: Path, frames: Sequence[int]) -> np.ndarray:
    """x, y, width and height of each mask; zeros where one is empty."""
    boxes = np.zeros((len(frames), 4), np.float32)
    with hdf5_file(path) as content:
        if "Masks" not in content:
            raise FileError(path, "is missing", field="Masks", remedy="get the file again")
        masks = content["Masks"]
        references = np.asarray(masks[()]).reshape(-1)
        for place, frame in enumerate(frames):
            if frame >= len(references):
                continue
            mask = np.asarray(content[references[frame]][()]).T > 0
            if mask.any():
                (top, bottom), (left, right) = (np.flatnonzero(mask.any(axis))[[0, -1]] for axis in (1, 0))
                boxes[place] = left, top, right - left + 1, bottom - top + 1
    return boxes


def _turned_about_x(root: np.ndarray) -> np.ndarray:
    """Root rotations with half a turn about their own x axis before them, as the fits need it."""
    import torch

    half = rotvec_to_rotmat(torch.tensor([np.pi, 0.0, 0.0], dtype=torch.float64))
    turned = rotvec_to_rotmat(torch.from_numpy(root).double()) @ half
    return np.asarray(rotmat_to_rotvec(turned).float().numpy())
