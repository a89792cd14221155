"""EFT (Joo et al., 3DV 2021): SMPL bodies fitted to the people of COCO, LSPET, MPII, OCHuman and PoseTrack.

A JSON file has a ``data`` list: ``parm_pose`` (24 rotation matrices), ``parm_shape``, ``parm_cam`` (s, tx, ty; seen is
s X + t), ``bbox_scale`` (side / 200), ``bbox_center``, ``gt_keypoint_2d`` (49 points), ``imageName``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from poseloom.data.schema import Layout
from poseloom.data.sources.annotations import column, listed, read_annotations, safe_name, word
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    square_boxes,
)
from poseloom.data.sources.smpl_people import SMPL_LAYOUT, axis_angles, upright_pose
from poseloom.formats.arrays import LARGEST_COEFFICIENT
from poseloom.images.crop import SCALE_UNIT


class _Release(NamedTuple):
    title: str
    fits: tuple[str, ...]
    pictures: str


RELEASES = {
    "eft-coco": _Release("EFT-COCO", ("coco_2014_train_fit/COCO2014-All-*.json", "COCO2014-All-*.json"), "train2014"),
    "eft-coco-part": _Release(
        "EFT-COCO-Part", ("coco_2014_train_fit/COCO2014-Part-*.json", "COCO2014-Part-*.json"), "train2014"
    ),
    "eft-lspet": _Release("EFT-LSPET", ("LSPet_fit/LSPet_*.json", "LSPet_*.json"), "hr-lspet"),
    "eft-mpii": _Release("EFT-MPII", ("MPII_fit/MPII_*.json", "MPII_*.json"), "images"),
    "eft-ochuman": _Release("EFT-OCHuman", ("OCHuman_fit/OCHuman_*.json", "OCHuman_*.json"), "images"),
    "eft-posetrack": _Release("EFT-PoseTrack", ("PoseTrack_fit/PoseTrack_*.json", "PoseTrack_*.json"), "."),
}
_POINTS = 49
_LARGEST_SCALE = LARGEST_PIXEL / SCALE_UNIT


@dataclass(frozen=True)
class Eft(AnnotatedPictures):
    """A row for each fitted person, with pose and shape, 49 keypoints and the square box of the fit."""

    name: str = "eft-coco"

    @property
    def title(self) -> str:
        return RELEASES[self.name].title

    @property
    def origin(self) -> str:
        return "the EFT release (github.com/facebookresearch/eft) and the pictures of the data set"

    @property
    def patterns(self) -> tuple[str, ...]:
        return RELEASES[self.name].fits

    @property
    def layout(self) -> Layout:
        return SMPL_LAYOUT

    def count(self, file: str) -> int:
        path = self.folder / file
        return len(listed(path, read_annotations(path), "data"))

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        items = listed(path, read_annotations(path), "data")[rows.start : rows.stop]

        def of(field: str, shape: tuple[int, ...], largest: float = LARGEST_PIXEL) -> np.ndarray:
            return column(path, items, field, shape, largest, rows.start)

        pose = upright_pose(axis_angles(of("parm_pose", (24, 3, 3), 2.0)), of("parm_shape", (10,), LARGEST_COEFFICIENT))
        side = of("bbox_scale", (), _LARGEST_SCALE) * SCALE_UNIT
        names = [word(path, one, "imageName", place) for place, one in enumerate(items, rows.start)]
        return PicturePeople(
            ids=[f"{place}-{one.get('annotId', 0)}" for place, one in enumerate(items, rows.start)],
            pictures=[_below(RELEASES[self.name].pictures, safe_name(path, name)) for name in names],
            boxes=square_boxes(of("bbox_center", (2,)), side),
            points=(Points("smpl_49", of("gt_keypoint_2d", (_POINTS, 3))),),
            places=list(rows),
            splits=["train"] * len(items),
            pose=pose,
        )


@dataclass(frozen=True)
class EftCocoPart(Eft):
    name: str = "eft-coco-part"


@dataclass(frozen=True)
class EftLspet(Eft):
    name: str = "eft-lspet"


@dataclass(frozen=True)
class EftMpii(Eft):
    name: str = "eft-mpii"


@dataclass(frozen=True)
class EftOchuman(Eft):
    name: str = "eft-ochuman"


@dataclass(frozen=True)
class EftPosetrack(Eft):
    name: str = "eft-posetrack"


def _below(folder: str, name: str) -> str:
    """File names are bare; those of PoseTrack bring their folders along."""
    return name if folder == "." or name.startswith(f"{folder}/") else f"{folder}/{name}"
