"""One figure under any program's joint names, in four poses and several rest poses: metres, +X left, +Y up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from dialects import Dialect

FPS = 30

_HIPS, _CHEST = np.array((0.0, 0.96, 0.0)), np.array((0.0, 1.24, -0.02))
_NECK, _HEAD = np.array((0.0, 1.47, -0.03)), np.array((0.0, 1.58, 0.0))
_ARM = np.array(((0.05, 1.42, -0.02), (0.18, 1.43, -0.03), (0.46, 1.43, -0.03), (0.71, 1.43, -0.03)))
_LEG = np.array(((0.1, 0.91, 0.0), (0.1, 0.5, 0.0), (0.1, 0.09, -0.02), (0.11, 0.03, 0.12)))
_TIPS = {
    "elbow": (0.25, 0, 0),
    "head": (0, 0.18, 0),
    "wrist": (0.16, 0, 0),
    "ankle": (0.01, -0.05, 0.19),
    "toe": (0, 0, 0.06),
}
_MIRROR = np.array((-1.0, 1.0, 1.0))

TURNS: tuple[dict[str, tuple[float, float, float]], ...] = (
    {},
    {"left_shoulder": (0, 0, 78), "right_shoulder": (0, 0, 76), "hips": (0, 20, 0)},
    {"left_shoulder": (0, 0, -80), "right_shoulder": (0, 0, 75), "left_hip": (-85, 0, 0), "left_knee": (80, 0, 0)},
    {"left_shoulder": (0, 0, -78), "right_shoulder": (0, 85, 0), "chest": (12, 0, 0), "right_elbow": (0, 40, 0)},
)
"""Frames: rotation vectors in degrees of the joints that are turned, relative to the T-pose."""

PELVIS = np.array(((0, 0.96, 0), (0, 0.96, 0.05), (0, 0.95, 0.1), (0.1, 0.96, 0.15)))
"""Metres, by frame."""


@dataclass
class Bone:
    """A joint of the figure under a dialect's name: what it is, where at the T-pose, what it hangs on."""

    name: str
    role: str
    place: np.ndarray
    parent: int
    children: list[int] = field(default_factory=list)


def figure(dialect: Dialect) -> list[Bone]:
    """The joints, parents before children."""
    bones: list[Bone] = []

    def add(name: str, role: str, place: np.ndarray, parent: int) -> int:
        shown = f"{name}{dialect.numbered}{len(bones)}" if dialect.numbered else name
        bones.append(Bone(shown, role, np.asarray(place, float), parent))
        return len(bones) - 1

    parent = -1
    for name in dialect.above:
        parent = add(name, "", np.zeros(3), parent)
    trunk = _split(dialect.trunk)
    places = [_HIPS] + [_HIPS + (_CHEST - _HIPS) * t for t in np.linspace(0.39, 1, max(1, len(trunk) - 1))]
    spine = []
    for number, (name, place) in enumerate(zip(trunk, places, strict=False)):
        role = "hips" if number == 0 else "chest" if number == len(trunk) - 1 else ""
        parent = add(name, role, place, parent)
        spine.append(parent)
    chest = parent
    head = _split(dialect.head)
    column = [_NECK + (_HEAD - _NECK) * t for t in np.linspace(0, 1, len(head))] if len(head) > 1 else [_HEAD]
    for number, (name, place) in enumerate(zip(head, column, strict=True)):
        if name:
            role = "head" if number == len(head) - 1 else "neck" if number == 0 else ""
            parent = add(name, role, place, parent)
    for side, word, mirror in (("left", dialect.sides[0], 1.0), ("right", dialect.sides[1], _MIRROR)):
        _chain(add, chest, side, word, dialect.arm, ("collar", "shoulder", "elbow", "wrist"), _ARM * mirror)
    on = spine[dialect.legs_on]
    for side, word, mirror in (("left", dialect.sides[0], 1.0), ("right", dialect.sides[1], _MIRROR)):
        _chain(add, on, side, word, dialect.leg, ("hip", "knee", "ankle", "toe"), _LEG * mirror)
    by_name = {bone.name: place for place, bone in enumerate(bones)}
    for name, on_name in dialect.helpers:
        on = by_name[on_name]
        children = [bone.place for bone in bones if bone.parent == on]
        end = children[0] if children else bones[on].place + np.array((0.0, 0.1, 0.0))
        add(name, "", (bones[on].place + end) / 2, on)
    for place, bone in enumerate(bones):
        if bone.parent >= 0:
            bones[bone.parent].children.append(place)
    return bones


