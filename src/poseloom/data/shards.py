"""One shard: its files written from typed rows, and read back through memory maps."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32
from numpy import ndarray as Array

from poseloom.base.errors import PoseloomError
from poseloom.data.arrow import damaged, read_array, read_ipc, write_array, write_ipc
from poseloom.data.columns import Names, Strings, TextColumn
from poseloom.data.picture_columns import Cameras, Pictures, cameras_of, conventions_of, keypoints_array, pictures_of
from poseloom.data.schema import (
    NOWHERE,
    PAIRS_SCHEMA,
    ROWS_SCHEMA,
    ROWS_SCHEMA_1,
    TEXTS_SCHEMA,
    Camera,
    Image,
    Keypoints,
    Layout,
    Pair,
    RowBlock,
    Text,
    pairs_to_arrow,
    rows_to_arrow,
    texts_to_arrow,
    upgraded_rows,
)
from poseloom.pose import Pose
from poseloom.pose.keypoints import names

ROWS_FILE, TEXTS_FILE, PAIRS_FILE = "rows.arrow", "texts.arrow", "pairs.arrow"
_NO_NUMBERS = {"rotations": None, "translation": None, "shape": None, "face": None}


def write_rows(folder: Path, block: RowBlock, layout: Layout) -> None:
    """Write a shard of rows; joints that the rows lack are zero.

    Raises:
        PoseloomError: the rows do not have the numbers that the layout names.
    """
    if len(block) == 0:
        return
    write_ipc(folder / ROWS_FILE, rows_to_arrow(block))
    for name, array in numbers_of(block, layout).items():
        write_array(folder / f"{name}.npy", array)


def numbers_of(block: RowBlock, layout: Layout) -> dict[str, Float32[Array, "rows ..."]]:
    """The arrays of a block, in the table's layout; zeros for rows without poses."""
    if block.pose is None:
        return {name: np.zeros((len(block), *shape), np.float32) for name, shape in layout.arrays().items()}
    if not layout.joints:
        raise PoseloomError("rows with poses do not fit a table of pictures without poses; leave RowBlock.pose out")
    pose = block.pose.with_hands() if layout.joints > block.pose.joints else block.pose
    if pose.joints != layout.joints:
        raise PoseloomError(f"rows of {pose.joints} joints do not fit a table of {layout.joints}; call body() first")
    found = {}
    for name, shape in layout.arrays().items():
        tensor = getattr(pose, name)
        if tensor is None or tuple(tensor.shape[1:]) != shape:
            got = "none" if tensor is None else tuple(tensor.shape[1:])
            raise PoseloomError(f"{name}: the table holds {shape} numbers a row, the rows have {got}")
        found[name] = tensor.detach().cpu().numpy().astype(np.float32)
    return found


def write_texts(folder: Path, texts: list[list[Text]]) -> None:
    """Write texts that belong to the rows of another shard, in its order."""
    write_ipc(folder / TEXTS_FILE, texts_to_arrow(texts))


def write_pairs(folder: Path, pairs: list[Pair]) -> None:
    """Write a shard of pairs; nothing where there are none."""
    if pairs:
        write_ipc(folder / PAIRS_FILE, pairs_to_arrow(pairs))


def read_records(folder: Path, rows: int | None = None) -> Any:
    """The Arrow batch of a shard's rows, in the present schema.

    Raises:
        FileError: missing, damaged, or of unknown columns.
    """
    return upgraded_rows(read_ipc(folder / ROWS_FILE, ROWS_SCHEMA, ROWS_SCHEMA_1, rows=rows))


