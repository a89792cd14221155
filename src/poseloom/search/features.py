"""What the geometry of a row says, as columns of small whole numbers that questions in words are answered from.

Columns: coordinates of 20 points (millimetres), angles (tenths of a degree), shares of unit vectors (ten-thousandths)
and classes (position in a list). They are stored column by column, so that a question reads only what it asks about.
Points are scaled to the legs of an average adult, face +Z and stand on height zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int16
from torch import Tensor

from poseloom.language.description.facts import LYING, UPRIGHT_POSTURES
from poseloom.language.description.figure import SIDES, Figure, dot, figure_of, unit
from poseloom.language.description.limbs import CONTACTS, ZONES, Arms, arms_of, own_frame
from poseloom.language.description.posture import Ground, Postures, ground_of, knee_angles, postures_of
from poseloom.pose.comparison import chunks_of, joints_of
from poseloom.pose.types import Pose

FEATURES_VERSION = 1
"""Grows whenever a column changes its meaning: an index of another version answers no questions about poses."""

METRE, DEGREE, SHARE, CLASS = 1000.0, 10.0, 10000.0, 1.0
"""Stored numbers for one unit."""
_LIMIT = 32767

POSTURES = tuple(dict.fromkeys((
    *UPRIGHT_POSTURES, *LYING,
    "all_fours", "plank", "downward_dog", "bridge", "handstand", "upside_down", "other",
)))  # fmt: skip
_POSTURE_NUMBER = {name: number for number, name in enumerate(POSTURES)}
NO_SIDE, LEFT, RIGHT = 0, 1, 2
"""Classes of the column that says to which side a posture belongs."""

_SIDED = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "foot")
POINTS = ("pelvis", "torso", "neck", "head", *(f"{side}_{part}" for side in SIDES for part in _SIDED))
AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Column:
    """One column: its name and how many stored numbers make one unit (metre, degree, share, class)."""

    name: str
    scale: float


def _sided(names: tuple[str, ...], scale: float) -> list[Column]:
    return [Column(f"{side}_{name}", scale) for name in names for side in SIDES]


_LIMB_AXES = ("out", "up", "forward")
COLUMNS: tuple[Column, ...] = (
    *(Column(f"{point}.{axis}", METRE) for point in POINTS for axis in AXES),
    *_sided(("hand_past_head", "foot_height", "step", "hand_height"), METRE),
    *_sided(("knee_angle", "elbow_angle"), DEGREE),
    *_sided(tuple(f"arm_{axis}" for axis in _LIMB_AXES), SHARE),
    *_sided(tuple(f"thigh_{axis}" for axis in _LIMB_AXES), SHARE),
    *(Column(name, DEGREE) for name in ("tilt", "lean_forward", "lean_left", "twist_left")),
    *(Column(name, DEGREE) for name in ("head_turn_left", "head_nod", "head_tilt_left")),
    *(Column(f"chest_{axis}_up", SHARE) for axis in ("left", "up", "front")),
    Column("hands_apart", METRE),
    Column("knees_apart", METRE),
    Column("heel_height", METRE),
    *_sided(("contact", "zone"), CLASS),
    *(Column(name, CLASS) for name in ("posture", "posture_side", "upright", "arms_crossed")),
)
COLUMN_INDEX: dict[str, int] = {column.name: index for index, column in enumerate(COLUMNS)}


def features_of(pose: Pose) -> Int16[np.ndarray, "columns poses"]:
    """The columns of poses with one leading axis."""
    parts = [features_of_joints(joints_of(chunk), chunk.rotations) for chunk in chunks_of(pose)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(COLUMNS), 0), np.int16)


def features_of_joints(
    joints: Float[Tensor, "poses 52 3"], rotations: Float[Tensor, "poses 52 3"]
) -> Int16[np.ndarray, "columns poses"]:
    """The same from joints (`figures.joints_of`) and the local rotations that they were made with, facing +Z."""
    figure = figure_of(joints, rotations)
    ground = ground_of(figure)
    postures = postures_of(figure, ground)
    measured = {
        **_points(figure),
        **_limbs(figure, ground, postures),
        **_trunk(figure),
        **_classes(arms_of(figure, ground), postures),
    }
    stored = np.empty((len(COLUMNS), len(figure)), np.int16)
    for row, column in enumerate(COLUMNS):
        values = np.nan_to_num(np.asarray(measured[column.name], np.float32) * column.scale)
        stored[row] = np.clip(np.rint(values), -_LIMIT, _LIMIT)
    return stored


def _points(figure: Figure) -> dict[str, np.ndarray]:
    middle = figure.at("pelvis") * np.array([1, 0, 1], np.float32)
    return {
        f"{point}.{axis}": (figure.at(point) - middle)[:, place] for point in POINTS for place, axis in enumerate(AXES)
    }


def _limbs(figure: Figure, ground: Ground, postures: Postures) -> dict[str, np.ndarray]:
    up = figure.chest_frame[:, 1]
    upright = up[:, 1] > 0
    legs_upright = np.array([name in UPRIGHT_POSTURES for name in postures.names], dtype=bool)
    arms = figure.both("wrist") - figure.both("shoulder")
    thighs = figure.both("knee") - figure.both("hip")
    arm_axes = figure.own(unit(arms), own_frame(figure.chest_frame, upright))
    thigh_axes = figure.own(unit(thighs), own_frame(figure.pelvis_frame, legs_upright))
    ankles = figure.both("ankle")
    steps = dot(ankles - ankles[::-1], figure.ahead[None])
    angles = figure.codes.all_values[figure.codes.plan.kinds[0].rows].numpy()
    past = dot(figure.both("hand") - figure.at("head")[None], up[None])
    heels = ankles[..., 1] - figure.both("foot")[..., 1]
    made: dict[str, np.ndarray] = {
        "hands_apart": np.linalg.norm(figure.at("left_hand") - figure.at("right_hand"), axis=-1),
        "knees_apart": np.linalg.norm(figure.at("left_knee") - figure.at("right_knee"), axis=-1),
        "heel_height": heels.min(0),
    }
    knees = knee_angles(figure)
    for number, side in enumerate(SIDES):
        made[f"{side}_hand_past_head"] = past[number]
        made[f"{side}_foot_height"] = ground.feet[number]
        made[f"{side}_hand_height"] = ground.hands[number]
        made[f"{side}_step"] = steps[number]
        made[f"{side}_knee_angle"] = knees[number]
        made[f"{side}_elbow_angle"] = angles[2 + number]
        for place, axis in enumerate(_LIMB_AXES):
            made[f"{side}_arm_{axis}"] = arm_axes[number, :, place]
            made[f"{side}_thigh_{axis}"] = thigh_axes[number, :, place]
    return made


def _trunk(figure: Figure) -> dict[str, np.ndarray]:
    frame = figure.chest_frame
    turn, nod, tilt = figure.head
    return {
        "tilt": figure.tilt,
        "lean_forward": np.degrees(np.arctan2(dot(figure.trunk, figure.ahead), figure.trunk[:, 1])),
        "lean_left": np.degrees(np.arcsin(np.clip(dot(figure.trunk, figure.aside), -1, 1))),
        "twist_left": figure.twist,
        "head_turn_left": turn,
        "head_nod": nod,
        "head_tilt_left": tilt,
        **{f"chest_{axis}_up": frame[:, place, 1] for place, axis in enumerate(("left", "up", "front"))},
    }


def _classes(arms: Arms, postures: Postures) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {
        "posture": np.array([_POSTURE_NUMBER[name] for name in postures.names]),
        "posture_side": postures.sides + 1,
        "upright": arms.upright,
        "arms_crossed": arms.crossed,
    }
    for number, side in enumerate(SIDES):
        made[f"{side}_contact"] = arms.contact[number]
        made[f"{side}_zone"] = arms.zone[number]
    return made


def contact_classes(name: str, other: bool | None) -> list[int]:
    """Classes of the contact columns for a place; `other` says on which side it is (None: the middle or either)."""
    return [
        index
        for index, contact in enumerate(CONTACTS)
        if contact.name == name and (other is None or contact.other is None or contact.other == other)
    ]


def class_of(column: str, name: str) -> int:
    """Number of a named class of the columns `posture` and `..._zone`."""
    return POSTURES.index(name) if column == "posture" else ZONES.index(name)
