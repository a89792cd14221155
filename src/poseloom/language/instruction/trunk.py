"""What trunk and head do, degrees: lean, twist, turn, nod; words that say how far also say how it ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poseloom.language.description.figure import Array, Figure, dot
from poseloom.language.instruction.change import HEAD, LEAN, TWIST, Change, graded_change, moderate, way

UPRIGHT = 10.0
"""Degrees of lean below which the trunk is called upright."""


def turn_of(first: Figure, second: Figure) -> Array:
    """Degrees by which each person turns to the left, read off the hips."""
    a, b = first.ahead, second.ahead
    return np.degrees(np.arctan2(a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2], dot(a, b)))


def lean_forward(figure: Figure) -> Array:
    """Degrees by which the trunk leans to where the person faces."""
    return np.degrees(np.arctan2(dot(figure.trunk, figure.ahead), figure.trunk[:, 1]))


def lean_aside(figure: Figure) -> Array:
    """Degrees by which the trunk leans to the person's left."""
    return np.degrees(np.arcsin(np.clip(dot(figure.trunk, figure.aside), -1, 1)))


def twist_change(turn: float, after: float) -> list[Change]:
    """Twisting further, less far, or back to the front."""
    if abs(after) < TWIST[0]:
        return [replace(one, name="twist.straight", degree=0, direction="") for one in graded_change("", turn, TWIST)]
    if turn * after < 0:
        return graded_change("twist.less", turn, TWIST, way(after))
    return graded_change("twist.more", moderate(turn, after), TWIST, way(turn))


def head_moves(turn: float, nod: float, tilt: float, turned: float, nodded: float, tilted: float) -> list[Change]:
    """What the head does, and where it comes back to the front or upright."""
    turns = _to_end(turn, turned, ("head.turn", "head.turn"), "head.ahead") if turn == turn else []
    nods = _to_end(nod, nodded, ("head.nod", "head.back" if nodded < 0 else "head.raise"), "head.level")
    tilts = _to_end(tilt, tilted, ("head.tilt", "head.tilt"), "head.middle")
    if nods and tilts and nods[0].name == "head.level" and tilts[0].name == "head.middle":
        return [*turns, Change(max(nods[0].size, tilts[0].size), "head.upright")]
    return [*turns, *nods, *tilts]


def _to_end(change: float, after: float, names: tuple[str, str], neutral: str) -> list[Change]:
    """A move of the head, graded by how far it goes and ends; or its end, if that is the middle."""
    if abs(after) < HEAD[0]:
        return [replace(one, name=neutral, degree=0) for one in graded_change("", change, HEAD)]
    if change * after > 0:
        change = moderate(change, after)
    return graded_change(names[int(change < 0)], change, HEAD, "" if names[0] != names[1] else way(change))


def leans(ahead: float, ahead_after: float, left: float, left_after: float) -> list[Change]:
    """Leaning to the front and to the sides: further, less far, or upright again."""
    front, aside = ahead_after - ahead, left_after - left
    along, across = _lean(front, ahead_after, _ALONG), _lean(aside, left_after, _ACROSS)
    if abs(ahead_after) < UPRIGHT and abs(left_after) < UPRIGHT and (along or across):
        return [Change(max(one.size for one in (*along, *across)), "lean.upright")]
    return [*along, *across]


_ALONG = (("lean.forward", "lean.back"), ("lean.less_forward", "lean.less_back"))
_ACROSS = (("lean.aside", "lean.aside"), ("lean.less_aside", "lean.less_aside"))


def _lean(change: float, after: float, names: tuple[tuple[str, str], tuple[str, str]]) -> list[Change]:
    """A lean further to the side of the end, or less far to the side of the start."""
    sided = names is _ACROSS
    if change * after < 0 or abs(after) < UPRIGHT:
        return graded_change(names[1][int(change > 0)], change, LEAN, way(-change) if sided else "")
    return graded_change(names[0][int(change < 0)], moderate(change, after), LEAN, way(change) if sided else "")
