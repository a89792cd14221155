"""One thing to do, as data: what `changes` gives and what a text is read back to."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.language.description.figure import SIDES
from poseloom.language.description.stating import grade

BOTH = "both"
OWN, OTHER = "own", "other"
"""Sides of a place that both limbs go to: each on its own side, or across."""
OPPOSITE = {"left": "right", "right": "left"}

# Smallest change worth telling, then that of a clear one, then that of a large one. The bounds of joint angles are
# those of PoseFix's paircodes.
BEND = (18.0, 45.0, 80.0)
LEAN = (10.0, 25.0, 45.0)
TWIST = (12.0, 25.0, 45.0)
HEAD = (15.0, 30.0, 55.0)
SHIFT = (0.12, 0.25, 0.45)
"""Metres by which a hand or foot moves against its shoulder or hip."""
STRAIGHT = 160.0
"""Degrees at an elbow or knee from which it is called straight, as in descriptions."""

STRETCHED = 145.0
"""Degrees at an elbow or knee from which a limb points as a whole."""


@dataclass(frozen=True)
class Change:
    """One thing to do. `size` is in units of the smallest change worth telling."""

    size: float
    name: str
    """Entry in the file of instructions."""
    degree: int = 0
    """0 slight, 1 clear, 2 large, for entries that are graded."""
    side: str = ""
    """``left``, ``right`` or ``both`` for limbs."""
    direction: str = ""
    """``left`` or ``right`` for leaning and turning."""
    noun: str = ""
    amount: float = 0.0
    """Degrees, for turning the whole body."""
    goal: str = ""
    """Where a limb points in the end, such as ``arm.upright.level``: an entry among the goals of the file."""
    sector: str = ""
    """Horizontal direction of the goal: forward, out, across, ..."""
    place: str = ""
    """Noun of the place where a hand ends, such as knee."""
    place_side: str = ""
    """``left``, ``right``, ``own``, ``other``, or empty for places in the middle."""

    def blind(self) -> tuple:
        """What is left when left and right are not told apart; places are on the own or on the other side."""
        relation = self.place_side
        if relation in OPPOSITE and self.side in OPPOSITE:
            relation = OWN if relation == self.side else OTHER
        return (self.name, self.degree, self.noun, self.goal, self.sector, self.place, relation)


def way(value: float) -> str:
    """The side that a positive or negative turn or lean goes to."""
    return SIDES[0] if value > 0 else SIDES[1]


def graded_change(name: str, value: float, bounds: tuple[float, float, float], direction: str = "") -> list[Change]:
    """A change in one of three grades, or none where the first bound is not reached."""
    reached = grade(abs(value), bounds)
    return [Change(abs(value) / bounds[0], name, reached - 1, direction=direction)] if reached else []


def moderate(change: float, after: float) -> float:
    """A change whose words also say how it ends (far, deeply): no larger than the end itself."""
    return change if abs(change) <= abs(after) else abs(after) * (1 if change > 0 else -1)


def bent(opening: float, after: float, side: str, joint: str, limb: str) -> list[Change]:
    """How a joint bends: by how many degrees it opens, and its angle in the end."""
    reached = grade(abs(opening), BEND)
    if not reached:
        return []
    size = abs(opening) / BEND[0]
    if opening < 0:
        return [Change(size, "bend", reached - 1, side=side, noun=joint)]
    if after >= STRAIGHT:
        return [Change(size, "straighten", side=side, noun=limb)]
    return [Change(size, "unbend", reached - 1, side=side, noun=joint)]
