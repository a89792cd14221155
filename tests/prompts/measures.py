"""Plain geometry of poses for the rubric: heights, angles and distances of joints, from no reader of poseloom.

Heights count from the floor, which the body's lowest point touches. Ahead and left are those of the pelvis, laid level;
where the trunk lies, those of the head's end of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from poseloom.pose.contact import ContactFigure
from poseloom.pose.joints import BODY_JOINTS, JOINT_INDEX
from poseloom.pose.types import Pose

Values = NDArray[np.float64]
_SIDES = ("left", "right")
_PALM = 0.07
"""Metres from the wrist joint to the middle of the palm."""
_HEAD_POINTS = {
    "crown": (0, 0.17, 0.0), "mouth": (0, -0.02, 0.11), "chin": (0, -0.06, 0.09), "face": (0, 0.03, 0.10),
    "forehead": (0, 0.10, 0.09), "left_ear": (0.08, 0.03, 0.0), "right_ear": (-0.08, 0.03, 0.0),
    "nape": (0, 0.05, -0.09),
}  # fmt: skip
"""Metres from the head joint in the head's axes: left, up, ahead."""
_TRUNK_POINTS = {"chest": ("spine3", (0.0, 0.06, 0.11)), "left_waist": ("pelvis", (0.14, 0.09, 0.02)),
                 "right_waist": ("pelvis", (-0.14, 0.09, 0.02))}  # fmt: skip


class Geometry:
    """The joints of poses (n,) and what is measured of them."""

    def __init__(self, poses: Pose):
        figure = ContactFigure.of(poses.body().matrices().double())
        self.floor = figure.lower_edges().amin(-1).numpy()
        self.places = figure.positions.numpy()
        self.turns = figure.rotations.numpy()
        self.left, self.up, self.ahead = (self.turns[:, 0, :, axis] for axis in range(3))
        trunk = self.point("neck") - self.point("pelvis")
        self.trunk = trunk / np.linalg.norm(trunk, axis=-1, keepdims=True)
        level = self.ahead * np.array([1, 0, 1])
        length = np.linalg.norm(level, axis=-1, keepdims=True)
        toes = self.trunk * np.array([1, 0, 1]) * -np.sign(self.ahead[:, 1:2])
        self.level_ahead = np.where(length > 0.35, level, toes)
        self.level_ahead /= np.linalg.norm(self.level_ahead, axis=-1, keepdims=True).clip(1e-6)
        self.level_left = np.cross([0.0, 1.0, 0.0], self.level_ahead)

    def point(self, name: str) -> Values:
        """(n, 3) of a joint or one of the other named points."""
        if name in _HEAD_POINTS:
            return self._carried("head", _HEAD_POINTS[name])
        if name in _TRUNK_POINTS:
            return self._carried(*_TRUNK_POINTS[name])
        side, _, part = name.partition("_")
        if part == "hand":
            sign = 1 if side == "left" else -1
            return self._carried(f"{side}_wrist", (sign * _PALM, -0.02, 0.0))
        if part == "shin":
            return (self.point(f"{side}_knee") + self.point(f"{side}_ankle")) / 2
        if part == "thigh":
            return (self.point(f"{side}_hip") + self.point(f"{side}_knee")) / 2
        return self.places[:, JOINT_INDEX[name]]

    def _carried(self, joint: str, offset: tuple[float, float, float]) -> Values:
        index = JOINT_INDEX[joint]
        return self.places[:, index] + self.turns[:, index] @ np.array(offset)

    def measure(self, name: str) -> Values:
        """One measure (n,) by its name."""
        kind, *rest = name.split(".")
        return _MEASURES[kind](self, *rest)


def _bend(one: Geometry, a: str, b: str, c: str) -> Values:
    return _angle(one.point(b) - one.point(a), one.point(c) - one.point(b))


def _angle(u: Values, v: Values) -> Values:
    cosine = (u * v).sum(-1) / np.linalg.norm(u, axis=-1) / np.linalg.norm(v, axis=-1)
    return np.degrees(np.arccos(cosine.clip(-1, 1)))


def _unit(v: Values) -> Values:
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _arm(one: Geometry, side: str, what: str) -> Values:
    way = _unit(one.point(f"{side}_wrist") - one.point(f"{side}_shoulder"))
    if what == "elevation":
        return np.degrees(np.arcsin(way[:, 1].clip(-1, 1)))
    chest = one.turns[:, JOINT_INDEX["spine3"]]
    sign = 1 if side == "left" else -1
    axis = {"side": sign * chest[:, :, 0], "forward": chest[:, :, 2], "headward": one.trunk}[what]
    return (way * axis).sum(-1)


def _leg(one: Geometry, side: str, what: str) -> Values:
    sign = 1 if side == "left" else -1
    end = "knee" if what == "knee_side" else "ankle"
    way = _unit(one.point(f"{side}_{end}") - one.point(f"{side}_hip"))
    return sign * (way * one.left).sum(-1)


