"""Which way is up in a foreign motion, and in which of its frames the figure stands upright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from poseloom.formats.joint_maps import Match, unit_axis
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, Vector, WorldMotion, forward_kinematics
from poseloom.pose.joints import JOINT_INDEX

Points = dict[int, Float64[Array, "frames 3"]]
"""Positions by the index of our joint, in the file's axes and unit."""

_TRUNK, _LEG, _TILT, _TWIST = 20.0, 30.0, 15.0, 30.0
"""Degrees that a standing figure's trunk, thighs and shins may lean, hips and shoulders tilt, shoulders turn."""

_NEAR_BEST, _MOST = 6.0, 30
"""Degrees of score behind the best frame that are averaged with it, and how many frames at most."""

_LEG_LENGTH_ABOVE_FLOOR = 0.3
"""Part of the leg by which feet may miss the height zero, and the hips the leg's length, of a figure on the floor."""

_STRAIGHT = 0.6
"""Part of the way along leg and trunk that head and feet must be apart to tell which way is up."""

_CLEARLY = 0.7
"""Length of the mean of unit vectors that says they agree."""


@dataclass(frozen=True, eq=False)
class JointMotion:
    """Where the joints of a motion are: the positions, and global rotations, frame by frame."""

    points: Points
    world: WorldMotion
    frames: int

    def at(self, name: str) -> Float64[Array, "frames 3"]:
        """Positions of one joint by its name."""
        return self.points[JOINT_INDEX[name]]

    @property
    def top(self) -> Float64[Array, "frames 3"]:
        """The head, or what the trunk has for one."""
        for name in ("head", "neck"):
            if JOINT_INDEX[name] in self.points:
                return self.at(name)
        return (self.at("left_shoulder") + self.at("right_shoulder")) / 2

    @property
    def feet(self) -> Float64[Array, "frames 3"]:
        """The middle of both ankles."""
        return (self.at("left_ankle") + self.at("right_ankle")) / 2

    @property
    def leg(self) -> float:
        """Mean length of thigh and shin."""
        parts = (("hip", "knee"), ("knee", "ankle"))
        lengths = [
            np.linalg.norm(self.at(f"{s}_{a}") - self.at(f"{s}_{b}"), axis=-1).mean()
            for s in ("left", "right")
            for a, b in parts
        ]
        return float(sum(lengths)) / 2

    def across(self) -> Float64[Array, "frames 3"]:
        """From right to left, hips and shoulders together."""
        return _line(self, "hip") + _line(self, "shoulder")


def figure_of(motion: SkeletonMotion, match: Match) -> JointMotion:
    """The joints of a motion, the ends of bones where the file has no joint for one of ours."""
    used = [place for source in match.sources.values() for place in (source.joint, source.other) if place is not None]
    world = forward_kinematics(motion, used)
    points = {ours: world.positions[source.joint] for ours, source in match.sources.items()}
    points |= {ours: world.tail(joint, offset) for ours, (joint, offset) in match.ends.items()}
    shape = (motion.frames, 3)
    return JointMotion({ours: np.broadcast_to(place, shape) for ours, place in points.items()}, world, motion.frames)


def up_of(figure: JointMotion) -> tuple[Vector, bool]:
    """The file's axis from feet to head in most upright frames, and whether they agree on it; +Y if nothing tells."""
    upwards = figure.top - figure.feet
    length = np.linalg.norm(figure.top - figure.at("pelvis"), axis=-1) + figure.leg
    straight = np.linalg.norm(upwards, axis=-1) > _STRAIGHT * length
    if not straight.any():
        return np.eye(3)[1], False
    up = _unit(upwards[straight]).mean(0)
    axis = int(np.argmax(np.abs(up)))
    if abs(up[axis]) < _CLEARLY:
        return np.eye(3)[1], False
    return np.sign(up[axis]) * np.eye(3)[axis], True


def stands_on_floor(figure: JointMotion, up: Vector) -> bool:
    """Whether in most frames feet are near height zero and hips a leg's length above, along `up`."""
    leg = figure.leg
    feet, hips = figure.feet @ up, figure.at("pelvis") @ up
    near = (np.abs(feet) < _LEG_LENGTH_ABOVE_FLOOR * leg) & (np.abs(hips - leg) < 2 * _LEG_LENGTH_ABOVE_FLOOR * leg)
    return bool(near.mean() > 0.5)


def standing_frames(figure: JointMotion, up: Vector) -> tuple[list[int], bool]:
    """The frames that stand most upright, best first, and whether they truly stand; never none."""
    trunk = _angle(figure.top - figure.at("pelvis"), up)
    legs = np.stack(
        [
            _angle(figure.at(f"{side}_{lower}") - figure.at(f"{side}_{upper}"), -up)
            for side in ("left", "right")
            for upper, lower in (("hip", "knee"), ("knee", "ankle"))
        ]
    )
    tilts = np.stack([np.abs(90 - _angle(_line(figure, joint), up)) for joint in ("hip", "shoulder")])
    flat = [_line(figure, joint) - (_line(figure, joint) @ up)[:, None] * up for joint in ("hip", "shoulder")]
    twist = _angle(flat[0], flat[1])
    score = trunk + legs.mean(0) + tilts.sum(0) + 0.5 * twist
    stands = (trunk < _TRUNK) & (legs.max(0) < _LEG) & (tilts.max(0) < _TILT) & (twist < _TWIST)
    order = np.argsort(np.where(stands, score, score + 1e3), kind="stable")
    if not stands[order[0]]:
        return [int(order[0])], False
    near = [int(frame) for frame in order[:_MOST] if stands[frame] and score[frame] <= score[order[0]] + _NEAR_BEST]
    return near, True


def arms_are(figure: JointMotion, frames: list[int], up: Vector) -> str:
    """How the arms are held in some frames: "T-pose", "A-pose", "arms down" or "arms raised"."""
    arms = np.concatenate(
        [(figure.at(f"{side}_wrist") - figure.at(f"{side}_shoulder"))[frames] for side in ("left", "right")]
    )
    below = float(np.median(90 - _angle(arms, -up)))
    if below < -20:
        return "arms raised"
    return "T-pose" if below < 20 else "A-pose" if below < 60 else "arms down"


def conventional_axes(up: Vector) -> Float64[Array, "3 3"]:
    """Rows: left, up and front for a file of which only the way up is known: Y up faces +Z, Z up faces -Y."""
    lefts = {"+Y": "+X", "-Y": "+X", "+Z": "+X", "-Z": "+X", "+X": "-Y", "-X": "+Y"}
    axis = int(np.argmax(np.abs(up)))
    left = unit_axis(lefts[("+" if up[axis] > 0 else "-") + "XYZ"[axis]])
    return np.stack([left, up, np.cross(left, up)])


def axes_in_frame(figure: JointMotion, frame: int, up: Vector) -> Float64[Array, "3 3"]:
    """Rows: the figure's own left, `up` and front in one frame."""
    across = figure.across()[frame]
    left = across - (across @ up) * up
    length = np.linalg.norm(left)
    left = left / length if length > 0 else conventional_axes(up)[0]
    return np.stack([left, up, np.cross(left, up)])


def _line(figure: JointMotion, joint: str) -> Float64[Array, "frames 3"]:
    return figure.at(f"left_{joint}") - figure.at(f"right_{joint}")


def _unit(vectors: Float64[Array, "*batch 3"]) -> Float64[Array, "*batch 3"]:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _angle(first: Float64[Array, "*batch 3"], second: Float64[Array, "*#batch 3"]) -> Float64[Array, "*batch"]:
    cosine = (_unit(first) * _unit(second)).sum(-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
