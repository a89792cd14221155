"""Writes a clip as BVH: our joint names, centimetres, degrees, +Y up; the rest pose is the T-pose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, Float64
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.files import atomic_write
from poseloom.formats.skeleton_motion import Array, Vector, about_axis
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS
from poseloom.pose.types import Clip

_CENTIMETRES = 100.0
_ROTATION_CHANNELS = "Zrotation Xrotation Yrotation"
_POSITION_CHANNELS = "Xposition Yposition Zposition"
_HEAD_HEIGHT, _TOE_LENGTH = 0.18, 0.06
"""Metres from the head joint to the top of the head, and from the toe base to the tip of the toes."""


def write_bvh(clip: Clip, path: str | Path, rest_offsets: Float[Tensor, "joints 3"] | None = None) -> None:
    """Write a clip as a BVH file; it appears only when it is complete.

    Args:
        clip: 22 or 52 joints. Body shape and face have no place in BVH and are left out.
        path: the file.
        rest_offsets: offset of each joint from its parent at the T-pose, metres, at least as many joints as the
            clip has; by default those of the free body.

    Raises:
        PoseloomError: the clip has no frames, or `rest_offsets` does not fit.
        FileError: the file cannot be written.
    """
    joints = clip.pose.joints
    offsets = _offsets(rest_offsets, joints)
    if len(clip) == 0:
        raise PoseloomError(f"{path}: the clip has no frames; nothing to write")
    order, lines = _hierarchy(offsets, joints)
    values = _values(clip, order)
    lines += ["MOTION", f"Frames: {len(values)}", f"Frame Time: {1 / clip.fps!r}"]
    row_format = " ".join(["%.6f"] * values.shape[1])
    lines += [row_format % tuple(row) for row in values.tolist()]
    with atomic_write(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _offsets(rest_offsets: Float[Tensor, "joints 3"] | None, joints: int) -> Float64[Array, "joints 3"]:
    from poseloom.pose import skeleton

    defaults = skeleton.rest_offsets()
    given = defaults if rest_offsets is None else rest_offsets
    if given.ndim != 2 or given.shape[1] != 3 or given.shape[0] < joints:
        raise PoseloomError(f"rest_offsets: expected ({joints}, 3), got {tuple(given.shape)}")
    whole = defaults.double().numpy()
    whole[: given.shape[0]] = given.detach().cpu().double().numpy()
    return whole


def _hierarchy(offsets: Float64[Array, "joints 3"], joints: int) -> tuple[list[int], list[str]]:
    """Joints in the order of the file (depth first) and the lines of the HIERARCHY part."""
    children: dict[int, list[int]] = {}
    for joint in range(1, joints):
        children.setdefault(PARENTS[joint], []).append(joint)
    order: list[int] = []
    lines = ["HIERARCHY"]
    pending: list[tuple[int, int]] = [(0, 0)]
    closing = -1
    while pending:
        joint, depth = pending.pop()
        indent = "\t" * depth
        if joint == closing:
            lines.append(indent + "}")
            continue
        order.append(joint)
        offset = np.zeros(3) if joint == 0 else offsets[joint]
        channels = f"6 {_POSITION_CHANNELS} {_ROTATION_CHANNELS}" if joint == 0 else f"3 {_ROTATION_CHANNELS}"
        lines += [f"{indent}{'JOINT' if joint else 'ROOT'} {JOINT_NAMES[joint]}", indent + "{"]
        lines += [f"{indent}\tOFFSET {_numbers(offset)}", f"{indent}\tCHANNELS {channels}"]
        below = children.get(joint, [])
        if not below:
            end = f"{indent}\t\tOFFSET {_numbers(_tip(joint, offsets))}"
            lines += [f"{indent}\tEnd Site", indent + "\t{", end, indent + "\t}"]
        pending.append((closing, depth))
        pending += [(child, depth + 1) for child in reversed(below)]
    return order, lines


def _tip(joint: int, offsets: Float64[Array, "joints 3"]) -> Vector:
    """Where the last bone of a chain ends."""
    name = JOINT_NAMES[joint]
    if name == "head":
        return np.array((0.0, _HEAD_HEIGHT, 0.0))
    if name.endswith("_foot"):
        return np.array((0.0, 0.0, _TOE_LENGTH))
    if joint < BODY_JOINTS:
        return offsets[JOINT_INDEX[name.replace("wrist", "middle1")]]
    return offsets[joint]


def _numbers(metres: Vector) -> str:
    return " ".join(f"{value * _CENTIMETRES:.6f}" for value in metres)


def _values(clip: Clip, order: list[int]) -> Float64[Array, "frames channels"]:
    pose = clip.pose.detach().to("cpu")
    matrices = rot.rotvec_to_rotmat(pose.rotations.double()).numpy()
    angles = np.stack(euler_zxy_of(matrices[:, order]), axis=-1)
    angles = np.unwrap(angles, period=360.0, axis=0).reshape(len(clip), -1)
    position = np.zeros((len(clip), 3)) if pose.translation is None else pose.translation.double().numpy()
    return np.concatenate([position * _CENTIMETRES, angles], axis=1)


def euler_zxy_of(matrix: Float64[Array, "*batch 3 3"]) -> tuple[Array, Array, Array]:
    """Angles (z, x, y) in degrees with matrix = Rz @ Rx @ Ry; exact also where x is a right angle."""
    y = np.degrees(np.arctan2(-matrix[..., 2, 0], matrix[..., 2, 2]))
    rest = matrix @ about_axis(-y, "Y")
    x = np.degrees(np.arctan2(rest[..., 2, 1], rest[..., 2, 2]))
    z = np.degrees(np.arctan2(rest[..., 1, 0], rest[..., 0, 0]))
    return z, x, y
