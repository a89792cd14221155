"""Indexes of one space of pictures, poses and texts: built over a table, and asked with any mixture of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy.typing import NDArray

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.checkpoints.space_changes import can_change, changed_question
from poseloom.pose.types import Pose
from poseloom.search.rows import Block
from poseloom.search.tables import NamedRows, TableRows, names_of
from poseloom.tasks.embedding.features import KeptFeatures, in_parts
from poseloom.tasks.embedding.modalities import IMAGE, MODALITIES, POSE, check_seen, subset_of
from poseloom.tasks.embedding.predict import LEARNED
from poseloom.tasks.embedding.rows import items_of, rows_with

if TYPE_CHECKING:
    from poseloom.data.table import Table
    from poseloom.results.found import Found
    from poseloom.search.build import Built, Progress
    from poseloom.search.index import Filters, Index
    from poseloom.tasks.embedding.predict import ModalitySpace

PICTURE, BOX = "picture", "box"
"""Columns of metadata: where a row's picture lies, and where the person is in it, as x, y, width, height."""
SMALLEST = 32.0
"""Pixels of the longer side of a person's box: of 35 people in smaller ones one was among the ten that their own pose
found in 803 pictures (half stood behind 400 others); of larger ones, half were."""
_BETWEEN = "/"
_AT_ONCE = 256


@dataclass(frozen=True)
class SpaceEmbedder:
    """Says by its name what made an index's vectors: the very weights of a space, and the modality of the rows."""

    space: ModalitySpace
    modality: str

    @property
    def name(self) -> str:
        return f"{self.space.name}{_BETWEEN}{self.modality}"

    @property
    def dimensions(self) -> int:
        return self.space.dimensions

    def __call__(self, pose: Pose) -> Float[np.ndarray, "rows dimensions"]:
        """What is compared with the rows where poses are asked with."""
        found: NDArray[np.float32] = self.space.embed(pose=pose, target=self.modality).vectors.numpy()
        return found


