"""Tables to batches for the published models: poses or pairs with one of their texts, mirrored by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.streams import mix_numbers
from poseloom.data.schema import TextKind
from poseloom.data.table import Table
from poseloom.data.text_views import PairTextDataset, TextDataset
from poseloom.nn.text.vocabulary import Vocabulary, build_vocabulary, read_vocabulary
from poseloom.pose.types import Pose
from poseloom.tasks.common.frames import to_published_rotations
from poseloom.tasks.common.pair_examples import pair_poses
from poseloom.tasks.common.published_models import VOCABULARY
from poseloom.tasks.common.published_recipe import TableData
from poseloom.tasks.common.published_text import TextBatch, TextMaker
from poseloom.training import read_card

BATCH = 32
"""Items at a time in validation and evaluation, as published."""
_FLIP, _COPY = 1, 2
"""Streams of what is drawn for an item."""
_RANGE = 1 << 64
_MODEL = ".safetensors"
_KINDS_IN_ORDER = (TextKind.HUMAN, TextKind.AUTOMATIC, TextKind.PARAPHRASE, TextKind.LABEL)
"""The order in which the published vocabularies read texts."""


@dataclass(frozen=True)
class PoseBatch:
    """Poses with a text each.

    Args:
        poses: axis-angle, radians, as published models see them: Z up, without heading.
        texts: one for each pose.
        references: all texts of each pose that may be chosen; empty in training.
        words: `texts` as they were written; empty in training.
    """

    poses: Float[Tensor, "batch joints 3"]
    texts: TextBatch
    words: tuple[str, ...] = ()
    references: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class PairBatch:
    """Pairs of poses with an instruction each.

    Args:
        before, after: as in `PoseBatch`; the turn between them counts where both are of one recording.
        texts: one for each pair.
        references: all texts of each pair that may be chosen; empty in training.
        words: `texts` as they were written; empty in training.
        in_sequence: which pairs are of one recording.
    """

    before: Float[Tensor, "batch joints 3"]
    after: Float[Tensor, "batch joints 3"]
    texts: TextBatch
    in_sequence: Bool[Tensor, " batch"]
    words: tuple[str, ...] = ()
    references: tuple[tuple[str, ...], ...] = ()


B = TypeVar("B", PoseBatch, PairBatch)


@dataclass(frozen=True)
class Chance:
    """What is drawn for the items of a batch, from seed, epoch and item alone.

    Args:
        flip: mirror half of them.
        copies: share of pairs without an instruction whose poses are the same.
        seed: depends on the recipe's seed and the stage.
    """

    flip: bool = False
    copies: float = 0.0
    seed: int = 0


class SampledItems(Generic[B]):
    """The items of a view of a table, each with a number that was drawn for it in this epoch.

    Args:
        view: gives samples by place.
        seed: the same seed draws the same texts.
    """

    def __init__(self, view: TextDataset | PairTextDataset, seed: int):
        self.view, self.seed, self.epoch = view, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Draw other texts and other numbers."""
        self.epoch = epoch
        self.view.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.view)

    def __getitems__(self, places: Sequence[int]) -> list[tuple[Any, int]]:
        return [(sample, mix_numbers(self.seed, self.epoch, sample[0])) for sample in self.view.__getitems__(places)]


class PoseItems:
    """The poses of a table with texts, as batches.

    Args:
        joints: that the model sees.
        maker: turns its texts into numbers.
    """

    def __init__(self, joints: int, maker: TextMaker):
        self.joints, self.maker = joints, maker

    def view(self, data: TableData, split: str, **choice: Any) -> TextDataset:
        """The poses of a split that have such a text; `choice` as in `TextDataset`.

        Raises:
            FileError: there is no table, or no such pose in it.
        """
        table = open_data_table(data)
        view = TextDataset(table, data.texts, table.rows_of(split), sources=data.sources or None, **choice)
        return some(view, data, split, "poses")

    def training_batch(self, items: Sequence[tuple[Any, int]], chance: Chance) -> PoseBatch:
        """A training batch."""
        samples, draws = zip(*items, strict=True)
        poses = Pose(torch.stack([one.rotations for one in samples])).without_heading()
        chosen = coins(draws, _FLIP, 0.5 if chance.flip else 0.0)
        texts, flipped = self.maker.flipped([one.text for one in samples], chosen, draws[0])
        return PoseBatch(self._numbers(mirror_chosen(poses, flipped)), texts)

    def held_out(self, view: TextDataset, places: range) -> PoseBatch:
        """Items as they are, with their words."""
        samples = view.__getitems__(places)
        poses = Pose(torch.stack([one.rotations for one in samples])).without_heading()
        words = tuple(one.text for one in samples)
        references = tuple(tuple(view.texts_of(one.row)) for one in samples)
        return PoseBatch(self._numbers(poses), self.maker(words), words, references)

    def _numbers(self, poses: Pose) -> Float[Tensor, "batch joints 3"]:
        return to_published_rotations(poses, self.joints)