def _thigh(one: Geometry, side: str, what: str) -> Values:
    way = _unit(one.point(f"{side}_knee") - one.point(f"{side}_hip"))
    return np.degrees(np.arcsin(way[:, 1].clip(-1, 1)))


def _trunk(one: Geometry, what: str) -> Values:
    if what == "tilt":
        return np.degrees(np.arccos(one.trunk[:, 1].clip(-1, 1)))
    axis = {"forward": one.level_ahead, "left": one.level_left}[what]
    return np.degrees(np.arctan2((one.trunk * axis).sum(-1), one.trunk[:, 1]))


def _head(one: Geometry, what: str) -> Values:
    head = one.turns[:, JOINT_INDEX["head"]]
    own = np.swapaxes(one.turns[:, 0], -1, -2) @ head
    if what == "turn":
        return np.degrees(np.arctan2(own[:, 0, 2], own[:, 2, 2]))
    if what == "pitch":
        return np.degrees(np.arcsin(head[:, 1, 2].clip(-1, 1)))
    return np.degrees(np.arcsin((head[:, :, 1] * -one.level_left).sum(-1).clip(-1, 1)))


def _chest_turn(one: Geometry, what: str) -> Values:
    own = np.swapaxes(one.turns[:, 0], -1, -2) @ one.turns[:, JOINT_INDEX["spine3"]]
    return np.degrees(np.arctan2(own[:, 0, 2], own[:, 2, 2]))


def _shoulders_up(one: Geometry, what: str) -> Values:
    """How much higher over the upper breast bone the shoulders are than at rest, metres."""
    return _over_breast(one) - _over_breast(Geometry(Pose(torch.zeros(1, BODY_JOINTS, 3))))


def _over_breast(one: Geometry) -> Values:
    both = (one.point("left_shoulder") + one.point("right_shoulder")) / 2
    return ((both - one.point("spine3")) * one.turns[:, JOINT_INDEX["spine3"], :, 1]).sum(-1)


def _difference(axis: Callable[[Geometry], Values]) -> Callable[[Geometry, str, str], Values]:
    def measured(one: Geometry, a: str, b: str) -> Values:
        return ((one.point(a) - one.point(b)) * axis(one)).sum(-1)

    return measured


_MEASURES: dict[str, Callable[..., Values]] = {
    "knee": lambda one, side: _bend(one, f"{side}_hip", f"{side}_knee", f"{side}_ankle"),
    "elbow": lambda one, side: _bend(one, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"),
    "arm": _arm,
    "leg": _leg,
    "thigh": _thigh,
    "trunk": _trunk,
    "head": _head,
    "chest": _chest_turn,
    "shoulder": _shoulders_up,
    "belly": lambda one, what: one.ahead[:, 1],
    "height": lambda one, name: one.point(name)[:, 1] - one.floor,
    "over": _difference(lambda one: np.array([[0.0, 1.0, 0.0]])),
    "ahead": _difference(lambda one: one.level_ahead),
    "apart": lambda one, a, b: np.linalg.norm(one.point(a) - one.point(b), axis=-1),
}
_CONDITION = re.compile(r"(\S+) (-?[\d.]+)\.\.(-?[\d.]+)")


def meets(poses: Pose, conditions: list[str]) -> NDArray[np.bool_]:
    """Which of poses (n,) meet every condition, with the left or the right side for {s}."""
    one = Geometry(poses)
    sided = any("{s}" in text or "{o}" in text for text in conditions)
    found = np.zeros(len(poses), bool)
    for side, other in (_SIDES, _SIDES[::-1]) if sided else (_SIDES,):
        held = np.ones(len(poses), bool)
        for text in conditions:
            held &= _holds(one, text.replace("{s}", side).replace("{o}", other))
        found |= held
    return found


def failing(poses: Pose, conditions: list[str]) -> list[str]:
    """The conditions that not all of the poses meet, with what was measured; {s} is the left side."""
    one, told = Geometry(poses), []
    for text in conditions:
        filled = text.replace("{s}", "left").replace("{o}", "right")
        if not _holds(one, filled).all():
            values = [np.round(one.measure(name), 2).tolist() for name in _names(_CONDITION.match(filled)[1])]  # type: ignore[index]
            told.append(f"{text}: {values}")
    return told


def _names(name: str) -> list[str]:
    return [name.replace("both", side) for side in _SIDES] if "both" in name else [name]


def _holds(one: Geometry, text: str) -> NDArray[np.bool_]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f"no condition: {text!r}")
    low, high = float(match[2]), float(match[3])
    values = [one.measure(name) for name in _names(match[1])]
    return np.logical_and.reduce([(low <= value) & (value <= high) for value in values])
