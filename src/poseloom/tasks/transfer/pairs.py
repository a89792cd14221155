"""Pairs of pictures of the same person, out of a table: what generators learn from and are measured on."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from itertools import permutations
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped
from numpy import ndarray as Array
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import within
from poseloom.base.streams import mix_numbers
from poseloom.data.sources.transfer_files import person_of
from poseloom.data.splits import TEST, TRAIN, VAL
from poseloom.data.table import Table
from poseloom.images.crop import Size
from poseloom.images.read import read_picture
from poseloom.pose.keypoints import mapping
from poseloom.tasks.transfer.frames import (
    Frame,
    frame_matrix,
    framed_keypoints,
    framed_picture,
    hide_outside,
)
from poseloom.tasks.transfer.maps import MISSING, mirrored_keypoints
from poseloom.tasks.transfer.masks import training_mask
from poseloom.tasks.transfer.models.inputs import Picture, TransferInputs

_LOG = logging.getLogger(__name__)
CONVENTION = "openpose_18"
_LARGER = "openpose_25"
_OTHER_SPLITS = {VAL: TEST}
"""A split that a table lacks -> the one that stands in for it: those of the papers have no validation split."""
_HELD_OUT = 10
"""Of so many synthetic people one is held out where their table has a single split."""
_FLIP, _FLIP_TARGET, _PAIR = 0, 1, 2
"""What a random number is drawn for."""
_CHANCES = 1 << 53
_READ_AGAIN = 64
"""Pictures that stay in memory: pairs of a person share them."""


@dataclass(frozen=True)
class PairData:
    """Pairs of pictures of one person.

    Args:
        table: folder of a table with pictures, OpenPose's 18 or 25 keypoints of each, and pairs; without pairs any two
            pictures of one origin are one, as of synthetic people (``poseloom data render --same-person``).
        images: folder of the table's pictures; the table itself where it is empty.
        height, width: of the generator's pictures, pixels.
        frame: what of a picture is taken: resize (all of it, stretched), crop (the middle), person (around the joints),
            pair (around the joints of both pictures, the same part of both).
        other_sizes: resize: pictures of another size are resized, with a note; refuse: they are an error. A frame
            around the person takes any size.
        flip: share of the training pairs that are mirrored.
        flip_apart: source and target are mirrored each by itself and joints keep their names, as published.
        epoch: pairs of an epoch, drawn at random; every pair once where it is 0.
        held_out: pairs that are measured between epochs.
        limit: most pairs that an evaluation measures, the first ones; all where it is 0.
    """

    stage_keys: ClassVar[tuple[str, ...]] = (
        "table",
        "images",
        "frame",
        "other_sizes",
        "flip",
        "flip_apart",
        "epoch",
        "held_out",
    )

    table: str = ""
    images: str = ""
    height: int = within(128, 8, 4096)
    width: int = within(64, 8, 4096)
    frame: Frame = "resize"
    other_sizes: Literal["resize", "refuse"] = "resize"
    flip: float = within(0.5, 0, 1)
    flip_apart: bool = False
    epoch: int = within(0, 0, 1_000_000_000)
    held_out: int = within(64, 1, 1_000_000)
    limit: int = within(0, 0, 1_000_000_000)

    @property
    def size(self) -> Size:
        """Height and width."""
        return self.height, self.width


@dataclass(frozen=True, eq=False)
class TransferBatch:
    """Pairs.

    Args:
        inputs: what a generator gets.
        target: the pictures that it should make, -1 to 1.
        target_mask: 1 where the target shows the person, as the training losses take it.
        source_names, target_names: names of the pictures.
        people: number of each person among those of the split's pairs, in the order of their names.
    """

    inputs: TransferInputs
    target: Picture
    target_mask: Float[Tensor, "batch 1 height width"]
    source_names: list[str]
    target_names: list[str]
    people: Int64[Tensor, " batch"]

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True, eq=False)
class PersonPicture:
    """A picture in the generator's frame.

    Args:
        picture: 0 to 1.
        keypoints: row and column, -1 where missing.
        name: of the file.
        person: number of the person, -1 where it does not matter.
    """

    picture: Float[Tensor, "3 height width"]
    keypoints: Float[Tensor, "18 2"]
    name: str
    person: int = -1


class PairPictures:
    """The pairs of a split as pictures, by place.

    Args:
        data: where they are and how they are framed.
        split: of the table.
        training: mirror some, and draw them at random where an epoch has a fixed length.
        seed: of what is drawn.

    Raises:
        FileError: the table has no such pairs, or its rows no keypoints.
    """

    def __init__(self, data: PairData, split: str, *, training: bool = False, seed: int = 0):
        if not data.table:
            raise PoseloomError("recipe: data.table is empty; name a table of pictures in pairs with --data.table")
        self.data, self.training, self.seed, self.epoch = data, training, seed, 0
        self.table = Table.open(data.table)
        self.images = Path(data.images or data.table)
        self.ends = _pairs_of(self.table, split, data.table)

    def set_epoch(self, epoch: int) -> None:
        """Draw others."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.data.epoch if self.training and self.data.epoch else len(self.ends)

    @property
    def people(self) -> int:
        """How many people the pairs show."""
        return len(self._numbers)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Of the people of the pairs, in the order of their names."""
        rows = np.unique(self.ends[:, 0])
        return {name: number for number, name in enumerate(sorted({self._name(int(row)) for row in rows}))}

    def _name(self, row: int) -> str:
        """Of the person of a row: the first part of the picture's name where the table has pairs, else the origin."""
        if len(self.table.pairs):
            return person_of(self.table.pictures([row]).paths[0])
        return str(self.table.column("file")[row])

    def __getitems__(self, places: Sequence[int]) -> list[tuple[PersonPicture, PersonPicture]]:
        return [self._pair(place) for place in places]

    def batch(self, pairs: Sequence[tuple[PersonPicture, PersonPicture]]) -> TransferBatch:
        """Pairs as one batch."""
        return batch_of(pairs, self.data.size)

    def batches(self, size: int, most: int = 0) -> Iterator[TransferBatch]:
        """The pairs in the table's order, `most` of them or all."""
        count = min(len(self), most or len(self))
        for first in range(0, count, size):
            yield self.batch(self.__getitems__(range(first, min(first + size, count))))

    def _pair(self, place: int) -> tuple[PersonPicture, PersonPicture]:
        if self.training and self.data.epoch:
            place = mix_numbers(self.seed, self.epoch, place, _PAIR) % len(self.ends)
        first, second = self._pictures(self.ends[place])
        if not self.training or not self.data.flip:
            return first, second
        flips = [self._chance(place, what) < self.data.flip for what in (_FLIP, _FLIP_TARGET)]
        if not self.data.flip_apart:
            flips[1] = flips[0]
        exchanged = not self.data.flip_apart
        return tuple(
            _mirrored(one, exchanged) if flip else one for one, flip in zip((first, second), flips, strict=True)
        )  # type: ignore[return-value]

    def _chance(self, place: int, what: int) -> float:
        return mix_numbers(self.seed, self.epoch, place, what) % _CHANCES / _CHANCES

    def _pictures(self, rows: Int64[Array, "2"]) -> tuple[PersonPicture, PersonPicture]:
        ends = [_row_of(self.table, int(row)) for row in rows]
        for row, (path, _) in zip(rows, ends, strict=True):
            if not path:
                raise FileError(self.table.path, f"row {row} has no picture", remedy="build the table with pictures")
        both = torch.cat([keypoints for _, keypoints in ends]) if self.data.frame == "pair" else None
        person = self._numbers[self._name(int(rows[0]))]
        made = []
        for path, keypoints in ends:
            picture = _read(self.images / path)
            self._check_size(picture, path)
            framed = framed_person(picture, keypoints, self.data.size, self.data.frame, path, both)
            made.append(replace(framed, person=person))
        return made[0], made[1]

    def _check_size(self, picture: Float[Tensor, "3 rows columns"], path: str) -> None:
        """Tell once that pictures of a size are resized, or refuse them; a frame around people takes any size."""
        size = (picture.shape[-2], picture.shape[-1])
        if self.data.frame in ("person", "pair") or size == self.data.size:
            return
        if self.data.other_sizes == "refuse":
            remedy = "resize the pictures, or set data.other_sizes resize"
            raise FileError(self.images / path, _other_size(size, self.data.size), remedy=remedy)
        _tell(self.images, size, self.data.size)


