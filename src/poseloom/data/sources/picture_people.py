"""What sources of annotated pictures share: columns of people, a shard a slice of an annotation file, missing pictures.

Pixels are those of the stored picture. Three-dimensional points are metres in the camera's axes (x right, y down, z
ahead), as the data sets have them. A row's pose stands in the camera's axes turned upright, as in `threedpw`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Camera, Image, Keypoints, Layout, RowBlock
from poseloom.data.sources.recordings import Lean, error_line, existing_folder, sizes_of
from poseloom.images.read import picture_size
from poseloom.pose import Pose

SHARD_ROWS = 8192
LARGEST_PIXEL = 1e6
"""Coordinates beyond that are damage."""
UNKNOWN_BOX = 0.0


@dataclass(frozen=True, eq=False)
class Points:
    """Keypoints of all people in one convention: x, y (pixels) or x, y, z (metres), then the confidence."""

    convention: str
    values: Float32[Array, "people points d"]


@dataclass(frozen=True, eq=False)
class PicturePeople:
    """People of pictures, as columns.

    Args:
        ids: without the name of the data set.
        pictures: paths relative to the folder of the data set; empty where there is none.
        boxes: x, y, width, height, pixels; zeros where they are not known.
        points: in as many conventions as the data set has.
        places: place of each in its annotation file, from 0.
        sizes: width and height of the pictures, pixels; 0 where the file does not tell.
        pose: in the camera's axes turned upright; None where the data set has none.
        posed: which of them have one; all where None.
    """

    ids: list[str]
    pictures: list[str]
    boxes: Float32[Array, "people 4"]
    points: tuple[Points, ...]
    places: list[int]
    splits: list[str]
    sizes: Int64[Array, "people 2"] | None = None
    pose: Pose | None = None
    posed: Bool[Array, " people"] | None = None
    cameras: list[Camera | None] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def kept(self, keep: Bool[Array, " people"]) -> PicturePeople:
        """Some of them."""
        places = np.flatnonzero(keep).tolist()

        def of(column: list[Any]) -> list[Any]:
            return [column[place] for place in places]

        return replace(
            self,
            ids=of(self.ids),
            pictures=of(self.pictures),
            boxes=self.boxes[keep],
            points=tuple(Points(one.convention, one.values[keep]) for one in self.points),
            places=of(self.places),
            splits=of(self.splits),
            sizes=None if self.sizes is None else self.sizes[keep],
            pose=None if self.pose is None else self.pose[places],
            posed=None if self.posed is None else self.posed[keep],
            cameras=None if self.cameras is None else of(self.cameras),
        )


@dataclass(frozen=True)
class AnnotatedPictures(Lean, ABC):
    """A source whose rows stand in annotation files beside folders of pictures.

    Where the folder of a picture is there, a person whose picture is missing or damaged is left out and counted; where
    it is not, rows are made without it, and that is told.

    Args:
        folder: as the data set is unpacked.
        strict: an annotation file that cannot be read ends the build, instead of being reported.

    Raises:
        PoseloomError: the folder is missing or holds none of the data set's annotation files.
    """

    folder: Path
    strict: bool = False

    def __post_init__(self) -> None:
        existing_folder(self.folder, f"name the folder of {self.title}; get {self.origin}")
        if not self.files:
            problem = f"holds none of the annotation files of {self.title} ({', '.join(self.patterns)})"
            raise FileError(self.folder, problem, remedy=f"get {self.origin}")

    @property
    def name(self) -> str:
        """As in the catalogue."""
        raise NotImplementedError

    @property
    @abstractmethod
    def title(self) -> str:
        """Of the data set."""

    @property
    @abstractmethod
    def origin(self) -> str:
        """Where to get it."""

    @property
    @abstractmethod
    def patterns(self) -> tuple[str, ...]:
        """Which files below the folder hold annotations."""

    @abstractmethod
    def count(self, file: str) -> int:
        """How many annotations a file has, fit or unfit."""

    @abstractmethod
    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        """The fit ones among some annotations of a file; what is wrong with others goes into `problems`."""

    @property
    def layout(self) -> Layout:
        """Without poses; data sets that have some say so."""
        return Layout.of_pictures()

    @property
    def choices(self) -> Mapping[str, Any]:
        """Further options that the rows depend on."""
        return {}

    @cached_property
    def files(self) -> list[str]:
        """The annotation files, relative to the folder."""
        found = {path.relative_to(self.folder).as_posix() for one in self.patterns for path in self.folder.glob(one)}
        return sorted(found)

    def options(self) -> Mapping[str, Any]:
        sizes = sizes_of(self.folder, self.files)
        return {**self.choices, "strict": self.strict, "files": len(sizes), "fingerprint": fingerprint(sizes)}

    def units(self) -> Sequence[Unit]:
        work = []
        for file in self.files:
            try:
                count = self.count(file)
            except PoseloomError:  # told, or raised, when it is read
                count = 1
            firsts = range(0, count, SHARD_ROWS)
            work += [(file, range(first, min(first + SHARD_ROWS, count))) for first in firsts]
        return [Unit(f"{place:05d}", len(rows), (file, rows)) for place, (file, rows) in enumerate(work)]

    def read(self, unit: Unit) -> RowBlock:
        file, rows = unit.content
        problems: list[str] = []
        try:
            found = self.people(file, rows, problems)
        except PoseloomError as error:
            if self.strict:
                raise
            return self._nobody([error_line(file, error)])
        found = with_pictures(found, self.folder, problems)
        return block(self.name, file, found, problems, self.layout)

    def _nobody(self, problems: list[str]) -> RowBlock:
        return RowBlock(self.name, [], [], [], [], _no_pose(self.layout), problems=problems)


def _no_pose(layout: Layout) -> Pose | None:
    import torch

    if not layout.joints:
        return None
    parts = {name: torch.zeros(0, *shape) for name, shape in layout.arrays().items()}
    return Pose(**parts, shape_model=layout.shape_model)


def block(name: str, file: str, people: PicturePeople, problems: list[str], layout: Layout) -> RowBlock:
    """People as rows of a table."""
    sizes = people.sizes if people.sizes is not None else np.zeros((len(people), 2), np.int64)
    boxes = [tuple(box) if box[2] > 0 and box[3] > 0 else () for box in people.boxes.tolist()]
    named = zip(people.pictures, sizes.tolist(), boxes, strict=True)
    joints = None
    if people.posed is not None and layout.joints:
        joints = [layout.joints if one else 0 for one in people.posed.tolist()]
    return RowBlock(
        data_set=name,
        ids=[f"{name}/{one}" for one in people.ids],
        files=[file] * len(people),
        frames=people.places,
        splits=people.splits,
        pose=people.pose if layout.joints else None,
        joints=joints,
        images=[[Image(path, width, height, box=box)] if path else [] for path, (width, height), box in named],
        keypoints=list(_keypoints(people)),
        cameras=people.cameras,
        problems=problems,
    )


def _keypoints(people: PicturePeople) -> Iterator[list[Keypoints]]:
    columns: list[tuple[str, list[list[float]], list[list[float]]]] = [
        (one.convention, _flat(one.values[..., :-1]), _flat(one.values[..., -1])) for one in people.points
    ]
    for place in range(len(people)):
        yield [Keypoints(name, tuple(points[place]), tuple(sure[place])) for name, points, sure in columns]


def _flat(values: Float32[Array, "people ..."]) -> list[list[float]]:
    found: list[list[float]] = values.reshape(len(values), int(np.prod(values.shape[1:]))).tolist()
    return found


def with_pictures(people: PicturePeople, folder: Path, problems: list[str]) -> PicturePeople:
    """Those whose pictures are there, with the pictures' sizes; see `AnnotatedPictures`."""
    sizes = np.array(people.sizes if people.sizes is not None else np.zeros((len(people), 2)), dtype=np.int64)
    keep = np.ones(len(people), dtype=bool)
    lacking, damaged, absent = [], [], []
    there: dict[Path, bool] = {}
    known: dict[str, tuple[int, int]] = {}
    for place, name in enumerate(people.pictures):
        if not name:
            continue
        path = folder / name
        if path.parent not in there:
            there[path.parent] = _holds_pictures(path, folder)
        if not there[path.parent]:
            absent.append(name)
        elif not path.is_file():
            lacking.append(name)
            keep[place] = False
        elif not sizes[place].all():
            if name not in known:
                try:
                    known[name] = picture_size(path)[::-1]
                except PoseloomError:
                    damaged.append(name)
                    known[name] = (0, 0)
            sizes[place] = known[name]
            keep[place] = bool(sizes[place].all())
    for names, what in (
        (lacking, "people are left out: their picture is missing"),
        (damaged, "pictures are damaged, their people left out"),
        (absent, "rows are made without their pictures, whose folder is not there"),
    ):
        if names:
            problems.append(f"{len(names):,} {what}, such as {names[0]}")
    return replace(people, sizes=sizes).kept(keep)


