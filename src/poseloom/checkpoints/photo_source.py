"""A folder of photos as a source of rows: the people that poseloom's networks find in them, and their keypoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.people import keypoint_reader
from poseloom.data.build import Unit
from poseloom.data.manifest import fingerprint
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.picture_people import PicturePeople, Points, block
from poseloom.data.sources.recordings import Lean, error_line, existing_folder, files_below, sizes_of
from poseloom.data.splits import split_of
from poseloom.images.kinds import PICTURES
from poseloom.images.read import read_picture
from poseloom.results.keypoints import BODY_CONVENTION
from poseloom.tasks.keypoints.people import People
from poseloom.tasks.keypoints.predict import NobodyFoundError

_PHOTOS_A_UNIT = 64
_TO_CAMERA = (1.0, -1.0, -1.0)
"""From axes with +Y up and +Z towards the camera to the camera's own, in which rows have their points."""


@dataclass(frozen=True)
class PhotoFolder(Lean):
    """A row for each person found in each photo of a folder and its subfolders, without poses.

    Keypoints are the 33 of the reader, in pixels with their visibility and in metres about the hips. Photos that show
    nobody and files that are no readable pictures are counted.

    Args:
        folder: of the photos.
        limit: people of a photo at most, the larger ones first; everybody by default.
        strict: a damaged photo ends the build.

    Raises:
        PoseloomError: the folder is missing or holds no pictures, or a number is out of range.
    """

    folder: Path
    limit: int | None = None
    strict: bool = False
    name: str = "photos"

    def __post_init__(self) -> None:
        existing_folder(self.folder, "name a folder of photos")
        if self.limit is not None and self.limit < 1:
            raise PoseloomError(f"limit: expected at least 1, got {self.limit}")
        if not self._files:
            raise FileError(
                self.folder, "holds no pictures", remedy=f"expected files such as {', '.join(PICTURES[:4])}"
            )

    @property
    def layout(self) -> Layout:
        return Layout.of_pictures()

    def options(self) -> Mapping[str, Any]:
        sizes = sizes_of(self.folder, self._files)
        found = {"limit": self.limit, "strict": self.strict, "files": len(sizes)}
        return {**found, "fingerprint": fingerprint(sizes)}

    def units(self) -> Sequence[Unit]:
        firsts = range(0, len(self._files), _PHOTOS_A_UNIT)
        groups = [self._files[first : first + _PHOTOS_A_UNIT] for first in firsts]
        return [Unit(f"{place:05d}", len(group), group) for place, group in enumerate(groups)]

    def read(self, unit: Unit) -> RowBlock:
        seen: list[tuple[str, People]] = []
        problems: list[str] = []
        nobody = []
        for name in unit.content:
            try:
                people = self._people(name)
            except PoseloomError as error:
                if self.strict:
                    raise
                problems.append(error_line(name, error))
                continue
            if people is None:
                nobody.append(name)
            else:
                seen.append((name, people))
        if nobody:
            problems.append(f"{len(nobody):,} photos in which nobody is found, such as {nobody[0]}")
        return block(self.name, "", _joined(seen), problems, self.layout)

    def _people(self, name: str) -> People | None:
        picture = read_picture(self.folder / name)
        try:
            return keypoint_reader().people(picture, None, self.limit, with_hands=False).without_masks()
        except NobodyFoundError:
            return None

    @cached_property
    def _files(self) -> list[str]:
        return [one for one in files_below(self.folder) if Path(one).suffix.lower() in PICTURES]


def _joined(seen: Sequence[tuple[str, People]]) -> PicturePeople:
    """The people of several photos as columns."""
    named = [(name, place, people) for name, people in seen for place in range(len(people))]
    points, world, boxes = (np.zeros((0, 33, 3), np.float32), np.zeros((0, 33, 4), np.float32), np.zeros((0, 4)))
    if named:
        sure = torch.cat([people.body.visibility for _, people in seen])[..., None]
        points = torch.cat([torch.cat([people.body.points[..., :2] for _, people in seen]), sure], -1).numpy()
        metres = torch.cat([people.body.world for _, people in seen]) * torch.tensor(_TO_CAMERA)
        world = torch.cat([metres, sure], -1).numpy()
        boxes = torch.cat([people.boxes for _, people in seen]).numpy()
    return PicturePeople(
        ids=[f"{name}/{place}" for name, place, _ in named],
        pictures=[name for name, _, _ in named],
        boxes=np.asarray(boxes, np.float32),
        points=(Points(BODY_CONVENTION, points), Points(BODY_CONVENTION, world)),
        places=[place for _, place, _ in named],
        splits=[split_of(name) for name, _, _ in named],
        sizes=np.array([people.size for _, _, people in named], np.int64).reshape(-1, 2),
    )
