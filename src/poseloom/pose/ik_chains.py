"""What moves when a handle is dragged: the joints of each handle's chain, how willing each of them is, its hinge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, PARENTS

_SPINE = ("spine1", "spine2", "spine3")
_SIDES = ("left", "right")


class Handle(NamedTuple):
    """A point that can be dragged: joints that turn for it, whether the whole body moves along, what tries to stay."""

    joints: tuple[str, ...]
    moves_body: bool = False
    stays: str = ""


def _one_side(side: str) -> dict[str, Handle]:
    arm = tuple(f"{side}_{joint}" for joint in ("collar", "shoulder", "elbow"))
    leg = tuple(f"{side}_{joint}" for joint in ("hip", "knee"))
    return {
        f"{side}_wrist": Handle((*_SPINE, *arm)),
        f"{side}_elbow": Handle((*_SPINE, *arm), stays=f"{side}_wrist"),
        f"{side}_ankle": Handle(leg),
        f"{side}_knee": Handle(leg, stays=f"{side}_ankle"),
    }


HANDLES: dict[str, Handle] = {
    "pelvis": Handle((), moves_body=True),
    "spine3": Handle(("spine1", "spine2"), moves_body=True),
    "head": Handle((*_SPINE, "neck")),
    **_one_side("left"),
    **_one_side("right"),
}
"""Every handle by the joint that is dragged."""

HINGES: dict[int, int] = {
    JOINT_INDEX[f"{side}_{joint}"]: axis for side in _SIDES for joint, axis in (("knee", 0), ("elbow", 1))
}
"""Joints that only bend, with the axis of their parent about which they do."""

BEND_SIGN: dict[int, float] = {
    JOINT_INDEX[name]: sign
    for name, sign in (("left_knee", 1.0), ("right_knee", 1.0), ("left_elbow", -1.0), ("right_elbow", 1.0))
}
"""The sense of rotation about its hinge in which a joint bends."""

LIMB_OF_HINGE: dict[int, tuple[int, int]] = {
    JOINT_INDEX[f"{side}_{middle}"]: (JOINT_INDEX[f"{side}_{top}"], JOINT_INDEX[f"{side}_{end}"])
    for side in _SIDES
    for top, middle, end in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
}
"""The joints at both ends of the limb of each hinge."""

FEET: dict[str, tuple[int, int]] = {
    side: (JOINT_INDEX[f"{side}_knee"], JOINT_INDEX[f"{side}_ankle"]) for side in _SIDES
}
"""Knee and ankle of each foot, whose direction in the world is kept."""


def mobility(joint: str, arms_alone: bool) -> float:
    """How willingly a joint turns; 1 for those of the limbs. Behind an arm the trunk moves where it must."""
    if joint in _SPINE:
        return 0.05 if arms_alone else 0.12
    if joint.endswith("collar"):
        return 0.25
    return 0.5 if joint in ("neck", "head") else 1.0


BODY_MOBILITY = 1.0
"""The same for the translation of the whole body, in metres to a radian."""


def _ancestors() -> np.ndarray:
    table = np.eye(BODY_JOINTS)
    for joint in range(1, BODY_JOINTS):
        table[joint] = np.maximum(table[joint], table[PARENTS[joint]])
    return table


ANCESTORS = _ancestors()
"""ANCESTORS[joint, other] is 1 where turning `other` moves what hangs on `joint`."""