@cache
def _tell(images: Path, size: Size, own: Size) -> None:
    """Once for each folder and size, however often its pairs are read."""
    _LOG.warning("%s: a picture %s; pictures of this size are resized", images, _other_size(size, own))


def _other_size(size: Size, own: Size) -> str:
    return f"has {size[1]} x {size[0]} pixels, the generator {own[1]} x {own[0]}"


def framed_person(
    picture: Float[Tensor, "3 rows columns"],
    keypoints: Float[Tensor, "18 2"],
    size: Size,
    frame: Frame,
    name: str,
    around: Float[Tensor, "joints 2"] | None = None,
) -> PersonPicture:
    """A picture of 0 to 1 and its joints in the generator's frame, around these joints or others."""
    own = (picture.shape[-2], picture.shape[-1])
    matrix = frame_matrix(own, size, frame, keypoints if around is None else around)
    moved = hide_outside(framed_keypoints(keypoints, matrix), size)
    return PersonPicture(framed_picture(picture, matrix, size), moved, name)


def batch_of(pairs: Sequence[tuple[PersonPicture, PersonPicture]], size: Size) -> TransferBatch:
    """Framed pictures, sources before targets, as one batch."""
    source, target = (torch.stack([pair[end].picture for pair in pairs]) * 2 - 1 for end in (0, 1))
    source_points, target_points = (torch.stack([pair[end].keypoints for pair in pairs]) for end in (0, 1))
    names = [[pair[end].name for pair in pairs] for end in (0, 1)]
    inputs = TransferInputs(source, source_points, target_points)
    people = torch.tensor([second.person for _, second in pairs])
    return TransferBatch(inputs, target, training_mask(target_points, size), names[0], names[1], people)


