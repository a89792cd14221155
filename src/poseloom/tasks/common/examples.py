"""Training examples that are made while training goes on: poses from a pool, words by rule.

Each epoch brings other texts, and each pose comes as its mirror image half of the time, so that a small model cannot
learn texts by heart. What a batch holds depends on its seed alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.ranges import within
from poseloom.data.splits import TRAIN, VAL
from poseloom.language.paraphrase import Manner, paraphrase
from poseloom.language.telegraphic import DESCRIBED, telegraphic
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.limbs import LIMBS
from poseloom.pose.types import Clip, Pose

if TYPE_CHECKING:
    from poseloom.data.table import Table

_PROCEDURAL_SEED = 11
_HELD_OUT_SEED = 12
"""Procedural poses to validate on are drawn with another seed than those to learn from."""
_LIMBS = tuple(LIMBS.values())
"""Joints that move together."""
_LIMB_SHARE = 0.3
"""Probability of each limb to be exchanged; one is in any case."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
READ = Manner(telegraphic=0.0, slips=0.0)
"""How texts that a model reads are paraphrased; telegraphic ones are a share of their own, slips are mended before."""
SAID = Manner(telegraphic=0.0, shuffled=0.0, addressed=0.0, slips=0.0)
"""How texts that a model learns to say are paraphrased: other words in whole sentences, the most telling first."""


@dataclass(frozen=True)
class PoseData:
    """Poses to learn from, and poses that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: folders of tables with poses; their split train, or all rows where there are no splits.
        held_out: a file, or a table of which the split val counts, whose poses are validated on; procedural poses where
            it is empty.
        validation: number of poses, or of pairs, to validate on.
        quick: how many of them are validated on between epochs, where the whole protocol takes long.
        batches: number of batches that count as an epoch.
        partial_texts: share of the texts that tell only some of the pose, as people do.
        telegraphic: share of the texts that are not whole sentences, in the words that people type.
        paraphrased: share of the texts in other words, and in another order where a model reads them.
        human_texts: share of the poses that come from `tables`, with what people wrote of them.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: share of the poses that have some limbs of another pose: what limbs do is learned apart.
    """

    stage_keys: ClassVar[tuple[str, ...]] = ("batches", "partial_texts", "telegraphic", "paraphrased", "human_texts")
    """What a stage may change; the poses are those of the whole run."""

    procedural: int = within(100_000, 0, 10_000_000)
    files: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    held_out: str = ""
    validation: int = within(1000, 1, 1_000_000)
    quick: int = within(250, 1, 1_000_000)
    batches: int = within(200, 1, 10_000_000)
    partial_texts: float = within(0.4, 0, 1)
    telegraphic: float = within(0.0, 0, 1)
    paraphrased: float = within(0.0, 0, 1)
    human_texts: float = within(0.0, 0, 1)
    vocabulary_texts: int = within(20_000, 1, 10_000_000)
    mixed: float = within(0.0, 0, 1)


class PosePool:
    """The poses of a recipe's data section, body joints alone, without heading.

    Args:
        data: where they come from. Files and tables are read when the poses are first asked for.
    """

    def __init__(self, data: PoseData):
        self.data = data

    @cached_property
    def rotations(self) -> Float[Tensor, "poses 22 3"]:
        """All poses to learn from.

        Raises:
            PoseloomError: there are none.
        """
        parts = [read_poses(Path(path)).rotations for path in [*self.data.files, *self.data.tables]]
        if self.data.procedural:
            parts.append(_procedural(self.data.procedural, _PROCEDURAL_SEED).rotations)
        if not parts:
            raise PoseloomError("data: procedural, files and tables give no pose; set one of them")
        return torch.cat(parts)

    def sample(self, seed: int, count: int) -> Pose:
        """Poses of the pool at random, half of them mirrored, some with limbs of others."""
        generator = np.random.default_rng(seed)
        rows = torch.from_numpy(generator.integers(len(self.rotations), size=count))
        turned = torch.from_numpy(generator.random(count) < 0.5)
        chosen = Pose(self.rotations[rows])
        poses = Pose(torch.where(turned[:, None, None], chosen.mirror().rotations, chosen.rotations))
        return self._mixed(poses, generator) if self.data.mixed else poses

    def _mixed(self, poses: Pose, generator: np.random.Generator) -> Pose:
        donors = self.rotations[torch.from_numpy(generator.integers(len(self.rotations), size=len(poses)))]
        taken = some_limbs(generator, len(poses))
        taken &= torch.from_numpy(generator.random(len(poses)) < self.data.mixed)[:, None]
        return Pose(torch.where(taken[..., None], donors, poses.rotations))

    @cached_property
    def held_out(self) -> Pose:
        """The poses to validate on: the most different ones of the held-out file.

        Raises:
            FileError: it is a table without splits that is learned from as well.
        """
        count = self.data.validation
        if self.data.held_out in self.data.tables:
            refuse_without_splits(Path(self.data.held_out))
        if not self.data.held_out:
            return _procedural(count, _HELD_OUT_SEED)
        return most_different(Path(self.data.held_out), count)


