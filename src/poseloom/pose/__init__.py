"""Poses, joints, rotations, keypoint conventions, stances and the sampler. Imports no other room."""

from poseloom.pose.contact import ground
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, MIRROR, PARENTS, other_side
from poseloom.pose.ranges import clip_to_ranges, violations, within_ranges
from poseloom.pose.sampler import Kind, SamplerOptions, sample
from poseloom.pose.selection import farthest_points
from poseloom.pose.stances import stance, stance_names
from poseloom.pose.types import Clip, Pose, concatenate, heading, stack

__all__ = [
    "ALL_JOINTS",
    "BODY_JOINTS",
    "JOINT_INDEX",
    "JOINT_NAMES",
    "MIRROR",
    "PARENTS",
    "Clip",
    "Kind",
    "Pose",
    "SamplerOptions",
    "clip_to_ranges",
    "concatenate",
    "farthest_points",
    "ground",
    "heading",
    "other_side",
    "sample",
    "stack",
    "stance",
    "stance_names",
    "violations",
    "within_ranges",
]
