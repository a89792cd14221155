"""Limbs by name: which joints move each of them, and the bones that are seen of them."""

from __future__ import annotations

from typing import NamedTuple

from poseloom.pose.joints import JOINT_INDEX

_ARM = ("collar", "shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle", "foot")


def indices(*joints: str) -> tuple[int, ...]:
    """Places of joints in the SMPL-H order, by name."""
    return tuple(JOINT_INDEX[joint] for joint in joints)


LIMBS: dict[str, tuple[int, ...]] = {
    "left_arm": indices(*(f"left_{joint}" for joint in _ARM)),
    "right_arm": indices(*(f"right_{joint}" for joint in _ARM)),
    "left_leg": indices(*(f"left_{joint}" for joint in _LEG)),
    "right_leg": indices(*(f"right_{joint}" for joint in _LEG)),
    "head": indices("neck", "head"),
    "trunk": indices("spine1", "spine2", "spine3"),
}
"""The joints that move each limb, from the trunk outwards; only the pelvis, which turns the whole body, is in none."""


class Bone(NamedTuple):
    """A straight piece of the body between two joints, by their places."""

    start: int
    end: int


_OF_SIDES = {
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
    "foot": ("ankle", "foot"),
}

BONES: dict[str, Bone] = {
    **{
        f"{side}_{bone}": Bone(*indices(f"{side}_{start}", f"{side}_{end}"))
        for side in ("left", "right")
        for bone, (start, end) in _OF_SIDES.items()
    },
    "trunk": Bone(*indices("pelvis", "neck")),
    "head": Bone(*indices("neck", "head")),
    "shoulders": Bone(*indices("right_shoulder", "left_shoulder")),
    "hips": Bone(*indices("right_hip", "left_hip")),
}
"""Long bones of both sides, trunk and head, and the lines across the shoulders and the hips, from right to left."""
