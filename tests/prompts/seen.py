"""One pose as plain geometry sees it: joints, angles in degrees and directions, from no rule of poseloom's words.

Directions are (outward, up, ahead): up against gravity, ahead where the chest (of arms) or the pelvis (of legs) faces,
laid level; outward is away from the body on the limb's own side. Heights are metres above the body's lowest point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from measures import Geometry
from numpy.typing import NDArray

from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.types import Pose

Vector = NDArray[np.float64]
_UP = np.array([0.0, 1.0, 0.0])
_SIGN = {"left": 1.0, "right": -1.0}
CHAINS = {
    "arm": ("shoulder", "wrist"), "upper arm": ("shoulder", "elbow"), "elbow": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"), "leg": ("hip", "ankle"), "thigh": ("hip", "knee"), "lower leg": ("knee", "ankle"),
}  # fmt: skip
_OF_ARMS = ("arm", "upper arm", "elbow", "forearm", "hand")
_SOLE = 0.075
"""Metres between an ankle and the ground below a flat foot."""


def poses_seen(poses: Pose) -> list[Seen]:
    """Poses (n,), one after another."""
    flat = poses.reshape(-1)
    geometry = Geometry(flat)
    return [Seen(geometry, place) for place in range(len(flat))]


@dataclass(frozen=True, eq=False)
class Seen:
    """One pose of a batch."""

    geometry: Geometry
    place: int

    def point(self, name: str) -> Vector:
        """Place of a joint or of a named spot such as ``left_hand``, metres."""
        return self.geometry.point(name)[self.place]

    def axis(self, joint: str, axis: int) -> Vector:
        """Left, up or front of the part of the body that a joint carries."""
        return self.geometry.turns[self.place, JOINT_INDEX[joint], :, axis]

    def height(self, name: str) -> float:
        """Metres above the floor."""
        return float(self.point(name)[1] - self.geometry.floor[self.place])

    def foot_height(self, side: str) -> float:
        """Metres between a foot's lowest end and the floor."""
        heel = self.height(f"{side}_ankle") - _SOLE
        return max(0.0, min(self.height(f"{side}_foot") - 0.02, heel))

    def heel_rise(self, side: str) -> float:
        """Metres by which a heel is up over the toes."""
        return self.height(f"{side}_ankle") - self.height(f"{side}_foot") - _SOLE + 0.02

    def bend(self, joint: str, side: str) -> float:
        """Degrees at an elbow or a knee; 180 is straight."""
        names = ("shoulder", "elbow", "wrist") if joint == "elbow" else ("hip", "knee", "ankle")
        a, b, c = (self.point(f"{side}_{name}") for name in names)
        return _degrees(a - b, c - b)

    @property
    def trunk(self) -> Vector:
        """Direction from the pelvis to the neck."""
        return _unit(self.point("neck") - self.point("pelvis"))

    @property
    def tilt(self) -> float:
        """Degrees between trunk and vertical."""
        return _degrees(self.trunk, _UP)

    def ahead(self, part: str) -> Vector:
        """Where chest or pelvis face, laid level."""
        front = self.axis("spine3" if part in _OF_ARMS else "pelvis", 2) * np.array([1, 0, 1])
        return _unit(front)

    def way(self, part: str, side: str) -> Vector:
        """(outward, up, ahead) of a limb."""
        start, end = (f"{side}_{name}" for name in CHAINS[part])
        return self.turned(self.point(end) - self.point(start), part, side)

    def turned(self, vector: Vector, part: str, side: str) -> Vector:
        """A vector as (outward, up, ahead), of length one."""
        ahead = self.ahead(part)
        outward = np.cross(_UP, ahead) * _SIGN[side]
        return np.array([vector @ outward, vector[1], vector @ ahead]) / max(float(np.linalg.norm(vector)), 1e-9)

    def along_body(self, part: str, side: str) -> Vector:
        """(outward, toward the head, to the front) of a limb in the axes of chest or pelvis."""
        start, end = (f"{side}_{name}" for name in CHAINS[part])
        vector, joint = _unit(self.point(end) - self.point(start)), "spine3" if part in _OF_ARMS else "pelvis"
        return np.array([vector @ self.axis(joint, 0) * _SIGN[side], vector @ self.trunk, vector @ self.axis(joint, 2)])

    def reach(self, end: str, start: str, part: str, side: str) -> Vector:
        """(outward, up, ahead) from one point to another, metres."""
        vector = self.point(end) - self.point(start)
        return self.turned(vector, part, side) * float(np.linalg.norm(vector))

    def lean(self, axis: str) -> float:
        """Degrees by which the trunk leans ahead or to the left."""
        level = self.ahead("leg")
        line = level if axis == "ahead" else np.cross(_UP, level)
        return float(np.degrees(np.arctan2(self.trunk @ line, self.trunk[1])))

    def twist(self) -> float:
        """Degrees by which the shoulders are turned to the left of the hips."""
        hips, shoulders = (self.point(f"left_{one}") - self.point(f"right_{one}") for one in ("hip", "shoulder"))
        return _turned_left(hips, shoulders, self.axis("pelvis", 1))

    def head(self, what: str) -> float:
        """Degrees by which the head is turned to the left, lowered, or tilted to the left, against the chest."""
        left, up, front = (self.axis("spine3", one) for one in range(3))
        if what == "turn":
            look = self.axis("head", 2)
            return float(np.degrees(np.arctan2(look @ left, look @ front)))
        if what == "nod":
            look = self.axis("head", 2)
            return float(np.degrees(-np.arcsin(np.clip(look @ up, -1, 1))))
        return float(np.degrees(np.arcsin(np.clip(self.axis("head", 1) @ left, -1, 1))))

    @property
    def heading(self) -> float:
        """Degrees of the pelvis about the vertical."""
        front = self.axis("pelvis", 2)
        return float(np.degrees(np.arctan2(front[0], front[2])))

    def apart(self, a: str, b: str) -> float:
        """Metres between two points."""
        return float(np.linalg.norm(self.point(a) - self.point(b)))

    def feet(self, axis: str) -> float:
        """Metres by which the left ankle is ahead of, or to the left of, the right one."""
        vector, level = self.point("left_ankle") - self.point("right_ankle"), self.ahead("leg")
        return float(vector @ (level if axis == "ahead" else np.cross(_UP, level)))


def _unit(vector: Vector) -> Vector:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _degrees(a: Vector, b: Vector) -> float:
    return float(np.degrees(np.arccos(np.clip(_unit(a) @ _unit(b), -1, 1))))


def _turned_left(a: Vector, b: Vector, up: Vector) -> float:
    return float(np.degrees(np.arctan2(np.cross(a, b) @ up, a @ b)))
