"""Poses, joints, rotations, keypoint conventions, stances and the sampler. Imports no other room."""

from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, MIRROR, PARENTS, other_side
from poseloom.pose.types import Clip, Pose, concatenate, heading, stack

__all__ = [
    "ALL_JOINTS",
    "BODY_JOINTS",
    "JOINT_INDEX",
    "JOINT_NAMES",
    "MIRROR",
    "PARENTS",
    "Clip",
    "Pose",
    "concatenate",
    "heading",
    "other_side",
    "stack",
]
