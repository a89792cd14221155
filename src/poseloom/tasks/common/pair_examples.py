"""Training pairs that are made while training goes on: two poses from a pool, and how to get from one to the other.

Three kinds of pairs: two moments of a motion, a pose of which some limbs are exchanged for those of another pose, and
two poses that have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.language.telegraphic import INSTRUCTED
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.types import Pose, concatenate, heading
from poseloom.tasks.common.examples import PoseData, PosePool, some_limbs, write_in_ways

Pair = tuple[Pose, Pose]
_HELD_OUT_SEED = 13
_APART = (0.2, 1.5)
"""Seconds between two moments of a motion."""


@dataclass(frozen=True)
class PairData(PoseData):
    """Poses to make pairs of, and pairs that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: folders of tables with poses; their split train, or all rows where there are no splits.
        held_out: a file that names pairs to validate on, or a table of which the pairs of the split val count;
            procedural pairs where it is empty.
        validation: number of pairs to validate on.
        quick: how many of them are validated on between epochs, where the whole protocol takes long.
        batches: number of batches that count as an epoch.
        partial_texts: share of the instructions that tell only some of the changes.
        telegraphic: share of the instructions that are not whole sentences, in the words that people type.
        paraphrased: share of the instructions in other words, and in another order where a model reads them.
        human_texts: share of the pairs that come from `tables`, with what people wrote of them.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: has no meaning here: see `strangers`, and limbs that are exchanged in the other pairs.
        moments: share of the pairs that are two moments of a motion, where there are motions.
        strangers: share of the pairs of which one pose has nothing to do with the other.
    """

    moments: float = within(0.35, 0, 1)
    strangers: float = within(0.15, 0, 1)


class PairPool:
    """The pairs of a recipe's data section: body joints alone, the first pose without heading.

    The second pose keeps its turn from the first where both are of one motion, and has no heading of its own otherwise.
    """

    def __init__(self, data: PairData):
        self.data = data
        self.poses = PosePool(data)

    def sample(self, seed: int, count: int) -> Pair:
        """Pairs at random, half of them mirrored."""
        generator = np.random.default_rng(seed)
        moments = self._share(generator, count, self.data.moments if len(self._motion.starts) else 0.0)
        strangers = self._share(generator, count - moments, self.data.strangers)
        limbs = count - moments - strangers
        kinds = ((self._moments, moments), (self._strangers, strangers), (self._limbs, limbs))
        pairs = [draw(generator, number) for draw, number in kinds if number]
        first, second = (concatenate([pair[place] for pair in pairs]) for place in (0, 1))
        turned = torch.from_numpy(generator.random(count) < 0.5)[:, None, None]
        first, second = (Pose(torch.where(turned, one.mirror().rotations, one.rotations)) for one in (first, second))
        return first, second

    @cached_property
    def held_out(self) -> Pair:
        """The pairs to validate on."""
        if not self.data.held_out:
            stances = PairPool(PairData(procedural=max(100, self.data.validation), strangers=self.data.strangers))
            return stances.sample(_HELD_OUT_SEED, self.data.validation)
        return pairs_in(Path(self.data.held_out), self.data.validation)

    @cached_property
    def _motion(self) -> _Motion:
        return _Motion.of(self.data.files)

    @staticmethod
    def _share(generator: np.random.Generator, count: int, share: float) -> int:
        return int(generator.binomial(count, share)) if count else 0

    def _moments(self, generator: np.random.Generator, count: int) -> Pair:
        motion = self._motion
        row = generator.integers(len(motion.rows), size=count)
        apart = np.round(generator.uniform(*_APART, size=count) * motion.fps[row]).astype(np.int64)
        later = row + np.where(generator.random(count) < 0.5, apart, -apart)
        other = np.clip(later, motion.starts[row], motion.ends[row])
        return together(Pose(motion.rows[row]), Pose(motion.rows[other]))

    def _strangers(self, generator: np.random.Generator, count: int) -> Pair:
        rows = self.poses.rotations
        first, second = (torch.from_numpy(generator.integers(len(rows), size=count)) for _ in range(2))
        return Pose(rows[first]), Pose(rows[second])

    def _limbs(self, generator: np.random.Generator, count: int) -> Pair:
        first, donor = self._strangers(generator, count)
        taken = some_limbs(generator, count)[..., None]
        return first, Pose(torch.where(taken, donor.rotations, first.rotations))


@dataclass(frozen=True, eq=False)
class _Motion:
    """Frames of motions one after another, with the first and last row of the motion that each belongs to."""

    rows: Float[Tensor, "frames 22 3"]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    fps: NDArray[np.float64]

    @classmethod
    def of(cls, files: list[str]) -> _Motion:
        from poseloom.formats import read

        rows, starts, ends, fps, before = [], [], [], [], 0
        for clip in map(read, files):
            frames = len(clip)
            spans = [(s["row"], s["row"] + s["frames"]) for s in clip.notes.get("sequences", [])] or [(0, frames)]
            for first, last in spans:
                starts.append(np.full(last - first, before + first))
                ends.append(np.full(last - first, before + last - 1))
            fps.append(np.full(frames, clip.fps or 30.0))
            rows.append(clip.pose.body().rotations)
            before += frames
        if not rows:
            return cls(torch.zeros(0, BODY_JOINTS, 3), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        return cls(torch.cat(rows), np.concatenate(starts), np.concatenate(ends), np.concatenate(fps))


def pairs_in(path: Path, count: int) -> Pair:
    """The pairs that a file of motions names, those of one motion and those of two by turns.

    Of a table, those of its split val.

    Raises:
        PoseloomError: the file cannot be read or names no pairs.
    """
    if path.is_dir():
        return _pairs_of_table(path, count)
    from poseloom.base.errors import FileError
    from poseloom.formats import read
    from poseloom.formats.mocap_npz import read_mocap_selection

    selection = read_mocap_selection(path)
    if not len(selection.within) + len(selection.across):
        remedy = "name a file with pairs, or leave held_out empty"
        raise FileError(path, "names no pairs", field="pairs_within", remedy=remedy)
    rows = read(path).pose.body().rotations
    within = together(*(Pose(rows[selection.within[:, side]]) for side in (0, 1)))
    across = tuple(Pose(rows[selection.across[:, side]]).without_heading() for side in (0, 1))
    turns = np.concatenate([np.arange(len(selection.within)), np.arange(len(selection.across))])
    order = torch.from_numpy(np.argsort(turns, kind="stable")[:count])
    first, second = (concatenate([a, b])[order] for a, b in zip(within, across, strict=True))
    return first, second


def _pairs_of_table(path: Path, count: int) -> Pair:
    """The first pairs of a table's split val; a turn counts where both poses are of one recording."""
    from poseloom.base.errors import FileError
    from poseloom.data.splits import VAL
    from poseloom.data.table import Table
    from poseloom.data.views import PairDataset

    table = Table(path)
    dataset = PairDataset(table, VAL)
    if not len(dataset):
        raise FileError(path, "has no pairs in split 'val'", remedy="name another table, or leave held_out empty")
    samples = dataset.__getitems__(range(min(count, len(dataset))))
    first = Pose(torch.stack([one.rotations_a for one in samples])).body()
    second = Pose(torch.stack([one.rotations_b for one in samples])).body()
    turns = torch.tensor([table.pairs[one.pair].in_sequence for one in samples])
    return pair_poses(first, second, turns)


