"""What each kind of posecode measures, on blocks of poses with the points in front: (3, 35, poses) -> (sets, poses).

Source of the formulas: PoseScript's released pipeline. `clamped` keeps cosines inside [-1, 1]; without it, rounding
makes the angle of about one exactly stretched or folded limb in ten NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.joints import JOINT_INDEX, PARENTS

Points = Float[Tensor, "3 35 poses"]
Sets = Int[Tensor, "places sets"]
Values = Float[Tensor, "sets poses"]

DEGREES = 180 / math.pi
ANKLE_BELOW_SHOULDERS = 0.2
"""Metres; where neither ankle is that far below the shoulders, leaning forward or backward is not measured."""
_NORM_FLOOR = 1e-12


def _gather(points: Points, indices: Int[Tensor, sets]) -> Float[Tensor, "3 sets poses"]:
    return points.index_select(1, indices)


def _length(x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    return (x * x).addcmul_(y, y).addcmul_(z, z).sqrt_()


def _norm(vector: Float[Tensor, "3 sets poses"]) -> Values:
    return _length(vector[0], vector[1], vector[2])


def _degrees(cosine: Tensor, clamped: bool) -> Tensor:
    if clamped:
        cosine = cosine.clamp(-1, 1)
    return torch.acos(cosine).mul_(DEGREES)


def angle(points: Points, sets: Sets, clamped: bool) -> Values:
    """Interior angle at the middle one of three joints, degrees."""
    middle = _gather(points, sets[1])
    outer, inner = _gather(points, sets[2]) - middle, _gather(points, sets[0]) - middle
    outer /= _norm(outer).clamp_min_(_NORM_FLOOR)
    inner /= _norm(inner).clamp_min_(_NORM_FLOOR)
    return _degrees((outer * inner).sum(0), clamped)


def distance(points: Points, sets: Sets, clamped: bool) -> Values:
    """Distance of two joints, metres."""
    x, y, z = (axis.index_select(0, sets[0]).sub_(axis.index_select(0, sets[1])) for axis in points)
    return _length(x, y, z)


def _relative_position(axis: int) -> Callable[[Points, Sets, bool], Values]:
    def relative(points: Points, sets: Sets, clamped: bool) -> Values:
        return points[axis].index_select(0, sets[0]).sub_(points[axis].index_select(0, sets[1]))

    return relative


def vertical_axis(points: Points, sets: Sets, clamped: bool) -> Values:
    """Angle between the line through two joints and the vertical, 0 to 90 degrees."""
    line = _gather(points, sets[1]) - _gather(points, sets[0])
    return _degrees((line[1] / _norm(line).clamp_min_(_NORM_FLOOR)).abs_(), clamped)


def on_ground(points: Points, sets: Sets, clamped: bool) -> Values:
    """Height above the lowest of the 35 points, metres."""
    return points[1].index_select(0, sets[0]) - points[1].amin(0)


def _trunk(points: Points, sets: Sets) -> tuple[Tensor, Tensor]:
    """Middle of the shoulders and the vector to it from the pelvis."""
    shoulders = (_gather(points, sets[0]) + _gather(points, sets[1])) / 2
    return shoulders, shoulders - _gather(points, sets[2])


def incline_forward(points: Points, sets: Sets, clamped: bool) -> Values:
    """Tilt of the trunk in the plane of y and z, degrees, positive to the front."""
    shoulders, trunk = _trunk(points, sets)
    up, front = trunk[1], trunk[2]
    length = torch.sqrt(up * up + front * front).clamp_min_(_NORM_FLOOR)
    tilt = _degrees(up / length, clamped) * torch.sign(front)
    ankles = torch.minimum(points[1].index_select(0, sets[3]), points[1].index_select(0, sets[4]))
    return tilt * (ankles < shoulders[1] - ANKLE_BELOW_SHOULDERS)


def twist(points: Points, sets: Sets, clamped: bool) -> Values:
    """Turn of the line of the shoulders out of the x axis, degrees, positive with the left shoulder in front."""
    line = _gather(points, sets[0]) - _gather(points, sets[1])
    left, front = line[0], line[2]
    length = torch.sqrt(left * left + front * front).clamp_min_(_NORM_FLOOR)
    return _degrees(left / length, clamped) * torch.sign(front)


def lean_sideways(points: Points, sets: Sets, clamped: bool) -> Values:
    """Tilt of the trunk out of the plane of y and z, degrees, positive to the left."""
    _, trunk = _trunk(points, sets)
    return 90 - _degrees(trunk[0] / _norm(trunk).clamp_min_(_NORM_FLOOR), clamped)


KINDS: dict[str, Callable[[Points, Sets, bool], Values]] = {
    "angle": angle,
    "distance": distance,
    "relativePosX": _relative_position(0),
    "relativePosY": _relative_position(1),
    "relativePosZ": _relative_position(2),
    "relativeVAxis": vertical_axis,
    "onGround": on_ground,
    "bodyInclineX": incline_forward,
    "bodyInclineY": twist,
    "bodyInclineZ": lean_sideways,
}
"""How to measure the kinds that need no rotations."""


# -- rotations of a joint relative to one of its ancestors -------------------------------------------------------


def chain(joint: str, ancestor: str) -> list[int]:
    """Joint indices from `ancestor` down to `joint`, both included."""
    path = [JOINT_INDEX[joint]]
    while path[0] != JOINT_INDEX[ancestor]:
        path.insert(0, PARENTS[path[0]])
    return path


def euler_of_chain(rotations: Float[Tensor, "3 joints poses"], path: list[int], axis: int) -> Float[Tensor, poses]:
    """Angle about `axis` of the product of the local rotations along `path`, split as Rz Ry Rx, degrees."""
    product = _quaternion(rotations[:, path[0]])
    for joint in path[1:]:
        product = _times(product, _quaternion(rotations[:, joint]))
    w, x, y, z = product
    if axis == 0:
        return torch.atan2(2 * (y * z + w * x), 1 - 2 * (x * x + y * y)).mul_(DEGREES)
    if axis == 2:
        return torch.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z)).mul_(DEGREES)
    m21, m22 = 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)
    return torch.atan2(2 * (w * y - x * z), torch.hypot(m21, m22)).mul_(DEGREES)


def _quaternion(axis_angle: Float[Tensor, "3 poses"]) -> tuple[Tensor, ...]:
    x, y, z = axis_angle
    angle = _length(x, y, z)
    half = angle / 2
    # sin(a/2)/a tends to 1/2; sinc keeps that limit.
    factor = torch.sinc(half / math.pi) / 2
    return torch.cos(half), x * factor, y * factor, z * factor


def _times(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (
        aw * bw - ax * bx - ay * by - az * bz,
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
    )
