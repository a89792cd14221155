"""Hand shapes that are worth telling, read off the finger joints; any number of poses."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.joints import ALL_JOINTS, JOINT_INDEX

SHAPES = ("", "fist", "point", "victory", "thumb_out", "spread")
"""A hand that is flat, relaxed or anything between has no name: most recordings know nothing of fingers."""
STRETCHED, CURLED = 40.0, 125.0
"""Degrees between a finger's last bone and the line from the wrist to its knuckle."""
THUMB_STRETCHED = 75.0
SPREAD = 25.0
"""Degrees between index and little finger."""
_FINGERS = ("index", "middle", "ring", "pinky")
_FLOOR = 1e-9


def shapes_of(joints: Float[Tensor, "poses joints 3"]) -> Int[np.ndarray, "2 poses"]:
    """The shape of the left and of the right hand, as an index into `SHAPES`; 0 where only body joints are given."""
    if joints.shape[1] < ALL_JOINTS:
        return np.zeros((2, len(joints)), np.int64)
    points = joints.detach().float().cpu().numpy()
    return np.stack([_shape(points, side) for side in ("left", "right")])


def _shape(points: Float[np.ndarray, "poses joints 3"], side: str) -> Int[np.ndarray, " poses"]:
    def bone(start: str, end: str) -> Float[np.ndarray, "poses 3"]:
        return points[:, JOINT_INDEX[f"{side}_{end}"]] - points[:, JOINT_INDEX[f"{side}_{start}"]]

    bends = np.stack([_degrees(bone("wrist", f"{one}1"), bone(f"{one}2", f"{one}3")) for one in _FINGERS])
    thumb = _degrees(bone("wrist", "thumb1"), bone("thumb2", "thumb3"))
    spread = _degrees(bone("index1", "index2"), bone("pinky1", "pinky2"))
    straight, curled = bends < STRETCHED, bends > CURLED
    closed = curled.all(0)
    rules = {
        "thumb_out": closed & (thumb < THUMB_STRETCHED),
        "fist": closed,
        "point": straight[0] & curled[1:].all(0),
        "victory": straight[:2].all(0) & curled[2:].all(0),
        "spread": straight.all(0) & (spread > SPREAD),
    }
    return np.asarray(np.select(list(rules.values()), [SHAPES.index(name) for name in rules], 0))


def _degrees(a: Float[np.ndarray, "poses 3"], b: Float[np.ndarray, "poses 3"]) -> Float[np.ndarray, " poses"]:
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip((a * b).sum(-1) / np.maximum(lengths, _FLOOR), -1, 1)))
