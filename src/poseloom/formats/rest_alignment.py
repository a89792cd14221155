"""How the joints of a foreign rest pose lie relative to our T-pose: axes, unit, and one constant a joint.

For each joint: canonical global rotation = the file's global rotation @ alignment. The alignment is the canonical
global rotation of a person who stands in the file's rest pose (all rotations zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from poseloom.base.errors import FileError
from poseloom.formats.joint_maps import Match, RestPose, unit_axis
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, SourceSkeleton, Vector, about_axis, shortest_turn
from poseloom.pose.joints import FINGERS, JOINT_INDEX

_UNITS = (
    ("centimetre", 0.01),
    ("metre", 1.0),
    ("millimetre", 0.001),
    ("decimetre", 0.1),
    ("1/0.45 inch", 0.0254 / 0.45),
    ("inch", 0.0254),
)
"""Length units of motion files, most frequent first."""

_SMALLEST_BODY, _AVERAGE_BODY, _LARGEST_BODY = 0.65, 1.45, 2.1
"""Metres along the bones from an ankle over hip and trunk to the head joint: a toddler, an adult, a giant."""

_HINGE_BEND = 12.0
"""Degrees of elbow flexion at rest from which the plane of the bend tells the elbow's axis."""

_SNAP = 20.0
"""Degrees within which a rest pose's left and up are taken for axes of the file."""

_STANDING = 0.6
"""Part of the way along leg and trunk that head and ankles must be apart upwards; a T-pose has 0.97."""

_PARALLEL = 1e-3
"""Sine of an angle below which two directions span no plane."""

_ACROSS = 0.5
"""Part of the way from right to left, hips and shoulders, that must lie across the way up."""

_LIMBS = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist"}


@dataclass(frozen=True, eq=False)
class RestAlignment:
    """Constants of one skeleton.

    Args:
        axes: rows are the file's axes of left, up and front: canonical vector = axes @ the file's vector.
        metres_per_unit: length unit.
        unit: its name.
        joints: by the index of our joint, the canonical axes seen from the file's joint.
    """

    axes: Float64[Array, "3 3"]
    metres_per_unit: float
    unit: str
    joints: dict[int, Float64[Array, "3 3"]]


def align(motion: SkeletonMotion, match: Match, path: str | Path) -> RestAlignment:
    """Work out a skeleton's axes, unit and joint alignments from its family's constants and its rest pose.

    Raises:
        FileError: the rest pose is needed and is not a standing figure.
    """
    rest = motion.skeleton.rest
    places = {ours: rest[source.joint] for ours, source in match.sources.items()}
    family = match.family
    axes = _stated_axes(family.frame) if family.frame else _find_axes(places, path)
    if motion.metres_per_unit is None:
        unit, metres = _find_unit(motion.skeleton, match)
    else:
        unit, metres = "stated in the file", motion.metres_per_unit
    joints: dict[int, Array] = {}
    if family.frame is None:
        figure = _RestFigure(motion, match, {ours: axes @ place for ours, place in places.items()}, axes)
        joints = figure.alignments(path) if family.rest is RestPose.MEASURED else {}
    joints.update({JOINT_INDEX[name]: constant for name, constant in family.constants.items()})
    own = {ours: axes.T @ joints.get(ours, np.eye(3)) for ours in match.sources}
    return RestAlignment(axes, metres, unit, own)


# -- axes and unit -----------------------------------------------------------------------------------------------


def _stated_axes(frame: tuple[str, str]) -> Float64[Array, "3 3"]:
    left, up = (unit_axis(text) for text in frame)
    return np.stack([left, up, np.cross(left, up)])


def _find_axes(places: dict[int, Vector], path: str | Path) -> Float64[Array, "3 3"]:
    """Left and up of the figure that stands in the rest pose, snapped to the file's axes where they are near."""

    def at(name: str) -> Vector:
        return places[JOINT_INDEX[name]]

    feet = (at("left_ankle") + at("right_ankle")) / 2
    up = at("head") - feet
    left = at("left_hip") - at("right_hip") + at("left_shoulder") - at("right_shoulder")
    bones = [at("head") - at("pelvis"), at("pelvis") - (at("left_knee") + at("right_knee")) / 2]
    bones.append(at("pelvis") - bones[1] - feet)
    length = sum(np.linalg.norm(bone) for bone in bones)
    upright = np.linalg.norm(up) > _STANDING * length
    if upright:
        up = _snapped(up / np.linalg.norm(up))
        across = left - (left @ up) * up
    if not upright or np.linalg.norm(across) <= _ACROSS * np.linalg.norm(left):
        raise FileError(
            path,
            "the rest pose (all rotations zero) is not a standing figure",
            field="OFFSET",
            remedy="export with a T-pose as rest pose, axes parallel to the world's",
        )
    left = _snapped(across / np.linalg.norm(across))
    left = left - (left @ up) * up
    left /= np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)])


