"""Small motion files for the tests of the skeletal formats, made in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POSITION = "Xposition Yposition Zposition"
ROTATION = "Zrotation Xrotation Yrotation"


@dataclass(frozen=True)
class Joint:
    """One joint of a BVH file; `parent` is the place in the list, -1 for the root."""

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: str = ROTATION
    tip: tuple[float, float, float] | None = None


def bvh_text(joints: Sequence[Joint], rows: Sequence[Sequence[float]], frame_time: float = 1 / 30) -> str:
    """A BVH file with the joints in depth-first order."""
    lines = ["HIERARCHY"]

    def write(place: int) -> None:
        joint = joints[place]
        lines.append(f"{'ROOT' if joint.parent < 0 else 'JOINT'} {joint.name}")
        lines.append("{")
        lines.append("OFFSET " + " ".join(f"{value:.9g}" for value in joint.offset))
        lines.append(f"CHANNELS {len(joint.channels.split())} {joint.channels}")
        for child in (number for number, other in enumerate(joints) if other.parent == place):
            write(child)
        if joint.tip is not None:
            lines.extend(["End Site", "{", "OFFSET " + " ".join(map(str, joint.tip)), "}"])
        lines.append("}")

    write(0)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {frame_time:.9g}"]
    lines += [" ".join(f"{value:.9g}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"


HUMANOID = {
    "Hips": ("", (0, 0, 0)),
    "Spine": ("Hips", (0, 10, 0)),
    "Spine1": ("Spine", (0, 13, 0)),
    "Spine2": ("Spine1", (0, 6, 0)),
    "Neck": ("Spine2", (0, 21, 0)),
    "Head": ("Neck", (0, 9, 2)),
    "LeftShoulder": ("Spine2", (7, 11, 0)),
    "LeftArm": ("LeftShoulder", (11, 3, 0)),
    "LeftForeArm": ("LeftArm", (27, 0, 0)),
    "LeftHand": ("LeftForeArm", (25, 0, 0)),
    "RightShoulder": ("Spine2", (-7, 11, 0)),
    "RightArm": ("RightShoulder", (-11, 3, 0)),
    "RightForeArm": ("RightArm", (-27, 0, 0)),
    "RightHand": ("RightForeArm", (-25, 0, 0)),
    "LeftUpLeg": ("Hips", (8.5, -8, 0)),
    "LeftLeg": ("LeftUpLeg", (0, -41, 0)),
    "LeftFoot": ("LeftLeg", (0, -41, 0)),
    "LeftToeBase": ("LeftFoot", (0, -5.4, 12.4)),
    "RightUpLeg": ("Hips", (-8.5, -8, 0)),
    "RightLeg": ("RightUpLeg", (0, -41, 0)),
    "RightFoot": ("RightLeg", (0, -41, 0)),
    "RightToeBase": ("RightFoot", (0, -5.4, 12.4)),
}
"""A figure in T-pose under Mixamo's names, centimetres: joint -> (parent, offset)."""

OUR_JOINT = {
    "Hips": "pelvis", "Spine": "spine1", "Spine1": "spine2", "Spine2": "spine3", "Neck": "neck", "Head": "head",
    "LeftShoulder": "left_collar", "LeftArm": "left_shoulder", "LeftForeArm": "left_elbow", "LeftHand": "left_wrist",
    "RightShoulder": "right_collar", "RightArm": "right_shoulder", "RightForeArm": "right_elbow",
    "RightHand": "right_wrist", "LeftUpLeg": "left_hip", "LeftLeg": "left_knee", "LeftFoot": "left_ankle",
    "LeftToeBase": "left_foot", "RightUpLeg": "right_hip", "RightLeg": "right_knee", "RightFoot": "right_ankle",
    "RightToeBase": "right_foot",
}  # fmt: skip


def humanoid_bvh(
    rotations: dict[str, np.ndarray] | None = None,
    *,
    prefix: str = "",
    lowered: float = 0.0,
    axes: np.ndarray | None = None,
    scale: float = 1.0,
    position: Sequence[float] = (0.0, 100.0, 0.0),
    rename: dict[str, str] | None = None,
) -> str:
    """One frame of `HUMANOID` in a pose given in our joints and axes (local rotation matrices by our joint names).

    Args:
        rotations: identity where not given.
        prefix: put before every name.
        lowered: degrees by which the arms hang at rest (a T-pose by default); the pose stays the same.
        axes: columns are our axes in those of the file.
        scale: file units a centimetre.
        position: where the hips are, in centimetres and our axes.
        rename: other names for some joints.
    """
    from poseloom.formats.bvh_write import euler_zxy_of

    rotations, rename = rotations or {}, rename or {}
    axes = np.eye(3) if axes is None else axes
    names = list(HUMANOID)
    ours: dict[str, np.ndarray] = {}
    source: dict[str, np.ndarray] = {}
    joints, row = [], [*(axes @ np.asarray(position, float) * scale)]
    for name, (parent, offset) in HUMANOID.items():
        local = rotations.get(OUR_JOINT[name], np.eye(3))
        ours[name] = ours[parent] @ local if parent else local
        source[name] = axes @ ours[name] @ arm_at_rest(name, lowered).T @ axes.T
        turned = source[parent].T @ source[name] if parent else source[name]
        row += [float(angle) for angle in euler_zxy_of(turned)]
        at_rest = axes @ arm_at_rest(parent, lowered) @ np.asarray(offset, float) * scale
        channels = ROTATION if parent else f"{POSITION} {ROTATION}"
        joints.append(
            Joint(prefix + rename.get(name, name), names.index(parent) if parent else -1, tuple(at_rest), channels)
        )
    return bvh_text(joints, [row])


def arm_at_rest(name: str, lowered: float) -> np.ndarray:
    """Rotation from the T-pose to the rest pose of an arm's joint."""
    if name.removeprefix("Left").removeprefix("Right") not in ("Arm", "ForeArm", "Hand"):
        return np.eye(3)
    angle = np.radians(-lowered if name.startswith("Left") else lowered)
    return np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


SMALL_ASF = """# a chain of two bones
:version 1.10
:name small
:units
  mass 1.0
  length 0.45
  angle deg
:root
  order TX TY TZ RX RY RZ
  axis XYZ
  position 0 0 0
  orientation 0 0 0
:bonedata
  begin
    id 1
    name upper
    direction 0 -1 0
    length 2
    axis 0 0 90 XYZ
    dof rx ry
    limits (-160.0 20.0)
           (-70.0 70.0)
  end
  begin
    id 2
    name lower
    direction 0 0 1
    length 3
    axis 0 0 0 XYZ
  end
:hierarchy
  begin
    root upper
    upper lower
  end
"""

SMALL_AMC = """#!OML:ASF small.asf
:FULLY-SPECIFIED
:DEGREES
1
root 1 2 3 0 0 0
upper 90 0
2
root 1 2 3 0 90 0
upper 0 90
"""