def _split(names: str) -> list[str]:
    return names.split("|") if "|" in names else names.split(" ")


def _chain(add, parent: int, side: str, word: str, names: str, roles: tuple[str, ...], places: np.ndarray) -> None:
    for name, role, place in zip(_split(names), roles, places, strict=True):
        if name:
            parent = add(name.replace("*", word), f"{side}_{role}", place, parent)


def tip_of(bone: Bone) -> np.ndarray:
    """Where the bone ends that no further joint ends."""
    side, _, role = bone.role.rpartition("_")
    mirror = _MIRROR if side == "right" else 1.0
    return np.asarray(_TIPS.get(role or bone.role, (0, 0.05, 0)), float) * mirror


# -- poses and rest poses ----------------------------------------------------------------------------------------


def about(degrees) -> np.ndarray:
    """Rotation matrix of a rotation vector in degrees."""
    vector = np.radians(np.asarray(degrees, float))
    angle = np.linalg.norm(vector)
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def global_turns(bones: list[Bone], frame: int) -> list[np.ndarray]:
    """Rotations from the T-pose to a frame, in our axes."""
    turns: list[np.ndarray] = []
    for bone in bones:
        own = about(TURNS[frame].get(bone.role, (0, 0, 0)))
        turns.append(own if bone.parent < 0 else turns[bone.parent] @ own)
    return turns


def true_places(bones: list[Bone], frame: int) -> dict[str, np.ndarray]:
    """Where the joints are in a frame, by role."""
    turns, places = global_turns(bones, frame), []
    hips = next(number for number, bone in enumerate(bones) if bone.role == "hips")
    for bone in bones:
        if bone.parent < 0:
            places.append(bone.place)
        else:
            places.append(places[bone.parent] + turns[bone.parent] @ (bone.place - bones[bone.parent].place))
    shift = PELVIS[frame] - places[hips]
    found = {bone.role: place + shift for bone, place in zip(bones, places, strict=True) if bone.role}
    for number, bone in enumerate(bones):
        if bone.role.endswith(("wrist", "ankle")) and not bone.children:
            found[bone.role + "_tip"] = places[number] + shift + turns[number] @ tip_of(bone)
    return found


def rest_turns(bones: list[Bone], kind: str) -> list[np.ndarray]:
    """Rotations from the T-pose to the rest pose: "T", "A", "down", "x" (every bone along its own x axis)."""
    turns = []
    for number, bone in enumerate(bones):
        side, _, role = bone.role.rpartition("_")
        sign = -1 if side == "left" else 1
        if kind in ("A", "down") and role in ("shoulder", "elbow", "wrist"):
            turns.append(about((0, 0, sign * (45 if kind == "A" else 87))))
        elif kind in ("A", "down") and bone.parent >= 0 and not bone.role:
            turns.append(turns[bone.parent])
        elif kind == "x":
            ends = [bones[child].place - bone.place for child in bone.children]
            ends = [end for end in ends if np.linalg.norm(end) > 1e-6] or [tip_of(bone)]
            turns.append(_to_x(ends[0], number))
        else:
            turns.append(np.eye(3))
    return turns


def _to_x(direction: np.ndarray, seed: int) -> np.ndarray:
    """A rotation that takes a direction to +X, turned about it by an angle that differs from joint to joint."""
    x = direction / np.linalg.norm(direction)
    other = np.eye(3)[int(np.argmin(np.abs(x)))]
    z = np.cross(x, other)
    z /= np.linalg.norm(z)
    return about((90 * (seed % 4), 0, 0)) @ np.stack([x, np.cross(z, x), z])
