"""Which point of the body each landmark of the networks is, and how far it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.fitting.landmarks import Landmark, landmarks
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES
from poseloom.pose.skeleton import rest_offsets
from poseloom.results.keypoints import Keypoints


class _Row(NamedTuple):
    """A row of the 33 landmarks: the body's point, and its weight."""

    row: int
    name: str
    weight: float


_FACE, _HAND, _FOOT = 0.25, 0.5, 0.7
_MIDDLE = (_Row(0, "nose", 0.5),)
_LEFT = (
    _Row(2, "left_eye", _FACE),
    _Row(7, "left_ear", _FACE),
    _Row(9, "left_mouth", _FACE),
    _Row(11, "left_shoulder", 1.0),
    _Row(13, "left_elbow", 1.0),
    _Row(15, "left_wrist", 1.0),
    _Row(17, "left_pinky_1", _HAND),
    _Row(19, "left_index_1", _HAND),
    _Row(21, "left_thumb_2", _HAND),
    _Row(23, "left_hip", 1.0),
    _Row(25, "left_knee", 1.0),
    _Row(27, "left_ankle", 1.0),
    _Row(29, "left_heel", _FOOT),
    _Row(31, "left_bigtoe", _FOOT),
)
_RIGHT_OF = {2: 5, **{row.row: row.row + 1 for row in _LEFT[1:]}}
_ROWS = (
    *_MIDDLE,
    *_LEFT,
    *(_Row(_RIGHT_OF[row.row], row.name.replace("left", "right"), row.weight) for row in _LEFT),
)
ROWS: tuple[int, ...] = tuple(row.row for row in _ROWS)
"""Rows of the networks' 33 landmarks that are fitted; the corners of the eyes tell nothing beside their middles."""

_MOUTH = (0.017, -0.020, 0.096)
"""Metres from the head's joint, left corner of the mouth."""
_SEEN_BY: dict[str, tuple[int, int]] = {
    "shoulder": (11, 12),
    "collar": (11, 12),
    "elbow": (13, 14),
    "wrist": (15, 16),
    "hip": (23, 24),
    "knee": (25, 26),
    "ankle": (27, 28),
    "foot": (31, 32),
}
NEAR_EDGE = 0.04
"""Of a person's region: a landmark that is not seen and nearer to the picture's edge is taken for cut off."""
_TRUNK_ROWS = (11, 12, 23, 24)
_HEAD_ROWS = (0, 2, 5, 7, 8)
HAND_JOINTS: tuple[str, ...] = tuple(
    f"{finger}{number}" for finger in ("thumb", "index", "middle", "ring", "pinky") for number in (1, 2, 3)
)
"""Joints of a hand in the order of the 21 points, its tips and wrist left out."""
HAND_ROWS: tuple[int, ...] = tuple(4 * finger + phalanx for finger in range(5) for phalanx in (1, 2, 3))
"""Where they stand among the 21 points; row 0 is the wrist, every fourth row a tip."""


@dataclass(frozen=True, eq=False)
class BodyPlaces:
    """Landmarks as points fixed to the 22 joints of the body.

    Args:
        names: of each, in the words of `poseloom.pose.keypoints`.
        joint: that carries it.
        offset: from it, metres, average body.
        weight: how exactly the network means it.
    """

    names: tuple[str, ...]
    joint: Int[Tensor, " points"]
    offset: Float[Tensor, "points 3"]
    weight: Float[Tensor, " points"]


@lru_cache(maxsize=1)
def body_places() -> BodyPlaces:
    """Where the landmarks of `ROWS` lie on the body; knuckles are fixed to the wrist, as a flat hand has them."""
    known = landmarks()
    found = [_on_body(known, row.name) for row in _ROWS]
    return BodyPlaces(
        tuple(row.name for row in _ROWS),
        torch.tensor([joint for joint, _ in found]),
        torch.stack([offset for _, offset in found]),
        torch.tensor([row.weight for row in _ROWS], dtype=torch.float64),
    )


def _on_body(known: dict[str, Landmark], name: str) -> tuple[int, Float[Tensor, " 3"]]:
    if name.endswith("_mouth"):
        sign = 1.0 if name.startswith("left") else -1.0
        return JOINT_INDEX["head"], torch.tensor(_MOUTH, dtype=torch.float64) * torch.tensor([sign, 1.0, 1.0])
    mark = known[name]
    if mark.joint < BODY_JOINTS:
        return mark.joint, torch.tensor(mark.offset, dtype=torch.float64)
    return on_wrist(mark.joint)


def on_wrist(joint: int) -> tuple[int, Float[Tensor, " 3"]]:
    """The wrist that carries a joint of a finger, and where that joint lies on a flat hand."""
    from poseloom.pose.joints import PARENTS

    offsets = rest_offsets().double()
    place = torch.zeros(3, dtype=torch.float64)
    while joint >= BODY_JOINTS:
        place = place + offsets[joint]
        joint = PARENTS[joint]
    return joint, place


def in_picture(people: Keypoints) -> Bool[Tensor, "people 33"]:
    """Which landmarks lie within the picture."""
    extent = people.points.new_tensor(people.size)
    places = people.points[..., :2]
    return ((places >= 0) & (places <= extent - 1)).all(-1)


def beyond_edge(people: Keypoints) -> Bool[Tensor, "people 33"]:
    """Which landmarks are cut off: beyond the edge, or so near to it that the network only guesses that they are inside."""
    extent = people.points.new_tensor(people.size)
    places = people.points[..., :2]
    near = people.roi.side[:, None, None] * NEAR_EDGE
    guessed = ~((places >= near) & (places <= extent - 1 - near)).all(-1) & ~people.seen
    return ~in_picture(people) | guessed


def seen_rows(people: Keypoints) -> Bool[Tensor, "people 33"]:
    """Which landmarks are in the picture and not hidden."""
    return people.seen & in_picture(people)


def seen_joints(
    rows: Bool[Tensor, "people 33"], hands: Bool[Tensor, "people 2"], any_of: bool = False
) -> Bool[Tensor, "people 52"]:
    """Which joints of the body are told by landmarks that are seen.

    Args:
        rows: of the 33 landmarks.
        hands: whether the left and the right hand were found.
        any_of: one landmark of the trunk is enough; else two are needed.
    """
    seen = torch.zeros(len(rows), ALL_JOINTS, dtype=torch.bool)
    needed = 1 if any_of else 2
    trunk, head = rows[:, list(_TRUNK_ROWS)].sum(-1) >= needed, rows[:, list(_HEAD_ROWS)].any(-1)
    for index, name in enumerate(JOINT_NAMES):
        side, _, part = name.partition("_")
        column = 0 if side == "left" else 1
        if index >= BODY_JOINTS:
            seen[:, index] = hands[:, column]
        elif part in _SEEN_BY:
            seen[:, index] = rows[:, _SEEN_BY[part][column]]
        else:
            seen[:, index] = head if name in ("head", "neck") else trunk
    return seen