def keypoints_with_gaps(points: Float[Tensor, "*batch 18 3"]) -> Float[Tensor, "*batch 18 2"]:
    """Row and column of x, y and confidence; -1 where nothing was seen."""
    there = points[..., 2:] > 0
    return torch.where(there, points[..., :2].flip(-1), torch.full_like(points[..., :2], MISSING))


def _pairs_of(table: Table, split: str, path: str) -> Int64[Array, "pairs 2"]:
    """The table's own pairs; where it has none, any two pictures of the same person, both ways."""
    splits, rows = _named_pairs(table) if len(table.pairs) else _people_pairs(table)
    for name in (split, _OTHER_SPLITS.get(split, split)):
        own = rows[splits == name]
        found = own[(own >= 0).all(1)]
        if len(found):
            return found
        if len(own):
            remedy = "put the pictures back and build the table again"
            raise FileError(path, f"has {len(own)} pairs in split {name!r}, all of missing pictures", remedy=remedy)
    known = ", ".join(sorted({str(one) for one in splits.tolist()})) or "none"
    remedy = f"its pairs are of the splits: {known}; name a table with pairs of pictures"
    raise FileError(path, f"has no pairs in split {split!r}", remedy=remedy)


def _named_pairs(table: Table) -> tuple[Shaped[Array, " pairs"], Int64[Array, "pairs 2"]]:
    rows = [np.asarray(table.pairs.column(name), dtype=np.int64) for name in ("row_a", "row_b")]
    return np.asarray(table.pairs.column("split")), np.stack(rows, axis=1)


def _people_pairs(table: Table) -> tuple[Shaped[Array, " pairs"], Int64[Array, "pairs 2"]]:
    """Pairs of rows of one origin, which is the person in tables of synthetic people; all of the split of its first
    row, so that nobody is in two splits. Where that is one split for all, every tenth person is held out."""
    people: dict[str, list[int]] = {}
    for row, person in enumerate(np.asarray(table.column("file")).tolist()):
        people.setdefault(str(person), []).append(row)
    splits = _with_held_out(
        [str(one) for one in np.asarray(table.column("split"))[[rows[0] for rows in people.values()]]]
    )
    pairs = [
        (split, pair) for split, rows in zip(splits, people.values(), strict=True) for pair in permutations(rows, 2)
    ]
    return np.array([split for split, _ in pairs]), np.array([pair for _, pair in pairs], np.int64).reshape(-1, 2)


def _with_held_out(splits: list[str]) -> list[str]:
    """Of people; a table of poses from one recording or of one's own has no other split than that for training."""
    if set(splits) != {TRAIN} or len(splits) < _HELD_OUT:
        return splits
    return [VAL if number % _HELD_OUT == _HELD_OUT - 1 else split for number, split in enumerate(splits)]


def _row_of(table: Table, row: int) -> tuple[str, Float[Tensor, "18 2"]]:
    points = torch.from_numpy(table.keypoints(CONVENTION, [row])[0])
    if not points[:, 2].any():  # tables of synthetic people have OpenPose's 25, which begin alike
        pairs = mapping(_LARGER, CONVENTION)
        larger = torch.from_numpy(table.keypoints(_LARGER, [row])[0])
        points[list(pairs.target)] = larger[list(pairs.source)]
    return table.pictures([row]).paths[0], keypoints_with_gaps(points)


@lru_cache(maxsize=_READ_AGAIN)
def _read(path: Path) -> Float[Tensor, "3 height width"]:
    return read_picture(path)


def _mirrored(person: PersonPicture, exchanged: bool) -> PersonPicture:
    width = person.picture.shape[-1]
    points = mirrored_keypoints(person.keypoints[None], width, exchanged=exchanged)[0]
    return replace(person, picture=person.picture.flip(-1), keypoints=points)