def pair_poses(first: Pose, second: Pose, turns: Bool[Tensor, " pairs"]) -> Pair:
    """First poses without heading; second ones keep their turn from them where `turns`, else they have none either."""
    before, turned = together(first, second)
    still = second.without_heading()
    return before, Pose(torch.where(turns[:, None, None], turned.rotations, still.rotations))


def together(first: Pose, second: Pose) -> Pair:
    """Both poses turned alike, so that the first has no heading and the turn between them stays."""
    turn = axis_to_rotmat(-heading(first.rotations[..., 0, :]), "Y")
    return first.turned(turn), second.turned(turn)


# -- words --------------------------------------------------------------------------------------------------------

PairWriter = Callable[[Pose, Pose, int], list[str]]


def _instructed(style: str) -> PairWriter:
    def write(first: Pose, second: Pose, seed: int) -> list[str]:
        from poseloom.language import instruct

        return instruct(first, second, seed=seed, style=style)

    return write


def _by_paircodes(first: Pose, second: Pose, seed: int) -> list[str]:
    from poseloom.language import instructions

    return instructions(first, second, seed=seed)


PAIR_WRITERS: dict[str, tuple[PairWriter, float]] = {
    "paragraph": (_instructed("paragraph"), 0.5),
    "short": (_instructed("short"), 0.15),
    "list": (_instructed("list"), 0.15),
    "paircodes": (_by_paircodes, 0.2),
}
"""Ways of writing an instruction, and the share of training texts that each writes."""


def write_instructions(
    first: Pose,
    second: Pose,
    seed: int,
    partial_texts: float,
    telegraphic_share: float = 0.0,
    paraphrased: float = 0.0,
) -> list[str]:
    """An instruction for each pair, in one of the ways of writing, some cut down, not in sentences, in other words."""
    return write_in_ways(PAIR_WRITERS, (first, second), seed, partial_texts, telegraphic_share, paraphrased, INSTRUCTED)
