"""Facts made of measured classes: where limbs point, and facts of both sides as one where they agree."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from poseloom.language.description.fact import Fact, one_fact
from poseloom.language.description.figure import SIDES
from poseloom.language.description.limbs import LEVELS, SECTORS, Direction

BENDS = ("folded", "sharp", "square", "moderate", "slight", "straight")
"""Words for the six categories of the posecode "angle", in its order."""
STRAIGHT, SLIGHT = 5, 4
_NO_SECTOR = ("down", "up", "plumb", "vertical_up", "vertical_down")


def way(value: float) -> str:
    """The side that a positive (left) or negative (right) value goes to."""
    return SIDES[0] if value > 0 else SIDES[1]


def grade(value: float, bounds: tuple[float, ...]) -> int:
    """How many bounds a value reaches: 0 is not worth telling."""
    return sum(value >= bound for bound in bounds)


def classes_of(direction: Direction) -> list[list[tuple[str, str]]]:
    """(level, sector) by side and pose."""
    return [
        [(LEVELS[level], SECTORS[sector]) for level, sector in zip(levels, sectors, strict=True)]
        for levels, sectors in zip(direction.level.tolist(), direction.sector.tolist(), strict=True)
    ]


def points(subject: str, context: str, direction: tuple[str, str], side: str) -> Fact:
    """Where a limb points."""
    level, sector = direction
    group = "legs" if subject in ("thigh", "leg", "shin") else "arms"
    named = "" if level in _NO_SECTOR else sector
    return one_fact(group, subject, f"{subject}.{context}.{level}", side=side, sector=named)


def merged(left: list[Fact], right: list[Fact]) -> list[Fact]:
    """Facts of both sides as one where they agree; else side by side, in an order that does not know left."""
    if [fact.blind() for fact in left] == [fact.blind() for fact in right]:
        return [_of_both(fact) for fact in left]
    key = [tuple(fact.blind() for fact in side) for side in (left, right)]
    first, second = (left, right) if key[0] <= key[1] else (right, left)
    if len(left) == len(right) == 2 and key[0][0] == key[1][0] and left[1].subject == right[1].subject:
        return [_of_both(left[0]), first[1], second[1]]
    return [*first, *second]


@lru_cache(maxsize=1 << 12)
def _with_sides(fact: Fact, relation: str) -> Fact:
    return replace(fact, side="both", target_side=relation)


def _of_both(fact: Fact) -> Fact:
    relation = fact.blind()[-1]
    return _with_sides(fact, relation)
