"""`build_bedlam`: the seven steps of BEDLAM-Script and BEDLAM-Fix as one build that survives being killed.

What a step needs of the one before is kept in the table's own workshop until that step is done: everyone who is seen
well enough as a table of its own, the selection of each split and the mined pairs as arrays.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import torch
from jaxtyping import Int64
from numpy import ndarray as Array

from poseloom.base.errors import FileError
from poseloom.base.files import reason
from poseloom.base.lock import locked
from poseloom.data.build import WORKSHOP, Builder, Report, Unit, build
from poseloom.data.builders.bedlam_pairs import BedlamPairs, mined_pairs
from poseloom.data.builders.bedlam_texts import BedlamTexts
from poseloom.data.builders.farthest import farthest_rows
from poseloom.data.builders.rows import RowsBuilder, prepare
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import MANIFEST, Part, read_manifest, recorded_shard
from poseloom.data.numerics import one_thread
from poseloom.data.schema import Layout, RowBlock
from poseloom.data.sources.bedlam import Bedlam
from poseloom.data.sources.bedlam_body import box_body
from poseloom.data.splits import TRAIN, VAL
from poseloom.pose.descriptor import Embedder
from poseloom.pose.mining import MiningRules

_SHARD_ROWS = 2048
_AT_ONCE = 4096


class BedlamPlan(Protocol):
    """What is to be built: `BedlamScript` and `BedlamFix` are the plans of the paper."""

    @property
    def folder(self) -> Path:
        """The data set as it was downloaded."""

    @property
    def people(self) -> Bedlam:
        """Everyone who is seen well enough."""

    @property
    def train(self) -> int:
        """How many people of the training split are chosen."""

    @property
    def val(self) -> int:
        """How many people of the validation split are chosen."""

    @property
    def seed(self) -> int:
        """Of the texts."""

    @property
    def mining(self) -> MiningRules | None:
        """Which pairs are made; None for none."""


def build_bedlam(
    plan: BedlamPlan,
    table: Path,
    executor: Executor | None = None,
    *,
    append: bool = False,
    restart: bool = False,
    report: Report | None = None,
    embedder: Embedder | None = None,
) -> Part:
    """Build BEDLAM-Script, or BEDLAM-Fix where the plan says how to mine pairs; run again, it continues.

    Args:
        embedder: gives the features by whose cosine pairs are mined, such as those of a text-pose model; the
            geometric descriptor about its mean if None.

    Returns:
        the part with the rows.

    Raises:
        PoseloomError: as `prepare`.
    """
    rows = _rows(plan, table, executor, append, restart, report)
    model = plan.people.model
    build(table, BedlamTexts(table, rows.name, model, plan.seed), executor, report=report)
    if plan.mining is not None:
        pairs = BedlamPairs(table, rows.name, model, plan.mining, plan.seed, embedder)
        if _finished(table, pairs) is None:
            work = _work(table, pairs.name)
            with locked(table / WORKSHOP, table):
                found = mined_pairs(pairs, work / "pairs.npz")
            build(table, pairs.of(found), executor, report=report)
        shutil.rmtree(_work(table, pairs.name), ignore_errors=True)
    return rows


def pairs_of_bedlam(plan: BedlamPlan, table: Path, embedder: Embedder | None = None) -> Part | None:
    """The pairs that `build_bedlam` added; None if the plan asks for none."""
    if plan.mining is None:
        return None
    pairs = BedlamPairs(table, RowsBuilder(_chosen(plan)).name, plan.people.model, plan.mining, plan.seed, embedder)
    return read_manifest(table).find(pairs.kind, pairs.name)


def _chosen(plan: BedlamPlan) -> Chosen:
    """What tells the name of the part with the rows."""
    return Chosen({**plan.people.options(), TRAIN: plan.train, VAL: plan.val}, plan.people.layout)


def _rows(
    plan: BedlamPlan,
    table: Path,
    executor: Executor | None,
    append: bool,
    restart: bool,
    report: Report | None,
) -> Part:
    """Steps 1 to 4: everyone who is seen well enough, then those of them who stand most differently."""
    chosen = _chosen(plan)
    builder = RowsBuilder(chosen)
    done = _finished(table, builder)
    if done is None:
        work = _work(table, builder.name)
        prepare(plan.people, work / "people", executor, report=report)
        rows = {split: _selected(plan, table, work, split) for split in (TRAIN, VAL)}
        chosen = Chosen(chosen.depends_on, chosen.layout, work / "people", rows)
        done = prepare(chosen, table, executor, append=append, restart=restart, report=report)
    shutil.rmtree(_work(table, builder.name), ignore_errors=True)
    return done


def _selected(plan: BedlamPlan, table: Path, work: Path, split: str) -> Int64[Array, " chosen"]:
    """Step 4: rows of the people of a split in the order of the selection."""
    people = opened(work / "people")
    rows, count = people.rows_of(split), getattr(plan, split)
    if len(rows) == 0 or count == 0:
        return rows[:0]
    body = box_body(plan.people.model, plan.folder)
    with locked(table / WORKSHOP, table), one_thread():
        joints = torch.cat([body.canonical(pose) for _, pose in people.batches(_AT_ONCE, rows)])
        return rows[farthest_rows(joints, count, work / f"{split}.npz").numpy()]


@dataclass(frozen=True)
class Chosen:
    """A source of rows that another table holds.

    Args:
        depends_on: all that they depend on.
        layout: how the rows of both tables are laid out.
        people: the other table; not needed to tell the name of the part.
        rows: for each split the numbers of its rows there, in the order in which they are wanted.
    """

    depends_on: Mapping[str, Any]
    layout: Layout
    people: Path | None = None
    rows: Mapping[str, Int64[Array, " chosen"]] = field(default_factory=dict)
    name: str = "bedlam-script"

    def options(self) -> Mapping[str, Any]:
        return self.depends_on

    def units(self) -> Sequence[Unit]:
        parts = [
            rows[first : first + _SHARD_ROWS]
            for rows in self.rows.values()
            for first in range(0, len(rows), _SHARD_ROWS)
        ]
        return [Unit(f"{place:05d}", len(part), part) for place, part in enumerate(parts)]

    def read(self, unit: Unit) -> RowBlock:
        assert self.people is not None
        table = opened(self.people)
        rows = [table.row(int(number)) for number in unit.content]
        parts = table.manifest.parts if unit.name == "00000" else ()
        problems = chain.from_iterable(shard.problems for part in parts for shard in part.shards)
        return RowBlock(
            data_set=rows[0].origin.data_set,
            ids=[row.id for row in rows],
            files=[row.origin.file for row in rows],
            frames=[row.origin.frame for row in rows],
            splits=[row.split for row in rows],
            pose=table.poses(unit.content),
            images=[list(row.images) for row in rows],
            keypoints=[list(row.keypoints) for row in rows],
            cameras=[row.camera for row in rows],
            problems=list(problems),
        )


def _finished(table: Path, builder: Builder) -> Part | None:
    """The part that a builder makes, if it is in the table with all of its shards."""
    if not (table / MANIFEST).exists():
        return None
    part = read_manifest(table).find(builder.kind, builder.name)
    whole = part is not None and all(recorded_shard(table / part.folder / shard.name) for shard in part.shards)
    return part if whole else None


def _work(table: Path, name: str) -> Path:
    """Folder for what is needed until a part is finished."""
    folder = table / WORKSHOP / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(folder, f"cannot be made: {reason(error)}", remedy="choose another place") from None
    return folder
