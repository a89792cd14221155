"""The one table of joints: names, parents and mirror pairs in SMPL-H order.

Source of the order: SMPL (Loper et al. 2015) for the 22 body joints, MANO / SMPL-H (Romero et al. 2017) for the
30 hand joints. Within a hand the pinky stands before the ring finger.
"""

from __future__ import annotations

BODY_JOINTS = 22
ALL_JOINTS = 52

_BODY = (
    ("pelvis", -1),
    ("left_hip", 0),
    ("right_hip", 0),
    ("spine1", 0),
    ("left_knee", 1),
    ("right_knee", 2),
    ("spine2", 3),
    ("left_ankle", 4),
    ("right_ankle", 5),
    ("spine3", 6),
    ("left_foot", 7),
    ("right_foot", 8),
    ("neck", 9),
    ("left_collar", 9),
    ("right_collar", 9),
    ("head", 12),
    ("left_shoulder", 13),
    ("right_shoulder", 14),
    ("left_elbow", 16),
    ("right_elbow", 17),
    ("left_wrist", 18),
    ("right_wrist", 19),
)
FINGERS = ("index", "middle", "pinky", "ring", "thumb")


def _hand(side: str, wrist: int, first: int) -> list[tuple[str, int]]:
    rows: list[tuple[str, int]] = []
    for finger in FINGERS:
        for phalanx in (1, 2, 3):
            parent = wrist if phalanx == 1 else first + len(rows) - 1
            rows.append((f"{side}_{finger}{phalanx}", parent))
    return rows


_TABLE = (*_BODY, *_hand("left", 20, 22), *_hand("right", 21, 37))

JOINT_NAMES: tuple[str, ...] = tuple(name for name, _ in _TABLE)
"""Names of the 52 joints; the first 22 are the body."""

PARENTS: tuple[int, ...] = tuple(parent for _, parent in _TABLE)
"""Index of each joint's parent; -1 for the pelvis. A parent always stands before its children."""

JOINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}


def other_side(name: str) -> str:
    """Return the name with left and right exchanged: ``left_knee`` -> ``right_knee``; others unchanged."""
    if name.startswith("left_"):
        return "right_" + name[len("left_") :]
    if name.startswith("right_"):
        return "left_" + name[len("right_") :]
    return name


MIRROR: tuple[int, ...] = tuple(JOINT_INDEX[other_side(name)] for name in JOINT_NAMES)
"""Index of each joint's counterpart on the other side."""

FACE_JOINTS = ("jaw", "left_eye", "right_eye")
"""SMPL-X's three joints of the face, carried apart from the 52."""
FACE_MIRROR = (0, 2, 1)
