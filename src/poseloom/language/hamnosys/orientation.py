"""From finger direction and palm symbol to where the palm looks, and to words for it.

A palm symbol names a direction in the plane of the signer's body. What it means depends on where the hand points: take
the hand that points out (or in, for hands that point backwards) with the palm as named, and turn it by the smallest
rotation to where it points. Checked on dictionary entries: a hand that points up with the palm "up" faces the signer.
"""

from __future__ import annotations

import math
from itertools import product

from poseloom.language.hamnosys.tree import Direction, Vector

_OUT: Vector = (0.0, 0.0, 1.0)
_IN: Vector = (0.0, 0.0, -1.0)
_NAMES = (("left", "", "right"), ("down", "", "up"), ("towards the signer", "", "forward"))
"""For the axes right, up, out: their negative end, nothing, their positive end."""


def palm_normal(fingers: Vector, palm: Direction) -> Vector:
    """Unit vector (right, up, out) in which the palm looks; perpendicular to the hand.

    Args:
        fingers: unit vector in which the hand points.
        palm: direction of a palm symbol, in the plane of the body.
    """
    base = _OUT if fingers[2] >= 0 else _IN
    return turned_by_smallest(base, fingers, palm.vector)


def turned_by_smallest(source: Vector, target: Vector, vector: Vector) -> Vector:
    """`vector` turned by the smallest rotation that takes `source` to `target`, two unit vectors not opposite."""
    axis = _cross(source, target)
    cosine = _dot(source, target)
    along = _dot(axis, vector) / (1 + cosine)
    across = _cross(axis, vector)
    x, y, z = (cosine * v + a * along + c for v, a, c in zip(vector, axis, across, strict=True))
    return (x, y, z)


def name_of(vector: Vector) -> str:
    """The nearest of 26 directions in words: ``up and forward``."""
    best = max(_DIRECTIONS, key=lambda direction: _dot(direction[0], vector))
    return best[1]


def _named_directions() -> list[tuple[Vector, str]]:
    found = []
    for steps in product((-1, 0, 1), repeat=3):
        length = math.hypot(*steps)
        if length:
            words = [_NAMES[axis][steps[axis] + 1] for axis in (1, 2, 0) if steps[axis]]
            x, y, z = (step / length for step in steps)
            found.append(((x, y, z), " and ".join(words)))
    return found


def _dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


_DIRECTIONS = _named_directions()
