"""Rows of a table that have a picture and a pose, with their texts, as items for the frozen encoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Int64
from numpy import ndarray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import within
from poseloom.base.streams import mix_numbers
from poseloom.data.schema import TextKind
from poseloom.data.table import Table
from poseloom.data.text_views import TextChoice
from poseloom.language import describe
from poseloom.tasks.embedding.encoders.frozen import FrozenEncoder, Item, PictureItem, PoseItem, TextItem
from poseloom.tasks.embedding.features import KeptFeatures, Report
from poseloom.tasks.embedding.modalities import IMAGE, MODALITIES, POSE, TEXT, Subset, subset_of

_BY_RULE = ("paragraph", "paragraph", "short")
"""Styles of the texts by rule of a row whose table has none: three, as BEDLAM-Script has."""


@dataclass(frozen=True)
class EmbeddingData:
    """A table of people in pictures, with poses and descriptions.

    Args:
        table: its folder; 'poseloom data render' and 'poseloom data prepare bedlam' make such tables.
        pictures: folder that the paths of its pictures begin in; that of the table where it is empty.
        texts: kinds of texts that count: human, automatic, paraphrase, label.
        sources: only texts of these sources; all where it is empty.
        features: folder in which frozen features are kept for all later runs; for this run alone where it is empty.
        modalities: which of image, pose and text are learned.
        held_out: rows of a split that are measured, at most; the first ones.
    """

    stage_keys: ClassVar[tuple[str, ...]] = ("table", "pictures", "texts", "sources")

    table: str = ""
    pictures: str = ""
    texts: list[str] = field(default_factory=lambda: [TextKind.HUMAN.value, TextKind.AUTOMATIC.value])
    sources: list[str] = field(default_factory=list)
    features: str = ""
    modalities: list[str] = field(default_factory=lambda: list(MODALITIES))
    held_out: int = within(10_000, 2, 10_000_000)

    @property
    def subset(self) -> Subset:
        """The modalities in their order.

        Raises:
            PoseloomError: an unknown one, or fewer than two.
        """
        found = subset_of(self.modalities)
        if len(found) < 2:
            raise PoseloomError(f"recipe: data.modalities: expected two or three, got {', '.join(found)}")
        return found


def table_of(data: EmbeddingData) -> Table:
    """The table that is named.

    Raises:
        PoseloomError: none is, or it is missing.
    """
    if not data.table:
        raise PoseloomError("recipe: data.table is empty; name a table of people in pictures: --data.table DIR")
    if not Path(data.table).is_dir():
        raise FileError(data.table, "is missing", remedy="'poseloom data render' makes a table with pictures")
    return Table(data.table)


class PeopleRows:
    """The rows of a split that have a picture and a pose.

    Args:
        data: the table.
        split: train, val or test.
        limit: the first so many; all by default.

    Raises:
        PoseloomError: no table is named, or it has no such row.
    """

    def __init__(self, data: EmbeddingData, split: str, limit: int | None = None):
        self.table, self.folder = table_of(data), Path(data.pictures or data.table)
        pictured = rows_with(self.table, IMAGE, self.table.posed(self.table.rows_of(split)))[:limit]
        if not len(pictured):
            raise PoseloomError(f"{data.table}: split {split!r} has no rows with a picture and a pose")
        self.rows: Int64[ndarray, " n"] = pictured
        columns = (self.table.text_columns(name) for name in self.table.shard_names())
        self._choice = TextChoice(columns, data.texts, data.sources or None)
        self._told = set(self._choice.having.tolist())
        self._by_rule: dict[int, list[str]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def pictures(self) -> list[Item]:
        """The person in each picture."""
        return [one for (one,) in items_of(self.table, self.rows, IMAGE, self.folder)]

    def poses(self) -> list[Item]:
        """Each pose without heading."""
        return [one for (one,) in items_of(self.table, self.rows, POSE)]

    def texts(self) -> list[list[str]]:
        """All texts of each row; by rule where the table has none."""
        lacking = [row for row in self.rows.tolist() if row not in self._told and row not in self._by_rule]
        if lacking:
            self._by_rule |= dict(zip(lacking, texts_by_rule(self.table, lacking), strict=True))
        return [self._texts_of(row) for row in self.rows.tolist()]

    def _texts_of(self, row: int) -> list[str]:
        if row not in self._told:
            return self._by_rule[row]
        places = range(self._choice.count(row))
        return [self.table.words(row, self._choice.place(row, which)) for which in places]


@dataclass(frozen=True, eq=False)
class FeatureBatch:
    """Frozen features of a batch.

    Args:
        features: modality -> (batch, width), or (batch, tokens, width) of pictures.
        rows: numbers of the rows in the table.
    """

    features: Mapping[str, Tensor]
    rows: Tensor


class RowFeatures:
    """Frozen features of rows, by place; rows in whose picture nobody is found are left out.

    Args:
        rows: the rows.
        encoders: modality -> frozen encoder.
        folder: where features are kept; for this object alone if None.
        seed: draws one of several texts, from seed, epoch and row alone.
        report: is told (done, of) of each modality.

    Raises:
        PoseloomError: nobody is found in any picture.
    """

    def __init__(
        self,
        rows: PeopleRows,
        encoders: Mapping[str, FrozenEncoder],
        folder: str | Path | None = None,
        seed: int = 0,
        report: Report | None = None,
    ):
        self.seed, self.epoch = seed, 0
        self._kept = {one: KeptFeatures(encoder, folder) for one, encoder in encoders.items()}
        self._keys: dict[str, list[list[str]]] = {}
        for one, kept in self._kept.items():
            items = _items(rows, one)
            flat = kept.fill([item for row in items for item in row], report)
            place = iter(flat)
            self._keys[one] = [[next(place) for _ in row] for row in items]
        there = [self._all_there(place) for place in range(len(rows))]
        self.places = np.flatnonzero(there)
        self.numbers = rows.rows[self.places]
        self.without_person = len(rows) - len(self.places)
        if not len(self.places):
            raise PoseloomError(f"nobody is found in any of {len(rows)} pictures; name tables whose rows have boxes")

    def _all_there(self, place: int) -> bool:
        return all(kept.found(self._keys[one][place][0]) for one, kept in self._kept.items())

    def __len__(self) -> int:
        return len(self.places)

    def set_epoch(self, epoch: int) -> None:
        """Draw other texts."""
        self.epoch = epoch

    def __getitems__(self, places: Sequence[int]) -> FeatureBatch:
        """A training batch, with one of each row's texts drawn."""
        return self.batch(places, None)

    def batch(self, places: Sequence[int], which: int | None) -> FeatureBatch:
        """Features of rows by place.

        Args:
            places: among the rows with a person.
            which: text to take, over again where there are fewer; -1 takes another one for each row, as published in
                validation; None draws.
        """
        found = {}
        for one, kept in self._kept.items():
            keys = [self._chosen(self._keys[one][int(self.places[place])], int(place), which) for place in places]
            found[one] = kept.batch(keys)
        return FeatureBatch(found, torch.from_numpy(self.numbers[np.asarray(places)]))

    def _chosen(self, keys: list[str], place: int, which: int | None) -> str:
        if len(keys) == 1:
            return keys[0]
        if which is None:
            return keys[mix_numbers(self.seed, self.epoch, int(self.numbers[place])) % len(keys)]
        return keys[(place if which < 0 else which) % len(keys)]


