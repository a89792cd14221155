"""The alignments of one standing figure: canonical global rotations that a person has who stands as it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.formats.joint_maps import Match
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, Vector, about_axis, shortest_turn
from poseloom.formats.standing import JointMotion
from poseloom.pose.joints import FINGERS, JOINT_INDEX

_HINGE_BEND = 12.0
"""Degrees of elbow flexion at rest from which the plane of the bend tells the elbow's axis."""

_PARALLEL = 1e-3
"""Sine of an angle below which two directions span no plane."""

_POINTS_AHEAD = 0.3
"""Horizontal part of a foot from which it tells the foot's heading; a steeper one hangs."""

_TOES = (0.0, -0.357, 0.934)
"""Direction from ankle to toe base on a flat sole, on our body."""

_EXCHANGE = "pass joint_map= (--joint-map FILE) with the sides exchanged"
_LIMBS = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist"}
_TRUNK = ("pelvis", "spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar")


class FigureAlignment:
    """The figure of one frame in its own axes, and the alignments that it asks for.

    Args:
        motion: the file's skeleton with the axes of its hinges.
        match: which joint is which.
        figure: where the joints are.
        frame: in which frame.
        axes: rows are the figure's left, up and front in the file's axes.
        upright: whether the trunk stands as at our T-pose; otherwise it is turned as hips and shoulders lie.
        flat: whether soles are flat in this frame; otherwise toes lie as far below the ankle as ours do.
    """

    def __init__(
        self,
        motion: SkeletonMotion,
        match: Match,
        figure: JointMotion,
        frame: int,
        axes: Float64[Array, "3 3"],
        *,
        upright: bool = True,
        flat: bool = True,
    ):
        self.motion, self.match, self.axes, self.upright, self.flat = motion, match, axes, upright, flat
        self.places = {ours: axes @ place[frame] for ours, place in figure.points.items()}
        turned = {joint: values[frame if len(values) > 1 else 0] for joint, values in figure.world.rotations.items()}
        self.turned = {joint: axes @ matrix for joint, matrix in turned.items()}
        """The file's global rotations, seen in the figure's axes."""
        self.result: dict[int, Array] = {}

    def alignments(self, path: str | Path) -> dict[int, Float64[Array, "3 3"]]:
        """Canonical global rotation by our joint; those that are left out stand as at our T-pose.

        Raises:
            FileError: a bone has no length, or a foot points backwards.
        """
        hips, chest = (np.eye(3), np.eye(3)) if self.upright else self._trunk()
        for side, sign in (("left", 1.0), ("right", -1.0)):
            for joint, child in _LIMBS.items():
                arm = joint in ("shoulder", "elbow")
                base = chest if arm else hips
                straight = base @ np.array((sign, 0.0, 0.0) if arm else (0.0, -1.0, 0.0))
                bone = self._bone(f"{side}_{joint}", f"{side}_{child}")
                if np.linalg.norm(bone) == 0:
                    problem = f"the {side} {joint} and the {side} {child} are at one place at rest"
                    raise FileError(path, problem, field="OFFSET", remedy="give every bone a length")
                self.result[JOINT_INDEX[f"{side}_{joint}"]] = shortest_turn(straight, bone) @ base
            self._match_elbow(side, sign)
            self._foot(side, path)
            self._hand(side)
        return self.result

    def _trunk(self) -> tuple[Array, Array]:
        """Turn the trunk as the lines across hips and shoulders and the spine between them lie."""
        spine = self._middle("shoulder") - self._middle("hip")
        frames = []
        for joint in ("hip", "shoulder"):
            across = self._bone(f"right_{joint}", f"left_{joint}")
            columns = _frame(across, spine)
            frames.append(np.eye(3) if columns is None else columns)
        for name in _TRUNK:
            self.result[JOINT_INDEX[name]] = frames[0] if name in ("pelvis", "spine1") else frames[1]
        return frames[0], frames[1]

    def _middle(self, joint: str) -> Vector:
        return (self.places[JOINT_INDEX[f"left_{joint}"]] + self.places[JOINT_INDEX[f"right_{joint}"]]) / 2

    def _bone(self, joint: str, child: str) -> Vector:
        return self.places[JOINT_INDEX[child]] - self.places[JOINT_INDEX[joint]]

    def _match_elbow(self, side: str, sign: float) -> None:
        """Turn upper arm and forearm about themselves until the elbow's axis is -Y (left) or +Y (right)."""
        upper = self._bone(f"{side}_shoulder", f"{side}_elbow")
        fore = self._bone(f"{side}_elbow", f"{side}_wrist")
        hinge = self._hinge(side, upper, fore)
        if hinge is None:
            return
        for joint, bone in (("shoulder", upper), ("elbow", fore)):
            direction = bone / np.linalg.norm(bone)
            axis = hinge - (hinge @ direction) * direction
            if np.linalg.norm(axis) < 0.1:
                continue
            y = -sign * axis / np.linalg.norm(axis)
            x = sign * direction
            self.result[JOINT_INDEX[f"{side}_{joint}"]] = np.stack([x, y, np.cross(x, y)], axis=1)

    def _hinge(self, side: str, upper: Vector, fore: Vector) -> Vector | None:
        elbow = JOINT_INDEX[f"{side}_elbow"]
        stated = self.match.family.hinges.get(f"{side}_elbow")
        joint = self.match.sources[elbow].joint
        if stated is None:
            stated = self.motion.hinges.get(self.motion.skeleton.names[joint])
        if stated is not None:
            return self.turned[joint] @ stated
        bend = np.cross(upper, fore) / (np.linalg.norm(upper) * np.linalg.norm(fore))
        return bend if np.linalg.norm(bend) > np.sin(np.radians(_HINGE_BEND)) else None

    def _foot(self, side: str, path: str | Path) -> None:
        """A flat sole is identity. Where nothing else is known, soles are flat at rest and toes tell the heading."""
        ankle, toes = JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]
        forward = self._toe_direction(ankle, toes)
        pitch = self.match.family.flat_foot_pitch
        if pitch is not None and forward is not None:
            leg = self.result[JOINT_INDEX[f"{side}_knee"]]
            below = np.degrees(np.arctan2(*(leg.T @ forward * (1, -1, 1))[1:]))
            self.result[ankle] = leg @ about_axis(np.array(below - pitch), "X")
            self.result[toes] = leg
            return
        if forward is None:
            return
        steep = np.hypot(forward[0], forward[2]) < _POINTS_AHEAD * np.linalg.norm(forward)
        if self.upright and not steep and forward[2] < 0:
            problem = f"the {side} foot points backwards at rest: left and right may be exchanged"
            raise FileError(path, problem, field="OFFSET", remedy=_EXCHANGE)
        if steep or not self.flat:
            leg = self.result[JOINT_INDEX[f"{side}_knee"]]
            self.result[ankle] = self.result[toes] = shortest_turn(leg @ np.array(_TOES), forward) @ leg
            return
        heading = about_axis(np.degrees(np.arctan2(forward[0], forward[2])), "Y")
        self.result[ankle] = self.result[toes] = heading

    def _toe_direction(self, ankle: int, toes: int) -> Vector | None:
        if toes in self.places:
            return self.places[toes] - self.places[ankle]
        if ankle not in self.match.sources:
            return None
        source = self.match.sources[ankle].joint
        for joint, offset in self.motion.skeleton.tails:
            if joint == source and any(offset):
                return self.turned[source] @ np.asarray(offset)
        return None

    def _hand(self, side: str) -> None:
        """Hand from its knuckles where they are known, else it goes on from the forearm; then the fingers."""
        from poseloom.pose.skeleton import rest_offsets

        ours = rest_offsets().double().numpy()
        wrist = JOINT_INDEX[f"{side}_wrist"]
        self.result[wrist] = self.result[JOINT_INDEX[f"{side}_elbow"]]
        knuckles = [JOINT_INDEX[f"{side}_{finger}1"] for finger in ("middle", "index", "pinky")]
        if all(joint in self.places for joint in knuckles):
            middle, index, pinky = knuckles
            theirs = _frame(self.places[middle] - self.places[wrist], self.places[index] - self.places[pinky])
            own = _frame(ours[middle], ours[index] - ours[pinky])
            if theirs is not None and own is not None:
                self.result[wrist] = theirs @ own.T
        hand = self.match.family.constants.get(f"{side}_wrist", self.result[wrist])
        for finger in FINGERS:
            alignment = hand
            for phalanx in (1, 2, 3):
                joint = JOINT_INDEX[f"{side}_{finger}{phalanx}"]
                if joint not in self.places:
                    continue
                bone = self._finger_bone(joint, phalanx)
                if bone is not None and np.linalg.norm(bone) > 0:
                    canonical = ours[joint + 1] if phalanx < 3 else ours[joint]
                    alignment = shortest_turn(hand @ canonical, bone) @ hand
                self.result[joint] = alignment

    def _finger_bone(self, joint: int, phalanx: int) -> Vector | None:
        if phalanx < 3 and joint + 1 in self.places:
            return self.places[joint + 1] - self.places[joint]
        source = self.match.sources[joint].joint
        skeleton = self.motion.skeleton
        tails = [offset for owner, offset in skeleton.tails if owner == source]
        ends = tails or [skeleton.offsets[child] for child, parent in enumerate(skeleton.parents) if parent == source]
        return self.turned[source] @ np.asarray(ends[0]) if ends else None


def _frame(first: Vector, second: Vector) -> Float64[Array, "3 3"] | None:
    """Orthonormal columns: along `first`; `second` without its part along it; and their cross product."""
    normal = np.cross(first, second)
    if np.linalg.norm(normal) <= _PARALLEL * np.linalg.norm(first) * np.linalg.norm(second):
        return None
    x, z = first / np.linalg.norm(first), normal / np.linalg.norm(normal)
    return np.stack([x, np.cross(z, x), z], axis=1)
