"""How the free body's 78 bones (SOMA rig) carry the 52 SMPL-H joints."""

from __future__ import annotations

from poseloom.pose import BODY_JOINTS, JOINT_NAMES

JAW = "Jaw"

_BODY_BONES = (
    "Hips",
    "LeftLeg",
    "RightLeg",
    "Spine1",
    "LeftShin",
    "RightShin",
    "Spine2",
    "LeftFoot",
    "RightFoot",
    "Chest",
    "LeftToeBase",
    "RightToeBase",
    "Neck1",
    "LeftShoulder",
    "RightShoulder",
    "Head",
    "LeftArm",
    "RightArm",
    "LeftForeArm",
    "RightForeArm",
    "LeftHand",
    "RightHand",
)


def _finger_bone(joint: str) -> str:
    """``left_index1`` -> ``LeftHandIndex2``: the rig's first bone of a finger, but the thumb's, is the metacarpal."""
    side, finger = joint.split("_")
    name, phalanx = finger[:-1], int(finger[-1])
    number = phalanx if name == "thumb" else phalanx + 1
    return f"{side.title()}Hand{name.title()}{number}"


JOINT_BONES: tuple[str, ...] = (*_BODY_BONES, *(_finger_bone(joint) for joint in JOINT_NAMES[BODY_JOINTS:]))
"""The rig's bone for each of the 52 joints."""


def anchor_joints(bone_parents: tuple[int, ...], joint_bones: list[int]) -> list[int]:
    """For every bone the joint that moves it: its own, or that of the nearest bone above which has one.

    The rig's root has none and never turns; it carries no vertices and is counted to joint 0.
    """
    joint_of = {bone: joint for joint, bone in enumerate(joint_bones)}
    anchors: list[int] = []
    for bone, parent in enumerate(bone_parents):
        anchors.append(joint_of.get(bone, anchors[parent] if parent >= 0 else 0))
    return anchors