def _snapped(direction: Vector) -> Vector:
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) < np.cos(np.radians(_SNAP)):
        return direction
    return np.sign(direction[axis]) * np.eye(3)[axis]


def _find_unit(skeleton: SourceSkeleton, match: Match) -> tuple[str, float]:
    """The most frequent unit in which the body has a human size, else the one that makes it an adult's."""
    length = 0.0
    for start, end in (("left_ankle", "left_hip"), ("head", "pelvis")):
        joint, stop = (match.sources[JOINT_INDEX[name]].joint for name in (start, end))
        above = set(skeleton.with_ancestors([stop]))
        while joint not in above:
            length += float(np.linalg.norm(skeleton.offsets[joint]))
            joint = skeleton.parents[joint]
    for name, metres in _UNITS:
        if _SMALLEST_BODY <= length * metres <= _LARGEST_BODY:
            return name, metres
    return "scaled to an adult", _AVERAGE_BODY / length if length > 0 else 1.0


# -- joints ------------------------------------------------------------------------------------------------------


class _RestFigure:
    """The figure of a rest pose in canonical axes, and the alignments that it asks for."""

    def __init__(
        self,
        motion: SkeletonMotion,
        match: Match,
        places: dict[int, Vector],
        axes: Float64[Array, "3 3"],
    ):
        self.motion, self.match, self.places, self.axes = motion, match, places, axes
        self.result: dict[int, Array] = {}

    def alignments(self, path: str | Path) -> dict[int, Float64[Array, "3 3"]]:
        for side, sign in (("left", 1.0), ("right", -1.0)):
            for joint, child in _LIMBS.items():
                straight = np.array((sign, 0.0, 0.0)) if joint in ("shoulder", "elbow") else np.array((0.0, -1.0, 0.0))
                bone = self._bone(f"{side}_{joint}", f"{side}_{child}")
                if np.linalg.norm(bone) == 0:
                    problem = f"the {side} {joint} and the {side} {child} are at one place at rest"
                    raise FileError(path, problem, field="OFFSET", remedy="give every bone a length")
                self.result[JOINT_INDEX[f"{side}_{joint}"]] = shortest_turn(straight, bone)
            self._match_elbow(side, sign)
            self._foot(side, path)
            self._hand(side)
        return self.result

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
        if stated is None:
            stated = self.motion.hinges.get(self.motion.skeleton.names[self.match.sources[elbow].joint])
        if stated is not None:
            return self.axes @ stated
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
        if forward is None or np.hypot(forward[0], forward[2]) < 0.3 * np.linalg.norm(forward):
            return
        if forward[2] < 0:
            problem = f"the {side} foot points backwards at rest: left and right may be exchanged"
            raise FileError(path, problem, field="OFFSET", remedy="pass joint_map= with the sides exchanged")
        heading = about_axis(np.degrees(np.arctan2(forward[0], forward[2])), "Y")
        self.result[ankle] = self.result[toes] = heading

    def _toe_direction(self, ankle: int, toes: int) -> Vector | None:
        if toes in self.places:
            return self.places[toes] - self.places[ankle]
        source = self.match.sources[ankle].joint
        for joint, offset in self.motion.skeleton.tails:
            if joint == source:
                return self.axes @ np.asarray(offset)
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
        return self.axes @ np.asarray(ends[0]) if ends else None


def _frame(first: Vector, second: Vector) -> Float64[Array, "3 3"] | None:
    """Orthonormal columns: along `first`; `second` without its part along it; and their cross product."""
    normal = np.cross(first, second)
    if np.linalg.norm(normal) <= _PARALLEL * np.linalg.norm(first) * np.linalg.norm(second):
        return None
    x, z = first / np.linalg.norm(first), normal / np.linalg.norm(normal)
    return np.stack([x, np.cross(z, x), z], axis=1)
