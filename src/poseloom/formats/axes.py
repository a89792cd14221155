"""The axis that points up in a file's world, and the turn that brings it to +Y; units of length."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.base.errors import PoseloomError

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

TO_Y_UP: dict[str, Matrix] = {
    "y": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "z": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)),
    "-y": ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, -1.0)),
    "-z": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
    "x": ((0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "-x": ((0.0, 1.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}
"""Axis that points up -> rotation of the world that makes it +Y. ``-y`` is a camera's: y down, z away from it."""
UNITS = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "in": 0.0254, "foot": 0.3048, "ft": 0.3048}
_CLEARLY = 0.7
"""Cosine of the angle to an axis below which a direction is taken for it."""


def up_axis(word: str) -> str:
    """The key of `TO_Y_UP` that a user's word means: ``Y``, ``+y``, ``y`` are one.

    Raises:
        PoseloomError: none.
    """
    key = word.strip().lower().removeprefix("+")
    if key not in TO_Y_UP:
        raise PoseloomError(f"up: expected one of {', '.join(TO_Y_UP)}, got {word!r}"[:200])
    return key


def metres_of(unit: float | str) -> float:
    """Metres a unit.

    Raises:
        PoseloomError: neither a known word nor a positive number.
    """
    if isinstance(unit, str) and unit.strip().lower() in UNITS:
        return UNITS[unit.strip().lower()]
    try:
        value = float(unit)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise PoseloomError(f"unit: expected {', '.join(UNITS)} or metres a unit, got {unit!r}"[:200])
    return value


def nearest_axis(direction: Float[ndarray, " 3"]) -> str | None:
    """The axis that a direction lies along; None where it is between two."""
    length = float(np.linalg.norm(direction))
    if length == 0:
        return None
    axis = int(np.abs(direction).argmax())
    if abs(direction[axis]) < _CLEARLY * length:
        return None
    return ("-" if direction[axis] < 0 else "") + "xyz"[axis]
