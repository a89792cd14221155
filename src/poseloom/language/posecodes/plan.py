"""The tables turned into index tensors, once: what `evaluate` does with a block of poses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from poseloom.language.posecodes.points import POINT_INDEX
from poseloom.language.posecodes.tables import (
    STRONG,
    WEAK,
    MeasurementKind,
    PosecodeCondition,
    PosecodeTables,
    posecode_tables,
)

RARE, TOLD, SILENT = 2, 1, 0
"""Eligibility: never skipped, may be told, not told."""


@dataclass(frozen=True)
class KindPlan:
    """One kind: the rows that it fills and the points that it takes."""

    kind: MeasurementKind
    rows: slice
    sets: Tensor
    """(joints of a set, sets): indices of points."""
    names: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plan:
    """Rows are elementary posecodes in order of evaluation (271, or 268 without rotations)."""

    tables: PosecodeTables
    rows: int
    kinds: tuple[KindPlan, ...]
    stated_rows: tuple[tuple[int, int, int], ...]
    """(row, category, eligibility) wherever the eligibility is not zero whatever the rest of the pose."""
    condition_rows: Tensor
    condition_categories: Tensor
    """(conditions, 1): the distinct conditions of all ways; two more rows mean "always" and "never"."""
    ways: Tensor
    """(ways of a super, conditions of a way, supers): indices of conditions."""
    super_eligibility: Tensor
    """(supers, 1)."""
    demotions: tuple[tuple[int, int, tuple[int, ...]], ...]
    """(row, condition, supers): the row falls silent where the condition and one of the supers hold."""


@cache
def plan_of(rotations: bool, device: str = "cpu") -> Plan:
    """The plan for poses with or without rotations."""
    tables = posecode_tables()
    rows = tables.rows(rotations)
    number = {(kind.name, one.joints): row for row, (kind, one) in enumerate(rows)}
    conditions, ways = _ways(tables, number)
    weak, demotions = _support(tables, rows, number, conditions)
    told = []
    for row, (kind, one) in enumerate(rows):
        for category, name in enumerate(kind.categories):
            if name in one.acceptable and (row, category) not in weak:
                told.append((row, category, RARE if name in one.rare else TOLD))
    eligibility = [[RARE if one.rare else TOLD] for one in tables.supers]
    category_of = [tables.kinds[one.kind].categories.index(one.category) for one in conditions]
    return Plan(
        tables,
        len(rows),
        tuple(_kinds(tables, rotations, device)),
        tuple(told),
        torch.tensor([number[one.kind, one.joints] for one in conditions], device=device),
        torch.tensor(category_of, dtype=torch.int8, device=device)[:, None],
        ways.to(device),
        torch.tensor(eligibility, dtype=torch.int8, device=device),
        demotions,
    )


def _kinds(tables: PosecodeTables, rotations: bool, device: str) -> list[KindPlan]:
    made = []
    first = 0
    for kind in tables.kinds.values():
        if kind.needs_rotations and not rotations:
            continue
        sets = tables.sets[kind.name]
        indices = torch.tensor([[POINT_INDEX[joint] for joint in one.joints] for one in sets], device=device)
        names = tuple(one.joints for one in sets)
        made.append(KindPlan(kind, slice(first, first + len(sets)), indices.T.contiguous(), names))
        first += len(sets)
    return made


def _ways(
    tables: PosecodeTables, number: dict[tuple[str, tuple[str, ...]], int]
) -> tuple[dict[PosecodeCondition, int], Tensor]:
    """The distinct conditions, numbered, and for every super its ways padded with "always" and "never"."""
    usable = [
        [way for way in one.ways if all((part.kind, part.joints) in number for part in way)] for one in tables.supers
    ]
    conditions: dict[PosecodeCondition, int] = {}
    for part in (part for ways in usable for way in ways for part in way):
        conditions.setdefault(part, len(conditions))
    always, never = len(conditions), len(conditions) + 1
    most_ways = max(len(ways) for ways in usable)
    longest = max(len(way) for ways in usable for way in ways)
    table = torch.full((most_ways, longest, len(usable)), always)
    for column, ways in enumerate(usable):
        table[len(ways) :, 0, column] = never
        for position, way in enumerate(ways):
            table[position, : len(way), column] = torch.tensor([conditions[part] for part in way])
    return conditions, table


def _support(
    tables: PosecodeTables,
    rows: list,
    number: dict[tuple[str, tuple[str, ...]], int],
    conditions: dict[PosecodeCondition, int],
) -> tuple[set[tuple[int, int]], tuple[tuple[int, int, tuple[int, ...]], ...]]:
    """Categories that are never told, as (row, category), and those that are silent beside a super-posecode."""
    weak: set[tuple[int, int]] = set()
    strong: dict[tuple[int, int], list[int]] = {}
    for column, one in enumerate(tables.supers):
        for part in (part for way in one.ways for part in way):
            row = number.get((part.kind, part.joints))
            if row is None:
                continue
            kind, joint_set = rows[row]
            support = joint_set.support.get(part.category)
            if support == WEAK:
                weak.add((row, kind.categories.index(part.category)))
            elif support == STRONG:
                supers = strong.setdefault((row, conditions[part]), [])
                if column not in supers:
                    supers.append(column)
    return weak, tuple((row, condition, tuple(supers)) for (row, condition), supers in strong.items())
