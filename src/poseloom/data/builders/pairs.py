"""`pair_table`: pairs of poses with instructions, mined by geometry, with any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64
from numpy import ndarray as Array

from poseloom.data.build import Report, Unit, Written, build
from poseloom.data.builders.neighbours import Mine, Mined, MiningOptions, neighbours
from poseloom.data.builders.tables import opened
from poseloom.data.executors import Executor
from poseloom.data.manifest import Part, PartKind, fingerprint
from poseloom.data.numerics import one_thread
from poseloom.data.schema import Pair, Text, TextKind
from poseloom.data.shards import write_pairs
from poseloom.data.table import Table
from poseloom.language import instruct, instructions
from poseloom.language.posefix.versions import version_of
from poseloom.pose import Pose

AT_ONCE = 512

Instruct = Callable[[Pose, Pose, int, "Int64[Array, ' n']", bool], list[str]]
"""(first poses, second poses, seed, row numbers of the first, are they of one recording) -> one instruction a pair. A
function of a module."""


def _by_rule(pose_a: Pose, pose_b: Pose, seed: int, rows: Int64[Array, " n"], in_sequence: bool) -> list[str]:
    return instruct(pose_a, pose_b, seed=seed)


@dataclass(frozen=True)
class Pairing:
    """A way to find pairs and to put them into words.

    Args:
        name: kept as the source of the texts.
        mine, instruct: see `Mine` and `Instruct`.
    """

    name: str
    mine: Mine
    instruct: Instruct


BY_RULE = Pairing("instruct", neighbours, _by_rule)


def instructions_of(version: str) -> Pairing:
    """Instructions by paircodes in the manner of PoseFix.

    Raises:
        PoseloomError: there is no such version.
    """
    version_of(version)
    return Pairing(f"instructions-{version}", neighbours, partial(_instruction, version))


def _instruction(
    version: str, pose_a: Pose, pose_b: Pose, seed: int, rows: Int64[Array, " n"], in_sequence: bool
) -> list[str]:
    return instructions(pose_a, pose_b, version, seed, in_sequence)


@dataclass(frozen=True)
class PairsBuilder:
    """Adds pairs to a table; after rows were appended, those among them."""

    table: Path
    pairing: Pairing = BY_RULE
    mining: MiningOptions = field(default_factory=MiningOptions)
    seed: int = 0
    kind: PartKind = PartKind.PAIRS

    @property
    def name(self) -> str:
        return f"{self.pairing.name}-{fingerprint(self.options())}"

    def options(self) -> Mapping[str, Any]:
        return {"pairing": self.pairing.name, **self.mining.to_json(), "seed": self.seed}

    def units(self) -> list[Unit]:
        table = opened(self.table)
        return [Unit(name, len(table.rows_in_shard(name)), None) for name in table.shard_names()]

    def write(self, unit: Unit, folder: Path) -> Written:
        table = opened(self.table)
        with one_thread():
            mined = self.pairing.mine(table, unit.name, self.mining)
            pairs = instructed_pairs(table, mined, self.pairing, self.seed)
        table.release()
        write_pairs(folder, pairs)
        return Written(len(pairs))


def instructed_pairs(table: Table, mined: Mined, pairing: Pairing, seed: int) -> list[Pair]:
    """Pairs with their instructions, some at a time: memory does not grow with their number."""
    firsts = range(0, len(mined.row_a), AT_ONCE)
    parts = (Mined(*(column[first : first + AT_ONCE] for column in mined)) for first in firsts)
    pairs = [pair for part in parts for pair in _with_instructions(table, part, pairing, seed)]
    return [replace(pair, number=place) for place, pair in enumerate(pairs)]


def _with_instructions(table: Table, mined: Mined, pairing: Pairing, seed: int) -> list[Pair]:
    words = [""] * len(mined.row_a)
    for in_sequence in (True, False):
        places = np.flatnonzero(mined.in_sequence == in_sequence)
        if len(places) == 0:
            continue
        first, second = (table.poses(rows[places]) for rows in (mined.row_a, mined.row_b))
        if not in_sequence:  # of two recordings, the way they face says nothing
            first, second = first.without_heading(), second.without_heading()
        told = pairing.instruct(first, second, seed, mined.row_a[places], in_sequence)
        for place, text in zip(places, told, strict=True):
            words[place] = text
    kind = TextKind.AUTOMATIC.value
    return [_pair(table, mined, place, Text(text, kind, pairing.name, seed)) for place, text in enumerate(words)]


def _pair(table: Table, mined: Mined, place: int, text: Text) -> Pair:
    row_a, row_b = int(mined.row_a[place]), int(mined.row_b[place])
    id_a, id_b = table.id(row_a), table.id(row_b)
    return Pair(
        number=place,
        id=f"{id_a}>{id_b}",
        id_a=id_a,
        id_b=id_b,
        row_a=row_a,
        row_b=row_b,
        in_sequence=bool(mined.in_sequence[place]),
        split=table.split(row_a),
        texts=(text,),
    )


def pair_table(
    table: str | Path,
    seed: int = 0,
    executor: Executor | None = None,
    *,
    mining: MiningOptions | None = None,
    pairing: Pairing = BY_RULE,
    report: Report | None = None,
) -> Part:
    """Add pairs with instructions to a table. The same seed gives the same pairs with any number of workers.

    Raises:
        PoseloomError: there is no table, a shard is damaged, or see `build`.
    """
    builder = PairsBuilder(Path(table), pairing, mining or MiningOptions(), seed)
    return build(table, builder, executor, report=report)
