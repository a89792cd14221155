"""How the joints of a foreign skeleton lie relative to our T-pose: axes, unit, and one constant a joint.

For each joint: canonical global rotation = world axes @ the file's global rotation @ alignment. The alignment is
measured on a figure that stands upright: the file's rest pose (all rotations zero), or, where that is no standing
figure, frames of the motion that are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from poseloom.formats.figure_alignment import FigureAlignment
from poseloom.formats.joint_maps import FOREARM_TWIST_TO_ELBOW, Match, RestPose, unit_axis
from poseloom.formats.length_units import find_unit
from poseloom.formats.reading_options import ReadingOptions
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, Vector, at_rest, some_frames
from poseloom.formats.standing import (
    JointMotion,
    arms_are,
    axes_in_frame,
    conventional_axes,
    figure_of,
    standing_frames,
    stands_on_floor,
    up_of,
)
from poseloom.pose.joints import JOINT_INDEX, JOINT_NAMES

_SNAP = 20.0
"""Degrees within which a rest pose's left and up are taken for axes of the file."""

_STANDING = 0.6
"""Part of the way along leg and trunk that head and ankles must be apart upwards; a T-pose has 0.97."""

_LEAN = 30.0
"""Degrees by which trunk, and the way from feet to head, may lean from the way up; seated feet stand 23 ahead."""

_LEGS_BELOW = 0.35
"""Part of its length by which each leg must reach down; legs of one that sits upright have 0.5."""

_ACROSS = 0.5
"""Part of the way from right to left, hips and shoulders, that must lie across the way up."""

_FRAMES = 400
"""Frames of a motion among which standing ones are looked for."""

_SAME_LIMB = 15.0
"""Degrees up to which a table's constant may differ from the bone that it stands for; else the bone is measured."""

_T_POSE = 12.0
"""Degrees up to which limbs at rest are those of SMPL's zero pose."""

_LIMBS = {"hip": "knee", "knee": "ankle", "shoulder": "elbow", "elbow": "wrist"}


@dataclass(frozen=True, eq=False)
class RestAlignment:
    """Constants of one skeleton.

    Args:
        axes: rows are the file's axes of left, up and front: canonical vector = axes @ the file's vector.
        metres_per_unit: length unit.
        unit: its name.
        joints: by the index of our joint, the canonical axes seen from the file's joint.
        forearm_twist_to_elbow: share of the twist between forearm and hand that the elbow takes over.
        remarks: what had to be guessed, one line each.
    """

    axes: Float64[Array, "3 3"]
    metres_per_unit: float
    unit: str
    joints: dict[int, Float64[Array, "3 3"]]
    forearm_twist_to_elbow: float
    remarks: tuple[str, ...] = ()


def align(
    motion: SkeletonMotion, match: Match, path: str | Path, options: ReadingOptions | None = None
) -> RestAlignment:
    """Work out a skeleton's axes, unit and joint alignments from its family's constants and its geometry.

    Raises:
        FileError: a bone has no length, or left and right are exchanged.
    """
    options = options or ReadingOptions()
    unit, metres, told = find_unit(motion, match, options.metres_per_unit)
    stated_up = None if options.plain_up is None else unit_axis(options.plain_up)
    rest = figure_of(at_rest(motion), match)
    rest_axes = _axes_of_rest(rest)
    family = match.family
    if family.frame is not None and rest_axes is None and _constants_fit(motion, match):
        axes = _stated_axes(family.frame) if stated_up is None else conventional_axes(stated_up)
        table = {JOINT_INDEX[name]: constant for name, constant in family.constants.items()}
        own = {ours: _stated_axes(family.frame).T @ table.get(ours, np.eye(3)) for ours in match.sources}
        return RestAlignment(axes, metres, unit, own, family.forearm_twist_to_elbow, told)
    if family.frame is not None:  # another skeleton under these names
        match = replace(match, family=replace(family, frame=None, constants={}))
    if rest_axes is None:
        axes, own, remarks = _from_frames(motion, match, path, stated_up)
        return RestAlignment(axes, metres, unit, own, FOREARM_TWIST_TO_ELBOW, (*told, *remarks))
    own, share = _from_rest(motion, match, rest, rest_axes, path)
    axes, remarks = _world_axes(motion, match, rest_axes, stated_up)
    return RestAlignment(axes, metres, unit, own, share, (*told, *remarks))


# -- from the rest pose ------------------------------------------------------------------------------------------