def _holds_pictures(picture: Path, folder: Path) -> bool:
    """Whether a picture's folder is there; that of the annotations only counts if some picture is in it."""
    if picture.parent != folder:
        return picture.parent.is_dir()
    return next(folder.glob(f"*{picture.suffix}"), None) is not None


def boxes_of_points(points: Float32[Array, "people points 3"], enlarged: float) -> Float32[Array, "people 4"]:
    """Boxes (x, y, width, height) of the points with a confidence above 0, each enlarged about its middle."""
    seen = points[..., 2:] > 0
    low = np.where(seen, points[..., :2], np.inf).min(1)
    high = np.where(seen, points[..., :2], -np.inf).max(1)
    empty = ~np.isfinite(low).all(-1)
    low[empty] = high[empty] = UNKNOWN_BOX
    return enlarged_boxes(np.concatenate([low, high - low], -1), enlarged)


def enlarged_boxes(boxes: Float32[Array, "people 4"], factor: float) -> Float32[Array, "people 4"]:
    """Boxes with their sides times `factor`, about their middles."""
    extent = boxes[:, 2:] * factor
    return np.concatenate([boxes[:, :2] + (boxes[:, 2:] - extent) / 2, extent], -1).astype(np.float32)


def square_boxes(centre: Float32[Array, "people 2"], side: Float32[Array, " people"]) -> Float32[Array, "people 4"]:
    """Squares as x, y, width, height."""
    extent = np.repeat(side[:, None], 2, axis=1)
    return np.concatenate([centre - extent / 2, extent], -1).astype(np.float32)


def certain(points: Float32[Array, "people points d"]) -> Float32[Array, "people points d1"]:
    """Points with the confidence 1 behind their coordinates."""
    return np.concatenate([points, np.ones_like(points[..., :1])], -1).astype(np.float32)


def root_centred(points: Float32[Array, "people points 3"], root: int) -> Float32[Array, "people points 4"]:
    """Points in millimetres as metres about one of them, with the confidence 1."""
    return certain((points - points[:, root : root + 1]) / np.float32(1000))


def chosen(keep: Bool[Array, " all"], problems: list[str], what: str) -> Bool[Array, " all"]:
    """The same, after telling how many are left out."""
    left = int((~keep).sum())
    if left:
        problems.append(f"{left:,} {what}")
    return keep
