"""The length unit of a motion file: the one in which the figure has a human size."""

from __future__ import annotations

import numpy as np

from poseloom.formats.joint_maps import Match
from poseloom.formats.skeleton_motion import SkeletonMotion, SourceSkeleton
from poseloom.pose.joints import JOINT_INDEX

_AVERAGE_BODY = 1.45
"""Metres along the bones of an adult from an ankle over hip and trunk to the head joint."""

_METRIC, _OTHER = (0.55, 1.45), (0.84, 1.17)
"""Of an adult's size: toddlers to giants in metric units, adults in the others, which are rarer."""

_UNITS = (
    ("centimetre", 0.01, _METRIC),
    ("metre", 1.0, _METRIC),
    ("millimetre", 0.001, _METRIC),
    ("1/0.45 inch", 0.0254 / 0.45, _OTHER),
    ("inch", 0.0254, _OTHER),
    ("decimetre", 0.1, _OTHER),
    ("foot", 0.3048, _OTHER),
)
"""Length units of motion files, and what sizes of a body are believed of them."""

_RARE = 0.1
"""Log of size by which a metric unit may be farther from an adult than another one and still be taken."""


def find_unit(motion: SkeletonMotion, match: Match, stated: float | None = None) -> tuple[str, float, tuple[str, ...]]:
    """Name of the length unit, metres a unit, and what to remark: the unit nearest to an adult's size, else scaled."""
    if stated is not None:
        return "stated by the user", stated, ()
    if motion.metres_per_unit is not None:
        return "stated in the file", motion.metres_per_unit, ()
    length = body_length(motion.skeleton, match)
    if length <= 0:
        return "metre", 1.0, ()
    best, nearest = None, np.inf
    for name, metres, (smallest, largest) in _UNITS:
        size = length * metres / _AVERAGE_BODY
        distance = abs(np.log(size)) + (0.0 if largest == _METRIC[1] else _RARE)
        if smallest <= size <= largest and distance < nearest:
            best, nearest = (name, metres), distance
    if best is not None:
        return *best, ()
    metres = _AVERAGE_BODY / length
    remark = f"the body has no human size in any unit: scaled to an adult, {metres:.4g} m a unit; --unit says otherwise"
    return "scaled to an adult", metres, (remark,)


def body_length(skeleton: SourceSkeleton, match: Match) -> float:
    """From an ankle along the bones to the hip, and from the pelvis to the head, in the file's unit."""
    length = 0.0
    for start, end in (("left_ankle", "left_hip"), ("head", "pelvis")):
        joint, tip = _start(match, JOINT_INDEX[start])
        length += tip
        above = set(skeleton.with_ancestors([match.sources[JOINT_INDEX[end]].joint]))
        while joint not in above:
            length += float(np.linalg.norm(skeleton.offsets[joint]))
            joint = skeleton.parents[joint]
    return length


def _start(match: Match, ours: int) -> tuple[int, float]:
    """The file's joint to start from, and the length of the bone behind it where ours is only a bone's end."""
    for joint in (ours, JOINT_INDEX["neck"], JOINT_INDEX["left_shoulder"]):
        if joint in match.sources:
            source = match.sources[joint]
            return (source.joint if source.other is None else source.other), 0.0
        if joint in match.ends:
            place, offset = match.ends[joint]
            return place, float(np.linalg.norm(offset))
    raise AssertionError("a match has shoulders")
