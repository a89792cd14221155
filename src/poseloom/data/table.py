"""`Table`: millions of poses with texts and pairs on disk, read through memory maps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from numpy import ndarray as Array

from poseloom.base.errors import PoseloomError
from poseloom.data.arrow import pa
from poseloom.data.build import manifest_of
from poseloom.data.integrity import damage
from poseloom.data.manifest import PartKind
from poseloom.data.pairs import Pairs
from poseloom.data.picture_columns import Cameras, Pictures
from poseloom.data.schema import NOWHERE, ROWS_SCHEMA, Layout, Origin, Row, Text
from poseloom.data.shards import RowShard, TextShard
from poseloom.pose import Pose
from poseloom.pose.keypoints import names

Rows = Sequence[int] | range | slice | Int64[Array, " n"] | None
"""Which rows: their numbers, or all of them."""


class Table:
    """A table of poses.

    Rows are numbered from 0 in the order in which they were added, and a number never changes. Opening reads the
    manifest alone; shards are mapped when they are first used. Tables can be pickled: the copy opens the folder again.

    Raises:
        FileError: the folder holds no table, an unfinished one, or one of an unknown version.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self.manifest = manifest_of(self.path)
        folders, counts = [], []
        for part in self.manifest.of_kind(PartKind.ROWS):
            for shard in part.shards:
                if shard.rows:
                    folders.append(f"{part.name}/{shard.name}")
                    counts.append(shard.rows)
        self._names, self._counts = folders, counts
        self._starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
        self._first: list[int] = self._starts.tolist()
        self.pairs = Pairs(self.path, self.manifest, len(self))
        self.release()

    @classmethod
    def open(cls, path: str | Path) -> Table:
        """The table in a folder; see the class."""
        return cls(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return Table, (self.path,)

    def __len__(self) -> int:
        return self._first[-1]

    def __repr__(self) -> str:
        return f"Table({str(self.path)!r}, rows={len(self):,}, joints={self.layout.joints}, pairs={len(self.pairs):,})"

    @property
    def layout(self) -> Layout:
        """What the numbers of all rows look like."""
        return self.manifest.layout

    # -- one row ---------------------------------------------------------------------------------------------------

    def row(self, number: int) -> Row:
        """Everything about one row.

        Raises:
            IndexError: there is no such row.
        """
        shard, index = self._locate(number)
        one = self._shards[shard]
        return Row(
            number=int(number),
            id=one.ids[index],
            origin=Origin(one.data_sets[index], one.files[index], one.frames[index]),
            split=one.splits[index],
            joints=one.joints[index],
            pose=one.pose(index),
            texts=self._texts_at(shard, index),
            images=one.images(index),
            keypoints=one.keypoints(index),
            camera=one.camera(index),
        )

    __getitem__ = row

    def __iter__(self) -> Iterator[Row]:
        return (self.row(number) for number in range(len(self)))

    def pose(self, number: int) -> Pose:
        """The pose of one row, without batch axes.

        Raises:
            PoseloomError: the row has none.
        """
        shard, index = self._locate(number)
        found = self._shards[shard].pose(index)
        if found is None:
            raise self._without_pose(number)
        return found

    def id(self, number: int) -> str:
        """The id of one row."""
        shard, index = self._locate(number)
        return self._shards[shard].ids[index]

    def split(self, number: int) -> str:
        """The split of one row."""
        shard, index = self._locate(number)
        return self._shards[shard].splits[index]

    def texts(self, number: int) -> tuple[Text, ...]:
        """The texts of one row: its own, then those that were added, in the order of their builds."""
        return self._texts_at(*self._locate(number))

    def text_count(self, number: int) -> int:
        """How many texts a row has."""
        shard, index = self._locate(number)
        columns = [self._shards[shard].texts, *(added.texts for added in self._added[shard])]
        return sum(column.count(index) for column in columns)

    def words(self, number: int, which: int) -> str:
        """The words alone of the text `which` of a row, counted from 0."""
        shard, index = self._locate(number)
        place = which
        for column in (self._shards[shard].texts, *(added.texts for added in self._added[shard])):
            if place < column.count(index):
                return column.words(index, place)
            place -= column.count(index)
        raise IndexError(f"row {number} has no text {which}")

    # -- many rows -------------------------------------------------------------------------------------------------

    def poses(self, rows: Rows = None) -> Pose:
        """The poses of rows, with one leading axis, in the given order.

        Raises:
            IndexError: there is no such row.
            PoseloomError: a row has no pose; see `posed`.
        """
        numbers = self.numbers(rows)
        there = self._has_pose(numbers)
        if not there.all() or not self.layout.joints:
            raise self._without_pose(*numbers[~there].tolist())
        return self._as_pose({name: self._gather(name, numbers) for name in self.layout.arrays()})

    def posed(self, rows: Rows = None) -> Int64[Array, " posed"]:
        """The numbers of those rows that have a pose, in the given order; rows of pictures may have none."""
        numbers = self.numbers(rows)
        return numbers[self._has_pose(numbers)]

    def array(self, name: str, rows: Rows = None) -> Float32[Array, "n ..."]:
        """The numbers called `name` (rotations, translation, shape, face) of rows, in the given order.

        Rows without a pose hold zeros; see `posed`.
        """
        if name not in self.layout.arrays():
            raise PoseloomError(f"{self.path}: the rows have no {name}; they have {', '.join(self.layout.arrays())}")
        return self._gather(name, self.numbers(rows))

    def keypoints(self, convention: str, rows: Rows = None, *, dimensions: int = 2) -> Float32[Array, "n points d"]:
        """Keypoints of rows with their confidence as last number; zeros for rows that have none of this convention.

        Args:
            convention: see `poseloom.pose.keypoints`; a row's first keypoints of it are taken.
            rows: which; all by default.
            dimensions: 2 for x, y in pixels, 3 for x, y, z in metres.

        Raises:
            PoseloomError: there is no such convention.
        """
        shape = (len(names(convention)), dimensions + 1)
        return self._by_shard(self.numbers(rows), shape, lambda shard: shard.keypoints_array(convention, dimensions))

    def conventions(self) -> set[tuple[str, int]]:
        """Conventions of the rows' keypoints, each with how many coordinates its points have, 2 or 3."""
        return {found for shard in self._shards for found in shard.conventions}

    def pictures(self, rows: Rows = None) -> Pictures:
        """Path, size, box and crop of the first picture of rows."""
        numbers = self.numbers(rows)
        located = [self._locate(number) for number in numbers.tolist()]
        return Pictures(
            paths=[self._shards[shard].pictures.paths[index] for shard, index in located],
            size=self._by_shard(numbers, (2,), lambda shard: shard.pictures.size, np.int64),
            box=self._by_shard(numbers, (4,), lambda shard: shard.pictures.box),
            crop=self._by_shard(numbers, (2, 3), lambda shard: shard.pictures.crop),
        )

    def cameras(self, rows: Rows = None) -> Cameras:
        """The cameras of rows as arrays."""
        numbers = self.numbers(rows)
        return Cameras(
            intrinsics=self._by_shard(numbers, (3, 3), lambda shard: shard.cameras.intrinsics),
            rotation=self._by_shard(numbers, (3, 3), lambda shard: shard.cameras.rotation),
            translation=self._by_shard(numbers, (3,), lambda shard: shard.cameras.translation),
            known=self._by_shard(numbers, (), lambda shard: shard.cameras.known, np.bool_),
        )

    def numbers(self, rows: Rows = None) -> Int64[Array, " n"]:
        """Row numbers as an array, checked.

        Raises:
            IndexError: there is no such row.
        """
        if rows is None or isinstance(rows, slice):
            return np.arange(len(self), dtype=np.int64)[rows or slice(None)]
        numbers = np.asarray(rows, dtype=np.int64).reshape(-1)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            wrong = numbers.min() if numbers.min() < 0 else numbers.max()
            raise IndexError(f"row {wrong} is out of range; {self.path} has {len(self)} rows")
        return numbers

    def column(self, name: str, shards: Collection[str] | None = None) -> Any:
        """A column of the records (id, data_set, file, frame, split, joints) as a pyarrow chunked array.

        Args:
            name: what the column is called.
            shards: only those, by name; all by default.
        """
        used = zip(self._names, self._shards, strict=True)
        chunks = [shard.records.column(name) for folder, shard in used if shards is None or folder in shards]
        return pa.chunked_array(chunks, ROWS_SCHEMA.field(name).type)

    def rows_of(self, split: str) -> Int64[Array, " n"]:
        """The numbers of the rows of a split."""
        return np.flatnonzero(pa.compute.equal(self.column("split"), split).to_numpy())

    def numbers_of(self, ids: Sequence[str]) -> Int64[Array, " n"]:
        """The row number of each id, `NOWHERE` where there is no such row."""
        place = self._place
        return np.array([place.get(one, NOWHERE) for one in ids], dtype=np.int64)

    def row_sets(self, rows: Rows = None) -> list[str]:
        """The data set of rows."""
        located = [self._locate(number) for number in self.numbers(rows).tolist()]
        return [self._shards[shard].data_sets[index] for shard, index in located]

    def places(self, rows: Rows = None) -> Int64[Array, " n"]:
        """The frame of rows: of pictures, the place in their annotation file."""
        located = [self._locate(number) for number in self.numbers(rows).tolist()]
        return np.array([self._shards[shard].frames[index] for shard, index in located], dtype=np.int64)

    def batches(self, size: int, rows: Rows = None) -> Iterator[tuple[Int64[Array, " n"], Pose]]:
        """Numbers and poses of rows, `size` at a time. Rows without a pose are passed over."""
        numbers = self.posed(rows)
        for first in range(0, len(numbers), size):
            part = numbers[first : first + size]
            yield part, self.poses(part)

    # -- shards ----------------------------------------------------------------------------------------------------

    def shard_names(self) -> list[str]:
        """The shards of rows, as ``PART/SHARD``, in the order of their rows."""
        return list(self._names)

    def rows_in_shard(self, name: str) -> range:
        """The numbers of the rows of a shard."""
        place = self._names.index(name)
        return range(self._first[place], self._first[place + 1])

    def text_columns(self, shard: str) -> list[Any]:
        """The lists of texts of a shard's rows as Arrow columns: their own, then those that were added."""
        place = self._names.index(shard)
        own = self._shards[place].records.column("texts")
        return [own, *(one.records.column("texts") for one in self._added[place])]

    def release(self) -> None:
        """Let go of the maps of all shards; they are made again when they are needed.

        Whoever reads a whole large table calls it now and then: what is mapped counts as the process's memory.
        """
        folder = self.path / PartKind.ROWS.value
        named = zip(self._names, self._counts, strict=True)
        self._shards = [RowShard(folder / name, rows, self.layout) for name, rows in named]
        self._added = self._added_texts()

    def intact_shards(self, checksums: bool = False) -> list[str]:
        """The shards of rows that are whole, with their texts: by their files' sizes, or by their checksums."""
        rows = f"{PartKind.ROWS.value}/"
        wrong = {
            f"{one.part.removeprefix(rows)}/{one.shard}" if one.part.startswith(rows) else one.shard
            for one in damage(self.path, self.manifest, checksums)
        }
        return [name for name in self._names if name not in wrong]

    def intact_rows(self, checksums: bool = False) -> Int64[Array, " n"]:
        """The numbers of the rows in `intact_shards`."""
        whole = [np.arange(rows.start, rows.stop) for rows in map(self.rows_in_shard, self.intact_shards(checksums))]
        return np.concatenate([np.zeros(0, dtype=np.int64), *whole])

    # -- inside ----------------------------------------------------------------------------------------------------

    def _locate(self, number: int) -> tuple[int, int]:
        if not 0 <= number < self._first[-1]:
            raise IndexError(f"row {number} is out of range; {self.path} has {len(self)} rows")
        shard = bisect_right(self._first, number) - 1
        return shard, number - self._first[shard]

    def _has_pose(self, numbers: Int64[Array, " n"]) -> Bool[Array, " n"]:
        shards = np.unique(np.searchsorted(self._starts, numbers, side="right") - 1).tolist()
        if all(self._shards[shard].all_posed for shard in shards):
            return np.ones(len(numbers), dtype=bool)
        found: Bool[Array, " n"] = self._by_shard(numbers, (), lambda shard: shard.posed, np.bool_)
        return found

    def _without_pose(self, *rows: int) -> PoseloomError:
        which = f"row {rows[0]} has no pose" if len(rows) == 1 else f"{len(rows)} rows have no pose"
        return PoseloomError(f"{self.path}: {which}; Table.posed() tells the rows that have one")

    def _texts_at(self, shard: int, index: int) -> tuple[Text, ...]:
        found = self._shards[shard].texts[index]
        for added in self._added[shard]:
            found += added.texts[index]
        return found

    def _gather(self, name: str, numbers: Int64[Array, " n"]) -> Float32[Array, "n ..."]:
        return self._by_shard(numbers, self.layout.arrays()[name], lambda shard: shard.array(name))

    def _by_shard(
        self,
        numbers: Int64[Array, " n"],
        shape: tuple[int, ...],
        array: Callable[[RowShard], Any],
        kind: Any = np.float32,
    ) -> Any:
        """Values of rows out of an array that each shard has."""
        shards = np.searchsorted(self._starts, numbers, side="right") - 1
        for shard in np.unique(shards).tolist():
            array(self._shards[shard])  # is as large as the manifest says, before room is made for it
        found = np.empty((len(numbers), *shape), dtype=kind)
        order = np.argsort(shards, kind="stable")
        edges = np.flatnonzero(np.diff(shards[order], prepend=-1, append=-1))
        for first, last in pairwise(edges):
            places = order[first:last]
            shard = shards[places[0]]
            found[places] = array(self._shards[shard])[numbers[places] - self._first[shard]]
        return found

    def _as_pose(self, arrays: dict[str, Any]) -> Pose:
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return Pose(**tensors, shape_model=self.layout.shape_model if "shape" in tensors else "")

    def _added_texts(self) -> list[list[TextShard]]:
        """For each shard of rows the shards of texts that were added to it."""
        found: list[list[TextShard]] = [[] for _ in self._names]
        place = {name: index for index, name in enumerate(self._names)}
        for part in self.manifest.of_kind(PartKind.TEXTS):
            for shard in part.shards:
                if shard.name in place:
                    index = place[shard.name]
                    found[index].append(TextShard(self.path / part.folder / shard.name, self._counts[index]))
        return found

    @cached_property
    def _place(self) -> dict[str, int]:
        ids = (one for shard in self._shards for one in shard.records.column("id").to_pylist())
        return {one: number for number, one in enumerate(ids)}