def _from_rest(
    motion: SkeletonMotion, match: Match, rest: JointMotion, axes: Float64[Array, "3 3"], path: str | Path
) -> tuple[dict[int, Array], float]:
    """Alignments by our joint, and the elbow's share of the forearm's twist."""
    family = match.family
    if family.rest is RestPose.T_POSE:
        if _is_t_pose(rest, axes):
            return dict.fromkeys(match.sources, axes.T), family.forearm_twist_to_elbow
        family = replace(family, rest=RestPose.MEASURED, forearm_twist_to_elbow=FOREARM_TWIST_TO_ELBOW)
        match = replace(match, family=family)
    joints = FigureAlignment(motion, match, rest, 0, axes).alignments(path)
    constants = {JOINT_INDEX[name]: constant for name, constant in family.constants.items()}
    known = bool(family.rest_offsets)  # the very skeleton that the constants were measured on
    joints |= {ours: constant for ours, constant in constants.items() if known or _fits(ours, constant, joints)}
    own = {ours: axes.T @ joints.get(ours, np.eye(3)) for ours in match.sources}
    return own, family.forearm_twist_to_elbow


def _fits(ours: int, constant: Float64[Array, "3 3"], measured: dict[int, Array]) -> bool:
    """Whether a table's constant points a limb where the file's bone points."""
    direction = _limb_directions().get(ours)
    if direction is None or ours not in measured:
        return True
    return float((constant @ direction) @ (measured[ours] @ direction)) > np.cos(np.radians(_SAME_LIMB))


def _is_t_pose(rest: JointMotion, axes: Float64[Array, "3 3"]) -> bool:
    for ours, direction in _limb_directions().items():
        child = next(child for joint, child in _LIMBS.items() if _limb_name(ours) == joint)
        bone = axes @ (rest.points[JOINT_INDEX[_side(ours) + child]] - rest.points[ours])[0]
        if direction @ bone < np.cos(np.radians(_T_POSE)) * np.linalg.norm(bone):
            return False
    return True


def _limb_directions() -> dict[int, Vector]:
    """Where our limbs point at the T-pose."""
    found = {}
    for side, sign in (("left_", 1.0), ("right_", -1.0)):
        for joint in _LIMBS:
            arm = joint in ("shoulder", "elbow")
            found[JOINT_INDEX[side + joint]] = np.array((sign, 0.0, 0.0) if arm else (0.0, -1.0, 0.0))
    return found


def _limb_name(ours: int) -> str:
    return JOINT_NAMES[ours].split("_")[1]


def _side(ours: int) -> str:
    return JOINT_NAMES[ours].split("_")[0] + "_"


def _constants_fit(motion: SkeletonMotion, match: Match) -> bool:
    """Whether the constants of a table without a rest pose point every limb along the file's own bone."""
    assert match.family.frame is not None
    axes = _stated_axes(match.family.frame)
    for ours, direction in _limb_directions().items():
        child = JOINT_INDEX[_side(ours) + _LIMBS[_limb_name(ours)]]
        if child not in match.sources:
            return False
        joint, path, bone = match.sources[ours].joint, match.sources[child].joint, np.zeros(3)
        while path > joint:
            bone, path = bone + motion.skeleton.offsets[path], motion.skeleton.parents[path]
        constant = match.family.constants.get(JOINT_NAMES[ours], np.eye(3))
        if direction @ (constant.T @ axes @ bone) < np.cos(np.radians(_SAME_LIMB)) * np.linalg.norm(bone):
            return False
    return True


def _axes_of_rest(rest: JointMotion) -> Float64[Array, "3 3"] | None:
    """Left, up and front of the figure in the rest pose, snapped to the file's axes where they are near; None if it
    does not stand."""
    up = _up_of_rest(rest)
    if up is None:
        return None
    left = rest.across()[0]
    for side in ("left", "right"):
        if (rest.at(f"{side}_hip") - rest.at(f"{side}_ankle"))[0] @ up < _LEGS_BELOW * rest.leg:
            return None
    across = left - (left @ up) * up
    if np.linalg.norm(across) <= _ACROSS * np.linalg.norm(left):
        return None
    left = _snapped(across / np.linalg.norm(across))
    left = left - (left @ up) * up
    left /= np.linalg.norm(left)
    return np.stack([left, up, np.cross(left, up)])


