"""Values of claims over sides and parts: both must agree, either may, words that say how a move ends."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from poseloom.language.claims.claim import Claim
from poseloom.language.description.figure import SIDES
from poseloom.language.instruction.change import BOTH, moderate

JOINT_OF = {"arm": "elbow", "leg": "knee", "forearm": "elbow", "shin": "knee", "lowerleg": "knee", "upperarm": "elbow"}
JOINT_OF |= {"thigh": "knee", "hand": "elbow", "foot": "knee"}
"""The joint that bends when one of these is told to."""
POINTS_OF: dict[str, tuple[str, ...]] = {
    "arm": ("hand", "elbow"),
    "forearm": ("hand",),
    "upperarm": ("elbow",),
    "wrist": ("hand",),
    "index": ("hand",),
    "leg": ("foot", "knee"),
    "lowerleg": ("foot",),
    "shin": ("foot",),
    "thigh": ("knee",),
    "ankle": ("foot",),
    "toes": ("foot",),
}
"""What is measured where a larger or another part is named."""
SLACK = 1e-3
"""Metres or degrees: what rounding may take from a measure."""


def signed(value: float | np.floating, positive: bool) -> float:
    return float(value if positive else -value)


def ended(change: float | np.floating, after: float | np.floating, positive: bool, claim: Claim) -> float:
    """The value of a move whose words also say how it ends."""
    if change * after > 0 and ".less" not in claim.name:
        change = moderate(float(change), float(after))
    return signed(change, positive)


def agreed(values: list[float], floor: float) -> float:
    """The value of a limb whose parts go the same way: the largest; else the smallest."""
    return max(values) if all(value >= floor - SLACK for value in values) else min(values)


def over_sides(side: str, measure: Callable[[str], float]) -> float:
    """The value of a side; the least of both, the largest of one that is not named."""
    if side in SIDES:
        return measure(side)
    values = [measure(one) for one in SIDES]
    return min(values) if side == BOTH else max(values)


def all_sides(side: str, holds: Callable[[str], bool]) -> bool:
    if side in SIDES:
        return holds(side)
    return (all if side == BOTH else any)(holds(one) for one in SIDES)
