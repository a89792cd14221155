"""The figure as a BVH file: names, rest pose, unit, axes and channels vary."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from dialect_figure import FPS, PELVIS, TURNS, Bone, about, figure, global_turns, rest_turns, tip_of
from dialects import Dialect
from motion_texts import Joint, bvh_text

AXES = {
    "y": np.eye(3),
    "z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "-y": np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]]),
    "x": np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]]),
}
"""Columns: our left, up and front in the file's axes."""


def dialect_bvh(
    dialect: Dialect, rest: str = "T", unit: float = 0.01, up: str = "y", order: str = "ZXY", positions: str = "root"
) -> str:
    """The four frames as a BVH file.

    Args:
        dialect: the joints' names.
        rest: see `rest_turns`.
        unit: metres a unit of the file.
        up: a key of `AXES`.
        order: in which order the rotation channels stand.
        positions: "root", "none", or "whole" for whole positions on every joint.
    """
    bones, axes = figure(dialect), AXES[up]
    at_rest = rest_turns(bones, rest)
    joints: list[Joint] = []
    rows: list[list[float]] = [[] for _ in TURNS]
    all_turns = [global_turns(bones, frame) for frame in range(len(TURNS))]
    for number in depth_first(bones):
        bone = bones[number]
        root = bone.parent < 0
        offset = np.zeros(3) if root else at_rest[bone.parent] @ (bone.place - bones[bone.parent].place)
        with_position = positions == "whole" or (root and positions == "root")
        channels = " ".join(f"{axis}rotation" for axis in order)
        channels = f"Xposition Yposition Zposition {channels}" if with_position else channels
        tip = None if bone.children else tuple(axes @ at_rest[number] @ tip_of(bone) / unit)
        joints.append(Joint(bone.name, bone.parent, tuple(axes @ offset / unit), channels, tip))
        for frame, row in enumerate(rows):
            turns = all_turns[frame]
            own = turns[number] @ at_rest[number].T
            local = own if root else (turns[bone.parent] @ at_rest[bone.parent].T).T @ own
            if with_position:
                row += list(axes @ (_root_place(bones, turns, frame) if root else offset) / unit)
            row += euler(axes @ local @ axes.T, order)
    return bvh_text(_renumbered(joints, depth_first(bones)), rows, 1 / FPS)


def _root_place(bones: list[Bone], turns: list[np.ndarray], frame: int) -> np.ndarray:
    hips = next(number for number, bone in enumerate(bones) if bone.role == "hips")
    place = PELVIS[frame]
    while bones[hips].parent >= 0:
        above = bones[hips].parent
        place = place - turns[above] @ (bones[hips].place - bones[above].place)
        hips = above
    return place


def depth_first(bones: list[Bone]) -> list[int]:
    """The order of a file."""
    order, pending = [], [0]
    while pending:
        order.append(pending.pop())
        pending += reversed(bones[order[-1]].children)
    return order


def _renumbered(joints: list[Joint], order: list[int]) -> list[Joint]:
    place = {old: new for new, old in enumerate(order)} | {-1: -1}
    return [replace(joint, parent=place[joint.parent]) for joint in joints]


def euler(matrix: np.ndarray, order: str) -> list[float]:
    """Angles in degrees with matrix = product of elementary rotations in the order written."""
    i, j, k = ("XYZ".index(axis) for axis in order)
    sign = 1.0 if (j - i) % 3 == 1 else -1.0
    first = np.arctan2(-sign * matrix[j, k], matrix[k, k])
    rest = about(np.degrees(-first) * np.eye(3)[i]) @ matrix
    second = np.arctan2(sign * rest[i, k], rest[k, k])
    third = np.arctan2(sign * rest[j, i], rest[j, j])
    return [float(angle) for angle in np.degrees((first, second, third))]