def _up_of_rest(rest: JointMotion) -> Vector | None:
    """The way up where trunk and feet agree on it: an axis of the file if one is near; None if they do not."""
    upwards, trunk = rest.top[0] - rest.feet[0], rest.top[0] - rest.at("pelvis")[0]
    if not np.linalg.norm(upwards) > _STANDING * (np.linalg.norm(trunk) + rest.leg):
        return None
    upwards, trunk = upwards / np.linalg.norm(upwards), trunk / max(float(np.linalg.norm(trunk)), 1e-12)
    axis = int(np.argmax(np.abs(upwards + trunk)))
    along = np.sign((upwards + trunk)[axis]) * np.eye(3)[axis]
    if min(upwards @ along, trunk @ along) > np.cos(np.radians(_LEAN)):
        return along
    return upwards if upwards @ trunk > np.cos(np.radians(_LEAN)) else None


def _snapped(direction: Vector) -> Vector:
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) < np.cos(np.radians(_SNAP)):
        return direction
    return np.sign(direction[axis]) * np.eye(3)[axis]


def _stated_axes(frame: tuple[str, str]) -> Float64[Array, "3 3"]:
    left, up = (unit_axis(text) for text in frame)
    return np.stack([left, up, np.cross(left, up)])


def _world_axes(
    motion: SkeletonMotion, match: Match, rest_axes: Float64[Array, "3 3"], stated_up: Vector | None
) -> tuple[Float64[Array, "3 3"], tuple[str, ...]]:
    """Axes of the world: those of the rest pose, unless the user or the motion says that another axis points up."""
    if stated_up is not None:
        return (rest_axes if stated_up @ rest_axes[1] > 0.99 else conventional_axes(stated_up)), ()
    figure = figure_of(some_frames(motion, _FRAMES), match)
    up, clearly = up_of(figure)
    if not clearly or up @ rest_axes[1] > 0.5 or not stands_on_floor(figure, up):
        return rest_axes, ()
    names = [_axis_name(axis) for axis in (rest_axes[1], up)]
    remark = f"the rest pose stands along {names[0]}, the motion along {names[1]}: taken for up; --up says otherwise"
    return conventional_axes(up), (remark,)


def _axis_name(axis: Vector) -> str:
    place = int(np.argmax(np.abs(axis)))
    return ("-" if axis[place] < 0 else "+") + "XYZ"[place]


# -- from frames of the motion -----------------------------------------------------------------------------------


def _from_frames(
    motion: SkeletonMotion, match: Match, path: str | Path, stated_up: Vector | None
) -> tuple[Float64[Array, "3 3"], dict[int, Array], tuple[str, ...]]:
    """World axes, alignments by our joint (the mean over the frames that stand), and what to remark."""
    sampled = some_frames(motion, _FRAMES)
    figure = figure_of(sampled, match)
    up, clearly = (stated_up, True) if stated_up is not None else up_of(figure)
    frames, stand = standing_frames(figure, up)
    sums: dict[int, Array] = {}
    for frame in frames:
        axes = axes_in_frame(figure, frame, up)
        joints = FigureAlignment(sampled, match, figure, frame, axes, upright=stand, flat=False).alignments(path)
        for ours, source in match.sources.items():
            turned = _at(figure.world.rotations[source.joint], frame)
            sums[ours] = sums.get(ours, 0.0) + turned.T @ axes.T @ joints.get(ours, joints.get(0, np.eye(3)))
    own = {ours: _nearest_rotation(total) for ours, total in sums.items()}
    if stand:
        what = f"{len(frames)} frame{'s' if len(frames) > 1 else ''} ({arms_are(figure, frames, up)})"
        remarks = [f"the zero pose is no standing figure; aligned by {what} in which the figure stands"]
    else:
        remarks = [
            "neither the zero pose nor any frame is a standing figure; limbs point right, the twist of limbs and the "
            "tilt of trunk and head are guessed"
        ]
    if stated_up is None and clearly and up[1] < 0.5 and not stands_on_floor(figure, up):
        remarks.append(f"the figure stands along {_axis_name(up)}, which is taken for up; if it lies, see --up")
    if not clearly:
        remarks.append("the frames do not tell which axis points up: taken for +Y; --up says otherwise")
    return conventional_axes(up), own, tuple(remarks)


def _at(values: Float64[Array, "#frames 3 3"], frame: int) -> Float64[Array, "3 3"]:
    return values[frame if len(values) > 1 else 0]


def _nearest_rotation(matrix: Float64[Array, "3 3"]) -> Float64[Array, "3 3"]:
    left, _, right = np.linalg.svd(matrix)
    return left @ np.diag((1.0, 1.0, np.sign(np.linalg.det(left @ right)))) @ right