class SpaceRows:
    """The rows of a table that have a modality, with their vectors, as an index takes them.

    Args:
        table: the table.
        space: makes the vectors.
        modality: image, pose or text, which is what is found.
        pictures: folder that the paths of its pictures begin in; that of the table if None.
        features: folder in which frozen features are kept for other times; for this one alone if None.
        progress: is told (done, of) of the rows.

    Raises:
        PoseloomError: no row has it, the space never saw it, or nobody is found in any picture, or large enough.
    """

    def __init__(
        self,
        table: Table,
        space: ModalitySpace,
        modality: str,
        pictures: str | Path | None = None,
        features: str | Path | None = None,
        progress: Progress | None = None,
    ):
        check_seen([modality], space.seen)
        self._table, self._inner = table, TableRows(table)
        self.folder = Path(pictures or table.path).resolve()
        rows = rows_with(table, modality)
        if not len(rows):
            raise PoseloomError(f"{table.path}: no row has {'a' if modality != IMAGE else 'an'} {modality}")
        found = len(rows)
        if modality == IMAGE:
            rows = rows[_large_enough(table, rows)]
        self.too_small = found - len(rows)
        if not len(rows):
            raise PoseloomError(f"{table.path}: everybody is smaller than {SMALLEST:g} pixels; draw larger pictures")
        kept = KeptFeatures(space.encoder(modality), features)
        keys = kept.fill([some[0] for some in items_of(table, rows, modality, self.folder)], progress)
        there = [place for place, key in enumerate(keys) if kept.found(key)]
        if not there:
            raise PoseloomError(f"nobody is found in any of {len(rows):,} pictures; name a table whose rows have boxes")
        self.rows: Int64[np.ndarray, " rows"] = rows[there]
        self.without_person = len(rows) - len(there)
        self._vectors = _vectors(space, modality, kept, [keys[place] for place in there])

    @property
    def source(self) -> str:
        """Which table this is."""
        return self._inner.source

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The rows from `start` to the end."""
        done = 0
        for block, first in _with_firsts(self._inner):
            end = int(np.searchsorted(self.rows, first + len(block)))
            begin = max(start, done)
            if begin < end:
                yield self._part(block, first, slice(begin, end))
            done = end

    def _part(self, block: Block, first: int, part: slice) -> Block:
        places = (self.rows[part] - first).tolist()
        metadata = {name: [values[place] for place in places] for name, values in block.metadata.items()}
        pictures = self._table.pictures(self.rows[part])
        paths = [str(self.folder / path) if path else None for path in pictures.paths]
        boxes = [" ".join(f"{value:g}" for value in box) if box[2] > 0 else None for box in pictures.box]
        return Block(
            [block.ids[place] for place in places],
            [block.texts[place] for place in places],
            {**metadata, PICTURE: paths, BOX: boxes},
            None if block.pose is None else block.pose[torch.as_tensor(places)],
            self._vectors[part],
        )


def _large_enough(table: Table, rows: Int64[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
    """Of rows with pictures, whether the person is large enough to be seen; rows without a box show a person alone."""
    sides = np.array(table.pictures(rows).box, np.float64).reshape(-1, 4)[:, 2:].max(1)
    return (sides <= 0) | (sides >= SMALLEST)


def _with_firsts(rows: TableRows) -> Iterator[tuple[Block, int]]:
    """Blocks with the numbers of their first rows."""
    first = 0
    for block in rows.blocks():
        yield block, first
        first += len(block)


def _vectors(
    space: ModalitySpace, modality: str, kept: KeptFeatures, keys: Sequence[str]
) -> Float[np.ndarray, "rows dimensions"]:
    parts = []
    for places in in_parts(len(keys), _AT_ONCE):
        features = {modality: kept.batch([keys[place] for place in places])}
        with torch.no_grad():
            parts.append(space.model.embed(features)[modality])
    vectors: NDArray[np.float32] = torch.nn.functional.normalize(torch.cat(parts), dim=-1).numpy()
    return vectors


def build_space_index(
    table: Table | Sequence[Table],
    out: str | Path,
    model: str | Path = "embedding",
    modality: str | None = None,
    *,
    pictures: str | Path | None = None,
    features: str | Path | None = None,
    add: bool = False,
    progress: Progress | None = None,
) -> Built:
    """Write an index over the pictures, the poses or the texts of tables, which any mixture of them can ask.

    A build that was stopped goes on where it stopped.

    Args:
        table: the table, or several; whose ids then begin with the name of its folder.
        out: folder of the index.
        model: the space, by name or path.
        modality: image, pose or text, which is what is found; pictures where the first table has any, else poses.
        pictures: as for `SpaceRows`.
        features: folder in which frozen features are kept for other times; beside the index until it is whole if None.
        add: add to the index that is there.
        progress: is told (done, of) of the rows.

    Raises:
        PoseloomError: see `SpaceRows` and `poseloom.search.build_index`.
    """
    from poseloom.search import build_index

    space = load_model(model, "embedding")
    tables = list(table) if isinstance(table, Sequence) else [table]
    names = names_of([one.path for one in tables])
    chosen = subset_of([modality])[0] if modality else IMAGE if len(rows_with(tables[0], IMAGE)) else POSE
    kept = Path(out).resolve().with_name(f".{Path(out).resolve().name}-features") if features is None else features
    rows = [SpaceRows(one, space, chosen, pictures, kept, progress) for one in tables]
    together = [NamedRows(one, name) for one, name in zip(rows, names, strict=True)]
    built = build_index(together, out, add=add, embedder=SpaceEmbedder(space, chosen))
    if features is None:
        shutil.rmtree(kept, ignore_errors=True)
    left_out = {
        "in which nobody is found": sum(one.without_person for one in rows),
        f"of people smaller than {SMALLEST:g} pixels": sum(one.too_small for one in rows),
    }
    notes = [f"left out: {count:,} pictures {which}" for which, count in left_out.items() if count]
    return replace(built, notes=(*built.notes, *notes))


def is_of_space(index: Index) -> bool:
    """Whether the vectors of an index are those of one space."""
    return index.manifest.embedder.startswith(LEARNED)


def find_in_space(
    index: str | Path | Index,
    k: int = 10,
    *,
    image: Any = None,
    pose: Pose | None = None,
    text: str | None = None,
    box: Sequence[float] | None = None,
    where: Filters = (),
    model: str | Path | None = None,
    blend: bool = False,
) -> Found:
    """Rows of an index of one space that a photo, a pose and words together ask for.

    Words beside a photo or a pose change it: its body is changed as they say and looked for, see `changed_question`.
    Words of which no change is understood are blended: one vector is made of all that is given, as the paper does.

    Args:
        index: folder of an index that `build_space_index` made, or an open one.
        k: most results.
        image: path of a picture, or RGB floats (3, height, width).
        pose: a single one.
        text: words.
        box: where the person is in the picture: x, y, width, height; the largest person by default.
        where: conditions on the metadata.
        model: that made the vectors; the shipped ``embedding`` by default.
        blend: blend words with the photo or the pose in any case.

    Raises:
        PoseloomError: an index of other vectors, nothing is given, nobody is in the picture.
    """
    from poseloom.search import Index

    opened = index if isinstance(index, Index) else Index(index)
    space, modality = space_of_index(opened, model)
    if text is not None and (image is None) != (pose is None) and not blend and can_change(space, pose):
        changed = changed_question(space, modality, text, image=image, pose=pose, box=box)
        if changed is not None:
            return replace(opened.nearest(changed.vectors[0].numpy(), k, where), notes=changed.notes)
    boxes = None if box is None else [box]
    asked = space.embed(image=image, pose=pose, text=text, boxes=boxes, target=modality)
    return replace(opened.nearest(asked.vectors[0].numpy(), k, where), notes=asked.notes)


def space_of_index(index: Index, model: str | Path | None = None) -> tuple[ModalitySpace, str]:
    """The space of an index, and the modality of its rows.

    Raises:
        FileError: the index holds vectors of something else, or of another space.
    """
    name, _, modality = index.manifest.embedder.partition(_BETWEEN)
    if not is_of_space(index) or modality not in MODALITIES:
        remedy = "'poseloom index build TABLE --model embedding' makes one"
        raise FileError(index.folder, "is no index of one space of pictures, poses and texts", remedy=remedy)
    space: ModalitySpace = load_model(model or "embedding", "embedding")
    if space.name != name:
        problem = f"has vectors made by {name}, the model is {space.name}"
        raise FileError(index.folder, problem, remedy="name the model that it was built with: --model PATH")
    return space, modality