def some_limbs(generator: np.random.Generator, count: int) -> Bool[Tensor, "poses 22"]:
    """Joints of some limbs of each pose, one limb at least."""
    chosen = generator.random((count, len(_LIMBS))) < _LIMB_SHARE
    chosen[np.arange(count), generator.integers(len(_LIMBS), size=count)] = True
    taken = torch.zeros(count, BODY_JOINTS, dtype=torch.bool)
    for column, joints in enumerate(_LIMBS):
        taken[:, list(joints)] = torch.from_numpy(chosen[:, column : column + 1])
    return taken


def most_different(path: Path, count: int) -> Pose:
    """The held-out poses of a file or of a table's split val that differ most.

    In the file's order, or by farthest points.

    Raises:
        PoseloomError: the file is of no known format, or the table has no split val.
    """
    from poseloom.pose.selection import farthest_points

    poses = read_poses(path, keep_order=True, split=VAL)
    order = torch.from_numpy(_order_in(path))
    if not len(order):
        joints = _joints(poses)
        order = farthest_points(joints - joints[:, :1], min(count, len(poses)))
    return poses[order[:count]]


def read_poses(path: Path, *, keep_order: bool = False, split: str = TRAIN) -> Pose:
    """The body poses of a file, or of a split of a table, without heading.

    Args:
        path: a file of any known format, or a table's folder.
        keep_order: keep frames that the file calls bad, so that row numbers stand for the same frames.
        split: which rows of a table; see `rows_in_split`. A file has no splits.

    Raises:
        PoseloomError: it cannot be read, or the table has splits but not this one.
    """
    if path.is_dir():
        from poseloom.data.table import Table

        table = Table(path)
        rotations = torch.from_numpy(np.array(table.array("rotations", table.posed(rows_in_split(table, split)))))
        return Pose(rotations).body().without_heading()
    from poseloom.formats import read

    clip = read(path)
    poses = clip.pose.body().without_heading()
    return Pose(poses.rotations if keep_order else poses.rotations[_good(clip)])


def rows_in_split(table: Table, split: str) -> NDArray[np.int64]:
    """The rows of a split; all rows of a table that has no splits.

    Raises:
        FileError: the table has splits, but no row in this one.
    """
    rows = table.rows_of(split)
    if len(rows):
        return rows
    known = sorted({name for name in table.column("split").unique().to_pylist() if name})
    if known:
        problem = f"has no rows in split {split!r}"
        raise FileError(table.path, problem, remedy=f"it has {', '.join(known)}; name another table")
    return table.numbers()


def refuse_without_splits(path: Path) -> None:
    """A table that is both learned from and held out must tell its rows apart.

    Raises:
        FileError: its rows have no splits.
    """
    from poseloom.data.table import Table

    if not any(Table(path).column("split").unique().to_pylist()):
        problem = "has no splits, and is learned from and held out at once"
        raise FileError(path, problem, remedy="name another table or file as data.held_out")


def _good(clip: Clip) -> NDArray[np.bool_]:
    """Frames that their file does not call bad."""
    good = np.ones(len(clip), dtype=bool)
    for start, end in clip.notes.get("not_ok", []):
        good[start:end] = False
    return good


def _order_in(path: Path) -> NDArray[np.int64]:
    from poseloom.formats.mocap_npz import read_mocap_selection

    empty = np.zeros(0, dtype=np.int64)
    return read_mocap_selection(path).order if path.suffix == ".npz" else empty


def _procedural(count: int, seed: int) -> Pose:
    from poseloom.pose.sampler import sample

    return sample(count, seed=seed).body().without_heading()


def _joints(poses: Pose) -> Tensor:
    from poseloom.body import default_body

    body = default_body("preview")
    with torch.no_grad():
        return torch.cat([body.joints(part)[:, :BODY_JOINTS] for part in _parts(poses, 4096)])