class RowShard:
    """The rows of one shard. Files are mapped when they are first used."""

    def __init__(self, folder: Path, rows: int, layout: Layout):
        self.folder = folder
        self._rows = rows
        self._shapes = layout.arrays()
        self._shape_model = layout.shape_model
        self._arrays: dict[str, Float32[Array, "rows ..."]] = {}
        self._keypoints: dict[tuple[str, int], Float32[Array, "rows points d"]] = {}

    @cached_property
    def records(self) -> Any:
        """The Arrow batch of everything but numbers."""
        return read_records(self.folder, self._rows)

    def array(self, name: str) -> Float32[Array, "rows ..."]:
        """The numbers of that name, read-only."""
        if name not in self._arrays:
            self._arrays[name] = read_array(self.folder / f"{name}.npy", (self._rows, *self._shapes[name]))
        return self._arrays[name]

    @cached_property
    def posed(self) -> Bool[Array, " rows"]:
        """Which rows have a pose."""
        found: Bool[Array, " rows"] = self.records.column("joints").to_numpy() > 0
        return found

    @cached_property
    def all_posed(self) -> bool:
        """Whether every row has a pose."""
        return bool(self.posed.all())

    def pose(self, index: int) -> Pose | None:
        """The pose of one row, without batch axes; None where it has none.

        `Pose` checks what it is given, which for a single row takes longer than reading it: here a shard is checked
        once, as a whole.
        """
        if not self.joints[index]:
            return None
        numbers = {name: torch.from_numpy(self.array(name)[index].copy()) for name in self._shapes}
        shape_model = self._shape_model if "shape" in numbers else ""
        if not self._finite:
            return Pose(**numbers, shape_model=shape_model)
        pose = object.__new__(Pose)
        pose.__dict__.update(_NO_NUMBERS, shape_model=shape_model, **numbers)
        return pose

    @cached_property
    def _finite(self) -> bool:
        return all(bool(np.isfinite(self.array(name)).all()) for name in self._shapes)

    @cached_property
    def ids(self) -> Strings:
        return Strings(self.records.column("id"))

    @cached_property
    def splits(self) -> Names:
        return Names(self.records.column("split"))

    @cached_property
    def data_sets(self) -> Names:
        return Names(self.records.column("data_set"))

    @cached_property
    def files(self) -> Names:
        return Names(self.records.column("file"))

    @cached_property
    def frames(self) -> memoryview:
        return memoryview(self.records.column("frame").to_numpy())

    @cached_property
    def joints(self) -> memoryview:
        return memoryview(self.records.column("joints").to_numpy())

    @cached_property
    def texts(self) -> TextColumn:
        return TextColumn(self.records.column("texts"))

    @cached_property
    def _has_extras(self) -> dict[str, bool]:
        lists = {name: len(self.records.column(name).flatten()) > 0 for name in ("images", "keypoints")}
        camera = self.records.column("camera")
        return {**lists, "camera": camera.null_count < len(camera)}

    def images(self, index: int) -> tuple[Image, ...]:
        if not self._has_extras["images"]:
            return ()
        return tuple(Image(**_tuples(one)) for one in self.records.column("images")[index].as_py())

    def keypoints(self, index: int) -> tuple[Keypoints, ...]:
        if not self._has_extras["keypoints"]:
            return ()
        return tuple(Keypoints(**_tuples(one)) for one in self.records.column("keypoints")[index].as_py())

    @cached_property
    def conventions(self) -> frozenset[tuple[str, int]]:
        """Of the keypoints of all rows: convention, and how many coordinates a point has."""
        return conventions_of(self.records.column("keypoints"))

    @cached_property
    def pictures(self) -> Pictures:
        """The first picture of every row."""
        return pictures_of(self.records.column("images"))

    @cached_property
    def cameras(self) -> Cameras:
        """The cameras of all rows."""
        return cameras_of(self.records.column("camera"))

    def keypoints_array(self, convention: str, dimensions: int) -> Float32[Array, "rows points d"]:
        """The keypoints of a convention of all rows, with their confidence."""
        key = (convention, dimensions)
        if key not in self._keypoints:
            count = len(names(convention))
            self._keypoints[key] = keypoints_array(self.records.column("keypoints"), convention, count, dimensions)
        return self._keypoints[key]

    def camera(self, index: int) -> Camera | None:
        if not self._has_extras["camera"]:
            return None
        found = self.records.column("camera")[index].as_py()
        return None if found is None else Camera(**_tuples(found))


class TextShard:
    """Texts that were added to the rows of a shard."""

    def __init__(self, folder: Path, rows: int):
        self.folder = folder
        self._rows = rows

    @cached_property
    def records(self) -> Any:
        return read_ipc(self.folder / TEXTS_FILE, TEXTS_SCHEMA, rows=self._rows)

    @cached_property
    def texts(self) -> TextColumn:
        return TextColumn(self.records.column("texts"))


class PairShard:
    """The pairs of one shard."""

    def __init__(self, folder: Path, pairs: int, rows: int):
        self.folder = folder
        self._pairs, self._rows = pairs, rows

    @cached_property
    def records(self) -> Any:
        path = self.folder / PAIRS_FILE
        found = read_ipc(path, PAIRS_SCHEMA, rows=self._pairs)
        for name in ("row_a", "row_b"):
            ends = found.column(name).to_numpy()
            if len(ends) and not NOWHERE <= ends.min() <= ends.max() < self._rows:
                raise damaged(path, f"{name} names rows that the table does not have")
        return found

    @cached_property
    def texts(self) -> TextColumn:
        return TextColumn(self.records.column("texts"))

    @cached_property
    def _plain(self) -> dict[str, list[Any]]:
        return {name: self.records.column(name).to_pylist() for name in PAIRS_SCHEMA.names if name != "texts"}

    def pair(self, index: int, number: int) -> Pair:
        """One pair, typed."""
        values = {name: column[index] for name, column in self._plain.items()}
        return Pair(number=number, **values, texts=self.texts[index])


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
