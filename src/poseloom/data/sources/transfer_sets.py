"""Market-1501 (Zheng et al., ICCV 2015) and DeepFashion (Liu et al., CVPR 2016) with the annotations of pose transfer.

In the folder, or in ``annotation`` below it, lie ``market-annotation-train.csv`` and ``market-pairs-train.csv`` (and
``-test``) as PATN released them, ``fasion-resize-...`` of DeepFashion (so spelled), or ``annotation-train.csv`` and
``pairs-train.csv``; pictures in ``bounding_box_train`` and ``bounding_box_test`` (Market) or ``train`` and ``test``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from poseloom.base.errors import FileError
from poseloom.data.build import Unit
from poseloom.data.sources.picture_people import (
    AnnotatedPictures,
    PicturePeople,
    Points,
    boxes_of_points,
)
from poseloom.data.sources.recordings import sizes_of
from poseloom.data.sources.source import NamedPair, PairBlock
from poseloom.data.sources.transfer_files import (
    CONVENTION,
    MISSING,
    all_pairs,
    read_annotations_csv,
    read_pairs_csv,
)
from poseloom.images.read import picture_size

SPLITS = ("train", "test")
ANNOTATED_WIDTH = 176
"""Pixels: DeepFashion's joints are those of the middle columns of its pictures, which are 256 wide."""
_PAIRS_A_UNIT = 50_000
_TEST_PAIRS = 12_000
"""Drawn of all pairs of the test split where no file lists them."""


class _Release(NamedTuple):
    title: str
    origin: str
    annotations: tuple[str, ...]
    pairs: tuple[str, ...]
    folders: tuple[str, ...]
    offset: int


RELEASES = {
    "market1501": _Release(
        "Market-1501",
        "Market-1501-v15.09.15 and the CSV files of PATN (Zhu et al., CVPR 2019)",
        ("market-annotation-{}.csv", "annotation-{}.csv"),
        ("market-pairs-{}.csv", "pairs-{}.csv"),
        ("bounding_box_{}", "{}"),
        0,
    ),
    "deepfashion": _Release(
        "DeepFashion",
        "In-shop Clothes Retrieval, its pictures flattened by train.lst and test.lst, and the CSV files of PATN",
        ("fasion-resize-annotation-{}.csv", "fashion-resize-annotation-{}.csv", "annotation-{}.csv"),
        ("fasion-resize-pairs-{}.csv", "fashion-resize-pairs-{}.csv", "pairs-{}.csv"),
        ("{}",),
        40,
    ),
}


@dataclass(frozen=True)
class Market1501(AnnotatedPictures):
    """A row for each annotated picture, and pairs of pictures of the same person."""

    name: str = "market1501"

    @property
    def release(self) -> _Release:
        """Names of files and folders."""
        return RELEASES[self.name]

    @property
    def title(self) -> str:
        return self.release.title

    @property
    def origin(self) -> str:
        return self.release.origin

    @property
    def patterns(self) -> tuple[str, ...]:
        return tuple(one.format("*") for one in self.release.annotations)

    @property
    def choices(self) -> Mapping[str, Any]:
        return {"pairs": sorted(sizes_of(self.folder, [one for one in self._pair_files.values() if one]).items())}

    @cached_property
    def files(self) -> list[str]:
        """The annotations of each split."""
        return [one for split in SPLITS if (one := self._file(self.release.annotations, split))]

    @cached_property
    def _pair_files(self) -> dict[str, str]:
        return {split: self._file(self.release.pairs, split) for split in SPLITS}

    def count(self, file: str) -> int:
        return len(read_annotations_csv(self.folder / file)[0])

    def people(self, file: str, rows: range, problems: list[str]) -> PicturePeople:
        names, joints = read_annotations_csv(self.folder / file)
        split = _split(file)
        part = joints[rows.start : rows.stop]
        known = (part != MISSING).all(-1, keepdims=True)
        points = np.concatenate([part[..., ::-1] * known, known], -1).astype(np.float32)
        points[..., 0] += self._offset(split) * known[..., 0]
        folder = self._pictures(split)
        chosen = names[rows.start : rows.stop]
        return PicturePeople(
            ids=[f"{split}/{name}" for name in chosen],
            pictures=[f"{folder}/{name}" for name in chosen],
            boxes=boxes_of_points(points, 1.0),
            points=(Points(CONVENTION, points),),
            places=list(rows),
            splits=[split] * len(chosen),
        )

    def pair_units(self) -> Sequence[Unit]:
        work = []
        for split in SPLITS:
            count = len(self._pairs(split))
            work += [
                (split, range(first, min(first + _PAIRS_A_UNIT, count))) for first in range(0, count, _PAIRS_A_UNIT)
            ]
        return [Unit(f"{place:05d}", len(rows), (split, rows)) for place, (split, rows) in enumerate(work)]

    def read_pairs(self, unit: Unit) -> PairBlock:
        split, rows = unit.content
        chosen = self._pairs(split)[rows.start : rows.stop]
        ids = [(f"{self.name}/{split}/{first}", f"{self.name}/{split}/{second}") for first, second in chosen]
        named = zip(rows, ids, strict=True)
        return PairBlock([NamedPair(f"{self.name}/{split}/{n}", a, b, True, split, ()) for n, (a, b) in named])

    def _pairs(self, split: str) -> list[tuple[str, str]]:
        """As the file has them; by the rule where there is none."""
        given = self._pair_files[split]
        if given:
            return read_pairs_csv(self.folder / given)
        file = self._file(self.release.annotations, split)
        if not file:
            return []
        found = list(all_pairs(*read_annotations_csv(self.folder / file)))
        if split == "test" and len(found) > _TEST_PAIRS:
            drawn = np.random.RandomState(0).choice(len(found), _TEST_PAIRS, replace=False)
            found = [found[place] for place in drawn.tolist()]
        return found

    def _file(self, patterns: Sequence[str], split: str) -> str:
        for below in ("", "annotation/", "annotations/"):
            for one in patterns:
                if (self.folder / below / one.format(split)).is_file():
                    return f"{below}{one.format(split)}"
        return ""

    def _pictures(self, split: str) -> str:
        folders = [one.format(split) for one in self.release.folders]
        return next((one for one in folders if (self.folder / one).is_dir()), folders[0])

    def _offset(self, split: str) -> int:
        """Columns between the annotated and the stored picture; none where the pictures are stored as annotated."""
        if not self.release.offset:
            return 0
        folder = self.folder / self._pictures(split)
        first = next((one for one in sorted(folder.glob("*.jpg"))[:1]), None)
        return 0 if first is not None and picture_size(first)[1] <= ANNOTATED_WIDTH else self.release.offset


@dataclass(frozen=True)
class DeepFashion(Market1501):
    """The same of DeepFashion: joints count in the pictures of 256 x 256, 40 columns right of the annotated 176."""

    name: str = "deepfashion"


def _split(file: str) -> str:
    found = PurePosixPath(file).stem.rpartition("-")[2]
    if found not in SPLITS:
        raise FileError(file, "is of no known split", remedy="expected a name that ends with -train or -test")
    return found