def rows_with(table: Table, modality: str, rows: Int64[ndarray, " n"] | None = None) -> Int64[ndarray, " m"]:
    """Those of some rows, or of all, that have a modality; whoever has a pose can be described."""
    chosen = np.arange(len(table)) if rows is None else rows
    if modality == IMAGE:
        return chosen[np.array([bool(path) for path in table.pictures(chosen).paths], bool)]
    posed = table.posed(chosen)
    if modality == POSE:
        return posed
    described = [row for row in chosen.tolist() if table.text_count(row)]
    return np.union1d(posed, np.array(described, np.int64))


def items_of(
    table: Table, rows: Int64[ndarray, " n"], modality: str, folder: Path = Path()
) -> Sequence[Sequence[Item]]:
    """All items of each row: one picture, one pose, several texts, which are written by rule where there is none.

    Args:
        table: that holds them.
        rows: those that have the modality.
        modality: image, pose or text.
        folder: that the paths of pictures begin in.
    """
    if modality == POSE:
        return [[PoseItem(one)] for one in table.poses(rows).without_heading().rotations]
    if modality == IMAGE:
        pictures = table.pictures(rows)
        pairs = zip(pictures.paths, pictures.box, strict=True)
        return [[picture_item(folder / path, box)] for path, box in pairs]
    lacking = [row for row in rows.tolist() if not table.text_count(row)]
    by_rule = dict(zip(lacking, texts_by_rule(table, lacking), strict=True)) if lacking else {}
    told = [by_rule[row] if row in by_rule else [one.text for one in table.texts(row)] for row in rows.tolist()]
    return [[TextItem(text) for text in texts] for texts in told]


def texts_by_rule(table: Table, rows: Sequence[int]) -> list[list[str]]:
    """Descriptions of the poses of rows, each in other words."""
    poses = table.poses(np.asarray(rows))
    written = [list(describe(poses, seed=seed, style=style)) for seed, style in enumerate(_BY_RULE)]
    return [list(texts) for texts in zip(*written, strict=True)]


def _items(rows: PeopleRows, modality: str) -> list[list[Item]]:
    """All items of each row: one picture, one pose, several texts."""
    if modality == TEXT:
        return [[TextItem(text) for text in texts] for texts in rows.texts()]
    made = {IMAGE: rows.pictures, POSE: rows.poses}[modality]()
    return [[one] for one in made]


def picture_item(path: Path, box: ndarray) -> PictureItem:
    """A table's picture, with its box where the table has one."""
    x, y, width, height = (float(value) for value in box)
    return PictureItem(path, (x, y, width, height) if width > 0 and height > 0 else None)


def as_it_is(batch: Any) -> Any:
    """What a view gives is a batch already."""
    return batch
