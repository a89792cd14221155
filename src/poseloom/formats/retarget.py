"""From a motion on its own skeleton to poses in our joints: local rotations from the file's global ones.

Method: per joint, canonical global rotation = the file's global rotation @ constant alignment
(`poseloom.formats.rest_alignment`); local rotation = inverse of the parent's @ own.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from poseloom.formats.joint_maps import Match, find_joints
from poseloom.formats.reading_options import REMARKS, ReadingOptions
from poseloom.formats.rest_alignment import RestAlignment, align
from poseloom.formats.skeleton_motion import (
    Array,
    SkeletonMotion,
    WorldMotion,
    about_axis,
    chosen_frames,
    forward_kinematics,
)
from poseloom.pose import rotations as rot
from poseloom.pose.clips import LEG_NOTE
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, PARENTS
from poseloom.pose.types import Clip, Pose

_AT_ONCE = 20_000
"""Frames whose matrices are held at a time."""
_WHOLE_FPS = 1e-4
"""Relative distance from a whole number of frames a second that comes from rounding the frame time."""


def retarget(
    motion: SkeletonMotion,
    path: str | Path,
    joint_map: Mapping[str, str] | str | Path | None = None,
    options: ReadingOptions | None = None,
) -> Clip:
    """Convert a motion to poses of 22 joints, or 52 where the skeleton has fingers.

    Args:
        motion: on its own skeleton.
        path: the file it comes from: for messages and the clip's name.
        joint_map: {our joint: the file's joint} or a JSON file with it, for skeletons that are not known.
        options: what the user says of axes, unit and frame rate.

    Returns:
        The clip; its notes tell the skeleton's family and the length unit that was found, and under
        ``remarks`` what was guessed.

    Raises:
        FileError: the skeleton is unknown, or a bone has no length.
    """
    options = options or ReadingOptions(joint_map)
    match = find_joints(motion, path, joint_map)
    alignment = align(motion, match, path, options)
    wanted = [place for source in match.sources.values() for place in (source.joint, source.other) if place is not None]
    joints = ALL_JOINTS if any(joint >= BODY_JOINTS for joint in match.sources) else BODY_JOINTS
    rotations, places = [], []
    for frames in np.array_split(np.arange(motion.frames), -(-motion.frames // _AT_ONCE)):
        world = forward_kinematics(chosen_frames(motion, frames), wanted)
        matrices = canonical_rotations(world, match, alignment, len(frames), joints)
        rotations.append(rot.rotmat_to_rotvec(matrices).float())
        pelvis = world.positions[match.sources[0].joint] @ alignment.axes.T * alignment.metres_per_unit
        places.append(torch.from_numpy(np.array(np.broadcast_to(pelvis, (len(frames), 3)))).float())
    pose = Pose(torch.cat(rotations), torch.cat(places))
    notes: dict[str, Any] = {"skeleton": match.family.name, "unit": alignment.unit}
    notes |= _leg_note(motion, match, alignment)
    remarks = (*motion.remarks, *match.remarks, *alignment.remarks)
    if remarks:
        notes[REMARKS] = list(remarks)
    return Clip(pose, _rounded_fps(motion.fps if options.fps is None else options.fps), Path(path).stem, notes)


def _leg_note(motion: SkeletonMotion, match: Match, alignment: RestAlignment) -> dict[str, float]:
    """Mean length of the legs that the way was walked on, from hip over knee to ankle; nothing where one is missing."""
    rest, length = motion.skeleton.rest, 0.0
    for side in ("left", "right"):
        sources = [match.sources.get(JOINT_INDEX[f"{side}_{joint}"]) for joint in ("hip", "knee", "ankle")]
        places = [rest[source.joint] for source in sources if source is not None]
        if len(places) < len(sources):
            return {}
        length += sum(float(np.linalg.norm(below - above)) for above, below in pairwise(places)) / 2
    return {LEG_NOTE: round(length * alignment.metres_per_unit, 4)}


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
    _share_forearm_twist(everywhere, alignment.forearm_twist_to_elbow)
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