def _parts(poses: Pose, size: int) -> list[Pose]:
    return [poses[first : first + size] for first in range(0, len(poses), size)]


# -- words --------------------------------------------------------------------------------------------------------

Writer = Callable[[Pose, int], list[str]]


def _described(style: str) -> Writer:
    def write(poses: Pose, seed: int) -> list[str]:
        from poseloom.language import describe

        return describe(poses, seed=seed, style=style)

    return write


def _as_posescript(poses: Pose, seed: int) -> list[str]:
    from poseloom.language.posescript import automatic_descriptions

    return automatic_descriptions(poses, seed=seed)


WRITERS: dict[str, tuple[Writer, float]] = {
    "paragraph": (_described("paragraph"), 0.4),
    "short": (_described("short"), 0.2),
    "list": (_described("list"), 0.1),
    "coach": (_described("coach"), 0.1),
    "posescript": (_as_posescript, 0.2),
}
"""Ways of writing a description, and the share of training texts that each writes."""


def write_descriptions(
    poses: Pose, seed: int, partial_texts: float, telegraphic_share: float = 0.0, paraphrased: float = 0.0
) -> list[str]:
    """A text for each pose, in one of the ways of writing.

    Some are cut down to a few sentences, some not in sentences, some in other words.
    """
    return write_in_ways(WRITERS, (poses,), seed, partial_texts, telegraphic_share, paraphrased)


def write_in_ways(
    writers: Mapping[str, tuple[Callable[..., list[str]], float]],
    seen: Sequence[Pose],
    seed: int,
    partial_texts: float,
    telegraphic_share: float,
    paraphrased: float = 0.0,
    between: Sequence[str] = DESCRIBED,
) -> list[str]:
    """A text for each row, in a way that is drawn for it by the ways' shares.

    Args:
        writers: takes what is seen and a seed; and the share of the texts that each writes.
        seen: poses (rows,), or the first and the second poses of pairs.
        seed: the same seed gives the same texts.
        partial_texts: share of the texts that are cut down to some of their sentences.
        telegraphic_share: share of the texts that are not in sentences.
        paraphrased: share of the texts in other words and another order.
        between: what may stand between telegraphic words.
    """
    count = len(seen[0])
    generator = np.random.default_rng(seed)
    shares = np.cumsum([share for _, share in writers.values()])
    ways = np.searchsorted(shares, generator.random(count) * shares[-1], side="right")
    texts = [""] * count
    for way, (write, _) in enumerate(writers.values()):
        rows = np.flatnonzero(ways == way)
        if len(rows):
            chosen = torch.from_numpy(rows)
            for row, text in zip(rows, write(*(one[chosen] for one in seen), seed % (1 << 31)), strict=True):
                texts[row] = text
    texts = [some_sentences(text, generator) if generator.random() < partial_texts else text for text in texts]
    texts = some_telegraphic(texts, telegraphic_share, generator, between)
    return some_paraphrased(texts, paraphrased, generator, READ)


def some_sentences(text: str, generator: np.random.Generator) -> str:
    """Some of a text's sentences, at least one, in their order."""
    sentences = _SENTENCE.split(text)
    kept = generator.random(len(sentences)) < generator.uniform(0.2, 1.0)
    kept[generator.integers(len(sentences))] = True
    return " ".join(sentence for sentence, stays in zip(sentences, kept, strict=True) if stays)


def some_telegraphic(
    texts: list[str], share: float, generator: np.random.Generator, between: Sequence[str] = DESCRIBED
) -> list[str]:
    """A share of the texts in telegraphic words; nothing is drawn where the share is zero."""
    if not share:
        return texts
    return [telegraphic(text, generator, between) if generator.random() < share else text for text in texts]


def some_paraphrased(texts: list[str], share: float, generator: np.random.Generator, manner: Manner) -> list[str]:
    """A share of the texts paraphrased; nothing is drawn where the share is zero."""
    if not share:
        return texts
    return [paraphrase(text, generator, manner) if generator.random() < share else text for text in texts]


def words_in(write: Callable[[int, int], Sequence[str]], texts: int, seed: int = 5) -> list[str]:
    """Some texts of a writer, from which a vocabulary is read."""
    chunk = 1000
    return [text for start in range(0, texts, chunk) for text in write(seed + start, min(chunk, texts - start))]
