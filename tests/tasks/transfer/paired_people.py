"""A table of small pictures of stick people in pairs: the same colours in two poses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from poseloom.data import prepare
from poseloom.data.build import Unit
from poseloom.data.schema import Image, Keypoints, Layout, RowBlock
from poseloom.data.sources.source import NamedPair, PairBlock
from poseloom.tasks.transfer.maps import LIMBS

HEIGHT, WIDTH = 64, 32
STANDING = np.array(
    [(8, 16), (13, 16), (13, 11), (21, 9), (29, 8), (13, 21), (21, 23), (29, 24), (31, 13), (43, 12), (56, 12),
     (31, 19), (43, 20), (56, 20), (7, 15), (7, 17), (8, 14), (8, 18)], float
)  # fmt: skip
"""Row and column of OpenPose's 18 joints."""


def joints(number: int) -> np.ndarray:
    """A pose by its number; some joints of some are missing."""
    random = np.random.default_rng(number)
    points = STANDING + random.normal(0, 1, (18, 2)) + random.normal(0, 2, (1, 2))
    points = np.clip(points.round(), 0, (HEIGHT - 1, WIDTH - 1))
    if number % 5 == 4:
        points[[4, 16]] = -1
    return points


def draw(points: np.ndarray, person: int) -> Pillow.Image:
    colours = np.random.default_rng(1000 + person).integers(60, 256, (len(LIMBS) + 1, 3))
    picture = Pillow.new("RGB", (WIDTH, HEIGHT), tuple(colours[-1] // 3))
    pen = ImageDraw.Draw(picture)
    for (start, end), colour in zip(LIMBS, colours[:-1], strict=True):
        if (points[[start, end]] >= 0).all():
            pen.line([tuple(points[start][::-1]), tuple(points[end][::-1])], tuple(int(c) for c in colour), 3)
    return picture


@dataclass(frozen=True)
class StickPeople:
    folder: Path
    people: int = 8
    name: str = "stick"

    @property
    def layout(self) -> Layout:
        return Layout.of_pictures()

    def options(self) -> Mapping[str, Any]:
        return {"people": self.people}

    def units(self) -> Sequence[Unit]:
        return [Unit("0", 2 * self.people, None)]

    def read(self, unit: Unit) -> RowBlock:
        names = [f"{person}_{view}.png" for person in range(self.people) for view in range(2)]
        poses = [joints(number) for number in range(2 * self.people)]
        for number, (name, points) in enumerate(zip(names, poses, strict=True)):
            draw(points, number // 2).save(self.folder / name)
        seen = [(points >= 0).all(1) for points in poses]
        flat = [np.where(there[:, None], points, 0)[:, ::-1] for there, points in zip(seen, poses, strict=True)]
        return RowBlock(
            data_set=self.name,
            ids=names,
            files=names,
            frames=[0] * len(names),
            splits=[self._split(number // 2) for number in range(len(names))],
            pose=None,
            images=[[Image(name, WIDTH, HEIGHT)] for name in names],
            keypoints=[
                [Keypoints("openpose_18", tuple(one.ravel().tolist()), tuple(there.astype(float).tolist()))]
                for one, there in zip(flat, seen, strict=True)
            ],
        )

    def pair_units(self) -> Sequence[Unit]:
        return [Unit("0", 2 * self.people, None)]

    def read_pairs(self, unit: Unit) -> PairBlock:
        pairs = [(person, view, 1 - view) for person in range(self.people) for view in range(2)]
        return PairBlock(
            [NamedPair(f"{p}-{a}", f"{p}_{a}.png", f"{p}_{b}.png", True, self._split(p), ()) for p, a, b in pairs]
        )

    def _split(self, person: int) -> str:
        return "train" if person < self.people - 2 else "test"


class UnpairedPeople(StickPeople):
    """The same as synthetic people are: no pairs, rows know their person, all are there to train on."""

    def read(self, unit: Unit) -> RowBlock:
        block = super().read(unit)
        people = [one.partition("_")[0] for one in block.files]
        return replace(block, files=people, splits=["train"] * len(people))

    def pair_units(self) -> Sequence[Unit]:
        return []


def unpaired_table(folder: Path, people: int) -> Path:
    """People in two poses each, without pairs and without a split that is held out."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    prepare(UnpairedPeople(pictures, people), folder / "table")
    return folder / "table"


def paired_table(folder: Path) -> Path:
    """Eight people in two poses each; pictures lie beside the table."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    prepare(StickPeople(pictures), folder / "table")
    return folder / "table"
