"""How somebody who stands sets the feet on the ground: heels that are up, a foot just off the ground, a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from poseloom.language.description.figure import Figure, dot
from poseloom.language.description.posture import ANKLE_ABOVE_TOES, FOOT_DOWN, FOOT_LIFTED, Ground

HEEL_UP = 0.06
"""Metres by which the ankle is higher over the toes than on a flat foot."""
_ROLLING, _ROLLING_FAR, _TOES_UP = 0.045, 0.02, 0.05
"""Metres by which it is higher on a foot that rolls off, also after a long step, and lower on one that lands."""
STEP, LONG_STEP = 0.20, 0.45
"""Metres from ankle to ankle along the way that the hips face."""
HOVERING = 0.07
"""Metres between the ground and the lowest point of a foot that only just leaves it."""
_UPRIGHT = 30.0
"""Degrees by which somebody who steps may lean."""
_STRADDLE = 0.45
"""Metres between the ankles, sideways, from which a step is a stance."""


@dataclass(frozen=True)
class Footing:
    """Measures of both feet, left before right; `width` and `step` are those of the left ankle from the right one."""

    width: Float[np.ndarray, " poses"]
    step: Float[np.ndarray, " poses"]
    heels: Bool[np.ndarray, "2 poses"]
    """Which heels are up over toes that are on the ground."""
    hovering: Bool[np.ndarray, "2 poses"]
    """Which foot is just off the ground, the other one being on it."""
    walking: Bool[np.ndarray, " poses"]
    """Whether one foot is set in front while the other one rolls off, or is just coming down on its heel."""


def footing_of(figure: Figure, ground: Ground) -> Footing:
    """How the feet of every pose are set."""
    ankles = figure.both("ankle")
    width, step = (dot(ankles[0] - ankles[1], axis) for axis in (figure.aside, figure.ahead))
    rise = ankles[..., 1] - figure.both("foot")[..., 1] - ANKLE_ABOVE_TOES
    heels = np.asarray((rise > HEEL_UP) & (ground.feet < FOOT_DOWN))
    hovering = (ground.feet >= HOVERING) & (ground.feet[::-1] < HOVERING) & (ground.feet < FOOT_LIFTED)
    in_front = np.stack([step > STEP, step < -STEP])
    least = np.where(np.abs(step) > LONG_STEP, _ROLLING_FAR, _ROLLING)
    rolling = in_front & ((rise[::-1] > least) | (rise < -_TOES_UP))
    calm = (figure.tilt < _UPRIGHT) & (np.abs(width) < _STRADDLE)
    return Footing(width, step, heels, np.asarray(hovering), np.asarray(rolling.any(0) & calm))
