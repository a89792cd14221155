"""How limbs move from one pose to another, measured: what arms and legs share. Any number of pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from poseloom.language.description.figure import Array, Figure, degrees_between, unit
from poseloom.language.description.limbs import LEVELS, SECTORS, Direction, own_frame
from poseloom.language.description.stating import grade
from poseloom.language.instruction.change import SHIFT, Change

RISE = 0.10
"""Metres by which the end of a limb goes up or down where it is told to be raised or lowered."""
_AXES = (("in", "out"), ("down", "up"), ("back", "forward"))
_NO_SECTOR = ("down", "up", "plumb", "vertical_up", "vertical_down")


@dataclass(frozen=True, eq=False)
class Moves:
    """Of a limb's upper part, lower part and whole: left before right."""

    ends: Float[np.ndarray, "2 pairs 3"]
    """How the hand or foot moves against shoulder or hip: metres (outward, up, forward) in the body's frames."""
    middles: Float[np.ndarray, "2 pairs 3"]
    """How the elbow or knee does."""
    upper_turn: Float[np.ndarray, "2 pairs"]
    """Degrees by which the upper part turns in those frames."""
    lower_turn: Float[np.ndarray, "2 pairs"]


def moves_of(first: Figure, second: Figure, chain: tuple[str, str, str], frame: str, upright: np.ndarray) -> Moves:
    """Measures the limb of the joints `chain` in the frame ``chest`` or ``pelvis``, made plumb where both poses stand.

    Where only one of both poses is upright, there is no common up: the frames are those of the body.
    """
    measured = []
    for figure in (first, second):
        own = own_frame(getattr(figure, f"{frame}_frame"), upright)
        root, middle, end = (figure.both(part) for part in chain)
        measured.append([figure.own(one, own) for one in (middle - root, end - root, end - middle)])
    (upper, whole, lower), (later_upper, later_whole, later_lower) = measured
    return Moves(
        later_whole - whole,
        later_upper - upper,
        degrees_between(unit(upper), unit(later_upper)),
        degrees_between(unit(lower), unit(later_lower)),
    )


def knee_and_elbow_angles(figure: Figure) -> Float[np.ndarray, "4 poses"]:
    """Degrees at left knee, right knee, left elbow, right elbow; 180 is straight."""
    values: Float[np.ndarray, "4 poses"] = figure.codes.all_values[figure.codes.plan.kinds[0].rows].numpy()
    return values


def shift_change(move: Array, side: str, noun: str) -> list[Change]:
    """A small move along the axis on which it is largest."""
    axis = int(np.abs(move).argmax())
    far = abs(float(move[axis]))
    reached = grade(far, SHIFT)
    if not reached:
        return []
    return [Change(far / SHIFT[0], f"shift.{_AXES[axis][int(move[axis] > 0)]}", reached - 1, side=side, noun=noun)]


def going(rise: float) -> str:
    """Whether something is raised, lowered, or turned elsewhere."""
    return "up" if rise >= RISE else "down" if rise <= -RISE else "aside"


def pairs_of(direction: Direction) -> list[list[tuple[str, str]]]:
    """(level, sector) by side and pose; no sector where it cannot be seen."""
    return [
        [
            (LEVELS[level], "" if LEVELS[level] in _NO_SECTOR else SECTORS[sector])
            for level, sector in zip(levels, sectors, strict=True)
        ]
        for levels, sectors in zip(direction.level.tolist(), direction.sector.tolist(), strict=True)
    ]
