"""MPII Human Pose (Andriluka et al., CVPR 2014) in its two common forms: ``train.h5`` of stacked hourglass, and JSON.

``train.h5``: ``center`` (N, 2), ``scale`` (N), ``imgname``, ``part`` (N, 16, 2). JSON: a list of tables ``image``,
``center``, ``scale``, ``joints`` (16 x 2), ``joints_vis``. Boxes have a side of 200 times the scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from poseloom.base.errors import FileError
from poseloom.data.sources.annotations import column, listed, read_annotations, safe_name, word
from poseloom.data.sources.coco import split_of_name
from poseloom.data.sources.picture_people import (
    LARGEST_PIXEL,
    AnnotatedPictures,
    PicturePeople,
    Points,
    certain,
    chosen,
    square_boxes,
)
from poseloom.formats.arrays import numbers
from poseloom.formats.foreign_arrays import hdf5_arrays
from poseloom.images.crop import SCALE_UNIT

_JOINTS = 16


@dataclass(frozen=True)
class Mpii(AnnotatedPictures):
    """A row for each annotated person; ``train.h5`` gives those all of whose joints are known.

    Args:
        joints: how many must be known in files that tell; 0 by default.
    """

    joints: int = 0
    name: str = "mpii"

    @property
    def title(self) -> str:
        return "MPII"

    @property
    def origin(self) -> str:
        return "human-pose.mpi-inf.mpg.de: images, and train.h5 of stacked hourglass or the JSON annotations"

    @property
    def patterns(self) -> tuple[str, ...]:
        return ("train.h5", "valid.h5", "annot/*.json", "annotations/*.json", "annotations.json")

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"joints": self.joints}

    def count(self, file: str) -> int:
        path = self.folder / file
        if file.endswith(".json"):
            return len(listed(path, read_annotations(path), None))
        return len(hdf5_arrays(path, "scale")["scale"])

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        path = self.folder / file
        names, centre, scale, points = self._json(file, rows) if file.endswith(".json") else self._hourglass(file, rows)
        known = points[..., 2] > 0
        keep = known.sum(1) >= self.joints
        if not file.endswith(".json"):
            keep = (points[..., :2] > 0).all((1, 2))
        there = (self.folder / "images").is_dir() or not any((self.folder / name).exists() for name in names[:1])
        people = PicturePeople(
            ids=[f"{file.rpartition('/')[2].partition('.')[0]}/{place}" for place in rows],
            pictures=[safe_name(path, f"images/{name}" if there else name) for name in names],
            boxes=square_boxes(centre, scale * SCALE_UNIT),
            points=(Points("mpii", points),),
            places=list(rows),
            splits=[split_of_name(file)] * len(names),
        )
        return people.kept(chosen(keep, problems, "people lack joints that are asked for"))

    def _json(self, file: str, rows: range) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
        path = self.folder / file
        items = listed(path, read_annotations(path), None)[rows.start : rows.stop]

        def of(field: str, shape: tuple[int, ...]) -> np.ndarray:
            return column(path, items, field, shape, LARGEST_PIXEL, rows.start)

        points = np.concatenate([of("joints", (_JOINTS, 2)), of("joints_vis", (_JOINTS,))[..., None] > 0], -1)
        names = [word(path, one, "image", place) for place, one in enumerate(items, rows.start)]
        return names, of("center", (2,)), of("scale", ()), points.astype(np.float32)

    def _hourglass(self, file: str, rows: range) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
        path = self.folder / file
        found = hdf5_arrays(path, "imgname", "center", "scale", "part")
        part = slice(rows.start, rows.stop)
        names = [_text(one) for one in np.asarray(found["imgname"][part]).tolist()]
        if len(names) != len(rows):
            raise FileError(
                path, f"has {len(names)} names, expected {len(rows)}", field="imgname", remedy="get it again"
            )
        centre = numbers(path, "center", found["center"][part], (len(rows), 2), largest=LARGEST_PIXEL)
        scale = numbers(path, "scale", found["scale"][part], (len(rows),), largest=LARGEST_PIXEL)
        points = numbers(path, "part", found["part"][part], (len(rows), _JOINTS, 2), largest=LARGEST_PIXEL)
        return names, centre, scale, certain(points)


def _text(value: Any) -> str:
    """A name that h5py gives as bytes or, in old files, as numbers of its letters."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list):
        return "".join(chr(int(one)) for one in value if int(one))
    return str(value)
