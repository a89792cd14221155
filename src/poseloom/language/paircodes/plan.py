"""The tables of paircodes turned into rows and index tensors, once: what is done with a block of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from poseloom.language.paircodes.tables import (
    AXES,
    Bound,
    PaircodeTables,
    PairCondition,
    PairKind,
    PairSet,
    SuperPaircode,
    paircode_tables,
)
from poseloom.language.posecodes.plan import RARE, TOLD
from poseloom.language.posecodes.points import POINT_INDEX
from poseloom.language.posecodes.tables import WEAK, posecode_tables

_FORWARD = "bodyInclineX"
"""The measurement that counts only where both poses are upright."""


@dataclass(frozen=True)
class ConditionPlan:
    """One condition: categories `low` to `high` of a row, of the pair or of one of its poses."""

    row: int
    low: int
    high: int
    pose: int | None
    """None: a row of paircodes; 0 or 1: a row of posecodes of the first or second pose."""


@dataclass(frozen=True)
class PairPlan:
    """Rows are elementary paircodes in order of evaluation (49, or 47 without rotations)."""

    tables: PaircodeTables
    rows: tuple[tuple[PairKind, PairSet], ...]
    rows_of: dict[str, slice]
    """By kind."""
    measured_rows: Tensor
    """Rows that are differences of posecodes, and the rows of those posecodes."""
    pose_rows: Tensor
    place_rows: Tensor
    """Rows that are differences of coordinates, with the axis and the point of each."""
    place_axes: Tensor
    place_points: Tensor
    upright_row: int
    switches: Tensor
    """(rows, 1): the category that says nothing."""
    conditions: tuple[ConditionPlan, ...]
    ways: tuple[tuple[tuple[int, ...], ...], ...]
    """For every super-paircode its ways, as positions of conditions."""
    super_eligibility: Tensor
    demotions: tuple[tuple[int, int, tuple[int, ...]], ...]
    """(row, condition, supers): the row falls silent where the condition and, if any are listed, a super hold."""
    pose_demotions: tuple[tuple[int, int, tuple[int, ...]], ...]
    """(row of posecodes, pose 0 or 1, supers): that posecode of that pose falls silent where a super holds."""


@cache
def pair_plan_of(rotations: bool, device: str = "cpu") -> PairPlan:
    """The plan for poses with or without rotations."""
    tables = paircode_tables()
    rows = tuple(tables.rows(rotations))
    pose_rows = _pose_rows(rotations)
    measured = [row for row, (kind, _) in enumerate(rows) if kind.measure not in AXES]
    places = [row for row, (kind, _) in enumerate(rows) if kind.measure in AXES]
    conditions, ways = _ways(tables, rows, pose_rows)
    return PairPlan(
        tables,
        rows,
        _slices(rows),
        torch.tensor(measured, device=device),
        torch.tensor([pose_rows[rows[row][0].measure, rows[row][1].joints] for row in measured], device=device),
        torch.tensor(places, device=device),
        torch.tensor([AXES.index(rows[row][0].measure) for row in places], device=device),
        torch.tensor([POINT_INDEX[rows[row][1].joints[0]] for row in places], device=device),
        next(row for row, (kind, _) in enumerate(rows) if kind.measure == _FORWARD),
        torch.tensor([kind.switch for kind, _ in rows], dtype=torch.int8, device=device)[:, None],
        tuple(conditions.values()),
        ways,
        torch.tensor([[RARE if one.rare else TOLD] for one in tables.supers], dtype=torch.int8, device=device),
        tuple(_demotions(tables, rows, conditions)),
        tuple(_pose_demotions(tables.supers, pose_rows)),
    )


def _pose_rows(rotations: bool) -> dict[tuple[str, tuple[str, ...]], int]:
    return {(kind.name, one.joints): row for row, (kind, one) in enumerate(posecode_tables().rows(rotations))}


def _slices(rows: tuple[tuple[PairKind, PairSet], ...]) -> dict[str, slice]:
    names = [kind.name for kind, _ in rows]
    return {name: slice(names.index(name), names.index(name) + names.count(name)) for name in dict.fromkeys(names)}


def _ways(
    tables: PaircodeTables,
    rows: tuple[tuple[PairKind, PairSet], ...],
    pose_rows: dict[tuple[str, tuple[str, ...]], int],
) -> tuple[dict[PairCondition, ConditionPlan], tuple[tuple[tuple[int, ...], ...], ...]]:
    """The distinct conditions, and for every super-paircode its ways as their positions."""
    number = {(kind.name, one.joints): row for row, (kind, one) in enumerate(rows)}
    conditions: dict[PairCondition, ConditionPlan] = {}
    for part in (part for one in tables.supers for way in one.ways for part in way):
        if part in conditions:
            continue
        if part.bound.of_pair:
            low, high = _reach(tables.kinds[part.kind], part)
            conditions[part] = ConditionPlan(number[part.kind, part.joints], low, high, None)
        else:
            category = posecode_tables().kinds[part.kind].categories.index(part.category)
            pose = 0 if part.bound is Bound.FIRST else 1
            conditions[part] = ConditionPlan(pose_rows[part.kind, part.joints], category, category, pose)
    place = {part: position for position, part in enumerate(conditions)}
    return conditions, tuple(tuple(tuple(place[part] for part in way) for way in one.ways) for one in tables.supers)


def _reach(kind: PairKind, part: PairCondition) -> tuple[int, int]:
    """First and last category that meet a condition on the pair."""
    category = kind.categories.index(part.category)
    if part.bound is Bound.STRICT:
        return category, category
    return (0, kind.switch - 1) if category < kind.switch else (kind.switch + 1, len(kind.categories) - 1)


def _demotions(
    tables: PaircodeTables,
    rows: tuple[tuple[PairKind, PairSet], ...],
    conditions: dict[PairCondition, ConditionPlan],
) -> list[tuple[int, int, tuple[int, ...]]]:
    found: dict[tuple[int, int], list[int]] = {}
    for position, (part, plan) in enumerate(conditions.items()):
        if not part.bound.of_pair:
            continue
        support = _support_of(rows[plan.row], part)
        if support is None:
            continue
        supers = [place for place, one in enumerate(tables.supers) if any(part in way for way in one.ways)]
        found[plan.row, position] = [] if support == WEAK else supers
    return [(row, condition, tuple(supers)) for (row, condition), supers in found.items()]


def _support_of(row: tuple[PairKind, PairSet], part: PairCondition) -> int | None:
    kind, one = row
    if part.bound is Bound.STRICT:
        return one.support.get(part.category)
    wanted = kind.direction(part.category)
    return next((support for name, support in one.support_direction.items() if kind.direction(name) == wanted), None)


def _pose_demotions(
    supers: list[SuperPaircode], pose_rows: dict[tuple[str, tuple[str, ...]], int]
) -> list[tuple[int, int, tuple[int, ...]]]:
    tables = posecode_tables()
    found: dict[tuple[int, int], list[int]] = {}
    for place, one in enumerate(supers):
        for part in {part for way in one.ways for part in way if not part.bound.of_pair}:
            measured = next(row for row in tables.sets[part.kind] if row.joints == part.joints)
            if part.category not in measured.absolute:
                continue
            pose = 0 if part.bound is Bound.FIRST else 1
            found.setdefault((pose_rows[part.kind, part.joints], pose), []).append(place)
    return [(row, pose, tuple(dict.fromkeys(places))) for (row, pose), places in sorted(found.items())]
