"""What the whole body does: stands, sits, kneels, lies, ... read off the trunk, the supports and the balance.

The ground is taken to be at the lowest point of the body; whether somebody jumps or hangs cannot be seen in a pose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseloom.language.description.figure import Array, Figure, degrees_between, dot, unit

# Heights in metres above the lowest point, for joints on or in the flesh that rests on the ground.
FOOT_DOWN = 0.10
KNEE_DOWN = 0.20
"""High enough for toes that are tucked under a kneeling person."""
HAND_DOWN = 0.13
ELBOW_DOWN = 0.10
ANKLE_ABOVE_TOES = 0.054
SEATED_ON_FLOOR = 0.27
SEATED_ON_CHAIR = 0.78
ON_HEELS = 0.45
CROSS_LEGGED = 0.50
SHIN_INWARD = -0.6
"""Outward share of both shins of somebody who sits cross-legged: each foot lies under the other knee."""
RECLINED = 65.0
"""Degrees of trunk tilt up to which somebody on the floor still sits, leaning back."""
LYING_PELVIS = 0.34
LYING_NECK = 0.42

BENT_KNEE, SHARP_KNEE, STRAIGHT_KNEE = 115.0, 75.0, 150.0
FOOT_LIFTED = 0.12
"""Metres by which one foot is higher than the other when the person stands on one leg."""
LUNGE_LENGTH = 0.55
SIDE_LUNGE_WIDTH = 0.75
BEHIND_FEET = -0.12
"""Metres of the centre of mass in front of the ankles, below which nobody can stand: the person sits."""


@dataclass(frozen=True)
class Ground:
    """Heights above the lowest point: (2, poses) for left and right, (poses,) for the middle."""

    feet: Array
    knees: Array
    hands: Array
    elbows: Array
    pelvis: Array
    neck: Array
    head: Array


@dataclass(frozen=True)
class Postures:
    """The posture of each pose, and the side that it belongs to: 0 left, 1 right, -1 none."""

    names: list[str]
    sides: NDArray[np.int64]


def ground_of(figure: Figure) -> Ground:
    """Heights of what may touch the ground."""
    ankles = figure.both("ankle")[..., 1] - ANKLE_ABOVE_TOES
    return Ground(
        np.maximum(np.minimum(figure.both("foot")[..., 1], ankles), 0),
        figure.both("knee")[..., 1],
        np.minimum(figure.both("hand")[..., 1], figure.both("wrist")[..., 1]),
        figure.both("elbow")[..., 1],
        figure.at("pelvis")[:, 1],
        figure.at("neck")[:, 1],
        figure.at("head")[:, 1],
    )


def knee_angles(figure: Figure) -> Array:
    """(2, poses): interior angles of the knees, degrees."""
    return figure.codes.all_values[figure.codes.plan.kinds[0].rows][:2].numpy()


def postures_of(figure: Figure, ground: Ground) -> Postures:
    """The first posture in the list whose conditions a pose meets."""
    rules = [*_head_down(figure, ground), *_lying(figure, ground), *_on_knees(figure, ground)]
    rules += [*_seated(figure, ground), *_on_feet(figure, ground)]
    names = np.full(len(figure), "other", dtype=object)
    sides = np.full(len(figure), -1)
    open_ = np.ones(len(figure), bool)
    for name, holds, side in rules:
        taken = open_ & holds
        names[taken] = name
        sides[taken] = np.broadcast_to(side, taken.shape)[taken]
        open_ &= ~taken
    return Postures(names.tolist(), sides)


_Rule = tuple[str, Any, "NDArray[np.int64] | int"]
"""Name, where it holds (a boolean for each pose), and the side that it belongs to."""


def _head_down(figure: Figure, ground: Ground) -> list[_Rule]:
    inverted = (figure.tilt > 125) & (ground.feet.max(0) > ground.pelvis)
    on_hands = (ground.hands < HAND_DOWN).all(0)
    high = ground.head > 0.2
    return [
        ("handstand", inverted & on_hands & high, -1),
        ("upside_down", inverted, -1),
    ]


def _lying(figure: Figure, ground: Ground) -> list[_Rule]:
    flat = (figure.tilt > 55) & (figure.tilt < 125)
    front, left = figure.chest_frame[:, 2, 1], figure.chest_frame[:, 0, 1]
    prone, supine = front < -0.5, front > 0.5
    feet_down, knees_down = ground.feet.min(0) < 0.15, (ground.knees < KNEE_DOWN).any(0)
    propped = (ground.hands < HAND_DOWN).any(0) | (ground.elbows < ELBOW_DOWN).any(0)
    knees = knee_angles(figure)
    thighs = unit(figure.both("knee") - figure.both("hip"))
    stretched = degrees_between(thighs, figure.trunk[None]).min(0) > 135
    # On the side an arm may lie under the body.
    aside = (ground.pelvis < LYING_PELVIS + 0.1) & (ground.neck < LYING_NECK + 0.1) & (np.abs(left) > 0.5)
    low = (ground.pelvis < LYING_PELVIS) & (ground.neck < LYING_NECK)
    # A plank, also a low one, keeps the middle of the body off the ground: the pelvis is higher than the knees.
    clear = (ground.pelvis > 0.2) & (ground.knees.min(0) > 0.1)
    far = _hands_from_feet(figure) > 0.5
    raised_hips = ground.pelvis > ground.neck + 0.15
    return [
        ("bridge", (figure.tilt > 95) & supine & feet_down & (ground.pelvis > 0.25) & (ground.neck < 0.45), -1),
        (
            "downward_dog",
            (figure.tilt > 95) & (front < 0.5) & feet_down & propped & far & raised_hips & (knees.min(0) > 130),
            -1,
        ),
        (
            "all_fours",
            (figure.tilt > 45)
            & (front < 0)
            & knees_down
            & propped
            & (ground.pelvis > LYING_PELVIS)
            & (knees < 140).any(0),
            -1,
        ),
        ("plank", (figure.tilt > 45) & flat & prone & feet_down & propped & stretched & clear, -1),
        ("lie_back", flat & low & supine & (figure.tilt > RECLINED), -1),
        ("lie_front", flat & low & prone, -1),
        ("lie_side", flat & aside, np.where(left < 0, 0, 1)),
    ]


def _hands_from_feet(figure: Figure) -> Array:
    hands, feet = figure.both("hand").mean(0), figure.both("foot").mean(0)
    return np.linalg.norm(hands - feet, axis=-1)


def _on_knees(figure: Figure, ground: Ground) -> list[_Rule]:
    shins = unit(figure.both("ankle") - figure.both("knee"))
    down = (ground.knees < KNEE_DOWN) & (np.abs(shins[..., 1]) < 0.6)
    above = ground.pelvis > 0.2
    knees = knee_angles(figure)
    upright = figure.tilt < 75
    folded = (knees < 70).all(0) & (ground.pelvis < ON_HEELS)
    behind = dot(figure.both("ankle") - figure.both("knee"), figure.ahead[None]) < 0
    both = down.all(0) & above & upright & behind.all(0)
    other_up = (ground.knees[::-1] > 0.28) & (ground.feet[::-1] < FOOT_DOWN)
    one = down & other_up & behind & upright & (ground.pelvis > 0.3)
    return [
        ("sit_heels", both & folded, -1),
        ("kneel", both, -1),
        ("kneel_one", one.any(0), np.where(one[0], 0, 1)),
    ]


def _seated(figure: Figure, ground: Ground) -> list[_Rule]:
    upright = figure.tilt <= RECLINED
    knees = knee_angles(figure)
    thighs = unit(figure.both("knee") - figure.both("hip"))
    spread = np.abs(dot(figure.both("knee")[0] - figure.both("knee")[1], figure.aside)) > 0.4
    floor = (ground.pelvis < SEATED_ON_FLOOR) & upright
    behind = dot(figure.balance - figure.both("ankle").mean(0), figure.ahead) < BEHIND_FEET
    crossed = (knees < 90).all(0) & spread & upright & behind & (ground.pelvis < CROSS_LEGGED)
    crossed &= (ground.knees < ground.pelvis + 0.15).all(0)
    shins = figure.own(unit(figure.both("ankle") - figure.both("knee")), figure.pelvis_frame)
    crossed &= (shins[..., 0] < SHIN_INWARD).all(0)
    level = (thighs[..., 1] > -0.5).all(0)
    chair = level & upright & behind & (ground.pelvis < SEATED_ON_CHAIR)
    return [("sit_cross", crossed, -1), ("sit_floor", floor, -1), ("sit_chair", chair, -1)]


def _on_feet(figure: Figure, ground: Ground) -> list[_Rule]:
    knees = knee_angles(figure)
    higher = ground.feet[0] - ground.feet[1]
    both_down = np.abs(higher) < FOOT_LIFTED
    squatting = both_down & (knees < BENT_KNEE).all(0) & (ground.pelvis < 0.72)
    step = dot(figure.both("ankle")[0] - figure.both("ankle")[1], figure.ahead)
    width = np.abs(dot(figure.both("ankle")[0] - figure.both("ankle")[1], figure.aside))
    front_bent = np.where(step > 0, knees[0], knees[1]) < 130
    lunge = (np.abs(step) > LUNGE_LENGTH) & front_bent & (ground.pelvis < 0.90)
    sideways = (width > SIDE_LUNGE_WIDTH) & (knees.min(0) < 120) & (knees.max(0) > STRAIGHT_KNEE) & both_down
    on_feet = ground.feet.min(0) < FOOT_DOWN
    return [
        ("squat_deep", squatting & (ground.pelvis < 0.45), -1),
        ("squat", squatting, -1),
        ("side_lunge", sideways & on_feet, np.where(knees[0] < knees[1], 0, 1)),
        ("lunge", lunge & on_feet & (np.abs(higher) < 2 * FOOT_LIFTED), np.where(step > 0, 0, 1)),
        ("stand_one", on_feet & ~both_down, np.where(higher < 0, 0, 1)),
        ("stand", on_feet, -1),
    ]
