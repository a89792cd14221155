"""From a motion on its own skeleton to poses in our joints: local rotations from the file's global ones.

Method: per joint, canonical global rotation = the file's global rotation @ constant alignment
(`poseloom.formats.rest_alignment`); local rotation = inverse of the parent's @ own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64

from poseloom.formats.joint_maps import Match, find_joints
from poseloom.formats.rest_alignment import RestAlignment, align
from poseloom.formats.skeleton_motion import Array, SkeletonMotion, WorldMotion, about_axis, forward_kinematics
from poseloom.pose import rotations as rot
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, PARENTS
from poseloom.pose.types import Clip, Pose

_WHOLE_FPS = 1e-4
"""Relative distance from a whole number of frames a second that comes from rounding the frame time."""


def retarget(motion: SkeletonMotion, path: str | Path, joint_map: Mapping[str, str] | str | Path | None = None) -> Clip:
    """Convert a motion to poses of 22 joints, or 52 where the skeleton has fingers.

    Args:
        motion: on its own skeleton.
        path: the file it comes from: for messages and the clip's name.
        joint_map: {our joint: the file's joint} or a JSON file with it, for skeletons that are not known.

    Returns:
        The clip; its notes tell the skeleton's family and the length unit that was found.

    Raises:
        FileError: the skeleton is unknown, or its rest pose is needed and is not a standing figure.
    """
    match = find_joints(motion.skeleton, path, joint_map)
    alignment = align(motion, match, path)
    wanted = [place for source in match.sources.values() for place in (source.joint, source.other) if place is not None]
    world = forward_kinematics(motion, wanted)
    joints = ALL_JOINTS if any(joint >= BODY_JOINTS for joint in match.sources) else BODY_JOINTS
    rotations = canonical_rotations(world, match, alignment, motion.frames, joints)
    pelvis = world.positions[match.sources[0].joint] @ alignment.axes.T * alignment.metres_per_unit
    pelvis = np.array(np.broadcast_to(pelvis, (motion.frames, 3)))
    pose = Pose(rot.rotmat_to_rotvec(rotations).float(), torch.from_numpy(pelvis).float())
    notes = {"skeleton": match.family.name, "unit": alignment.unit}
    return Clip(pose, _rounded_fps(motion.fps), Path(path).stem, notes)


def canonical_rotations(
    world: WorldMotion, match: Match, alignment: RestAlignment, frames: int, joints: int
) -> Float64[torch.Tensor, "frames joints 3 3"]:
    """Local rotation matrices of our joints. A joint that the file does not have keeps still in its parent."""
    everywhere: list[Array] = []
    by_source = {place.joint: alignment.joints[joint] for joint, place in match.sources.items() if place.other is None}
    for joint in range(joints):
        source = match.sources.get(joint)
        if source is None:
            everywhere.append(everywhere[PARENTS[joint]] if joint else np.eye(3)[None])
            continue
        own = alignment.joints[joint]
        if source.other is None:
            everywhere.append(alignment.axes @ world.rotations[source.joint] @ own)
            continue
        ends = (world.rotations[end] @ by_source.get(end, own) for end in (source.joint, source.other))
        everywhere.append(alignment.axes @ _halfway(*ends))
    _share_forearm_twist(everywhere, match.family.forearm_twist_to_elbow)
    local = np.empty((frames, joints, 3, 3))
    for joint in range(joints):
        parent = PARENTS[joint]
        own = everywhere[joint]
        local[:, joint] = own if parent < 0 else np.swapaxes(everywhere[parent], -1, -2) @ own
    return torch.from_numpy(local)


def _halfway(first: Float64[Array, "*#batch 3 3"], second: Float64[Array, "*#batch 3 3"]) -> Array:
    """The rotation in the middle of the shortest way from one to the other."""
    between = torch.from_numpy(np.ascontiguousarray(np.swapaxes(first, -1, -2) @ second))
    return first @ rot.rotvec_to_rotmat(rot.rotmat_to_rotvec(between) / 2).numpy()


def _share_forearm_twist(everywhere: list[Array], share: float) -> None:
    """Give the elbow a share of the twist about the forearm (x) between elbow and hand; the wrist keeps the rest."""
    if share == 0:
        return
    for side in ("left", "right"):
        elbow, wrist = JOINT_INDEX[f"{side}_elbow"], JOINT_INDEX[f"{side}_wrist"]
        between = np.swapaxes(everywhere[elbow], -1, -2) @ everywhere[wrist]
        everywhere[elbow] = everywhere[elbow] @ _about_x(share * _twist_about_x(between))


def _twist_about_x(matrix: Float64[Array, "*batch 3 3"]) -> Float64[Array, "*batch"]:
    """Angle of the twist in the decomposition swing @ twist, the twist about x; radians within (-pi, pi]."""
    # Quaternion (w, x) up to a common factor: w ~ 1 + trace, x ~ m21 - m12; both vanish for half turns about y or z.
    trace = np.trace(matrix, axis1=-2, axis2=-1)
    return 2 * np.arctan2(matrix[..., 2, 1] - matrix[..., 1, 2], 1 + trace)


def _about_x(radians: Float64[Array, "*batch"]) -> Float64[Array, "*batch 3 3"]:
    return about_axis(np.degrees(radians), "X")


def _rounded_fps(fps: float) -> float:
    whole = round(fps)
    return float(whole) if whole and abs(fps - whole) < _WHOLE_FPS * whole else fps