class PairItems:
    """The pairs of a table with instructions, as batches; see `PoseItems`."""

    def __init__(self, joints: int, maker: TextMaker):
        self.joints, self.maker = joints, maker
        self._turns: dict[Path, Bool[Tensor, " pairs"]] = {}

    def view(self, data: TableData, split: str, **choice: Any) -> PairTextDataset:
        """The pairs of a split that have such an instruction; `choice` as in `PairTextDataset`.

        Raises:
            FileError: there is no table, or no such pair in it.
        """
        view = PairTextDataset(open_data_table(data), data.texts, split, sources=data.sources or None, **choice)
        return some(view, data, split, "pairs")

    def training_batch(self, items: Sequence[tuple[Any, int]], chance: Chance, table: Table) -> PairBatch:
        """A training batch; some pairs are copies of one pose with an empty instruction, where `chance` says so."""
        samples, draws = zip(*items, strict=True)
        before, after, turns = self._poses(samples, table)
        copied = coins(draws, _COPY, chance.copies)
        words = ["" if empty else one.text for one, empty in zip(samples, copied.tolist(), strict=True)]
        chosen = coins(draws, _FLIP, 0.5 if chance.flip else 0.0)
        texts, flipped = self.maker.flipped(words, chosen, draws[0])
        before, after = mirror_chosen(before, flipped), mirror_chosen(after, flipped)
        first, second = to_published_rotations(before, self.joints), to_published_rotations(after, self.joints)
        return PairBatch(first, torch.where(copied[:, None, None], first, second), texts, turns)

    def held_out(self, view: PairTextDataset, places: range) -> PairBatch:
        """Items as they are, with their words."""
        samples = view.__getitems__(places)
        before, after, turns = self._poses(samples, view.table)
        words = tuple(one.text for one in samples)
        references = tuple(tuple(view.texts_of(one.pair)) for one in samples)
        first, second = to_published_rotations(before, self.joints), to_published_rotations(after, self.joints)
        return PairBatch(first, second, self.maker(words), turns, words, references)

    def _poses(self, samples: Sequence[Any], table: Table) -> tuple[Pose, Pose, Bool[Tensor, " pairs"]]:
        if table.path not in self._turns:
            turns = np.array(table.pairs.column("in_sequence").to_pylist(), dtype=bool)
            self._turns[table.path] = torch.from_numpy(turns)
        turning = self._turns[table.path][[one.pair for one in samples]]
        first, second = (Pose(torch.stack([one[place] for one in samples])) for place in (1, 2))
        return *pair_poses(first, second, turning), turning


def open_data_table(data: TableData) -> Table:
    """The table of a data section.

    Raises:
        PoseloomError: none is named.
        FileError: there is no table.
    """
    if not data.table:
        remedy = "name a table with --data.table; 'poseloom data prepare posescript' or 'posefix' makes one"
        raise PoseloomError(f"recipe: data.table is empty; {remedy}")
    return Table.open(data.table)


V = TypeVar("V", TextDataset, PairTextDataset)


def some(view: V, data: TableData, split: str, what: str) -> V:
    """The view itself.

    Raises:
        FileError: it is empty.
    """
    if len(view):
        return view
    texts = " or ".join([*data.texts, *data.sources])
    problem = f"has no {what} with {texts} texts in split {split!r}"
    raise FileError(data.table, problem, remedy="change data.texts, or name another table")


def in_parts(view: TextDataset | PairTextDataset, size: int) -> Iterator[range]:
    """The places of a view, `size` at a time."""
    return (range(first, min(first + size, len(view))) for first in range(0, len(view), size))


def mirror_chosen(poses: Pose, chosen: Bool[Tensor, " batch"]) -> Pose:
    """The chosen poses as their mirror image."""
    return Pose(torch.where(chosen[:, None, None], poses.mirror().rotations, poses.rotations))


def coins(draws: Sequence[int], stream: int, share: float) -> Bool[Tensor, " batch"]:
    """For each drawn number whether an event of that probability happens."""
    return torch.tensor([mix_numbers(draw, stream) / _RANGE < share for draw in draws])


def texts_in(view: TextDataset | PairTextDataset) -> Iterator[str]:
    """Every text of the items of a view."""
    numbers = view.rows if isinstance(view, TextDataset) else view.pairs
    return (text for number in numbers.tolist() for text in view.texts_of(number))


def vocabulary_of(sections: Iterable[TableData], pairs: bool) -> Vocabulary:
    """The words of a recipe: those of a file, of a trained model, or of all texts of its stages' tables.

    Args:
        sections: the data section of each stage.
        pairs: texts of pairs, not of rows.

    Raises:
        FileError: a file or table cannot be read, or a model has no words.
    """
    sections = list(sections)
    source = sections[0].vocabulary
    if source.endswith(_MODEL):
        words = read_card(source).extras.get(VOCABULARY)
        if not words:
            raise FileError(source, "has no vocabulary", remedy="name a published model with words of its own")
        return Vocabulary(tuple(words))
    if source:
        return read_vocabulary(source)
    used = {(data.table, kind) for data in sections for kind in data.texts}
    tables = {data.table: open_data_table(data) for data in sections}
    texts = (
        text
        for kind in _KINDS_IN_ORDER
        for name, table in tables.items()
        if (name, kind.value) in used
        for text in _all_texts(table, kind.value, pairs)
    )
    return build_vocabulary(texts)


def _all_texts(table: Table, kind: str, pairs: bool) -> Iterator[str]:
    return texts_in(PairTextDataset(table, (kind,)) if pairs else TextDataset(table, (kind,)))
