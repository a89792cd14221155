"""Which point of the body each landmark of the networks is, and how far it is believed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_INDEX, JOINT_NAMES, PARENTS, other_side
from poseloom.pose.skeleton import rest_offsets
from poseloom.results.keypoints import Keypoints

_FILE = Path(__file__).with_name("body_landmarks.json")
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
_TO_RIGHT = {"left_eye": 3}
"""Rows from a left point to its right one, where that is not the next."""
NEAR_EDGE = 0.04
"""Of a person's region: a landmark that is not seen and nearer to the picture's edge is taken for cut off."""
_AT_EDGE = 0.25
"""Of a thigh's length in the picture: a knee nearer to the edge is at it."""
_HIPS, _KNEES, _ANKLES = [23, 24], [25, 26], [27, 28]
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
        names: what each is called, in the words of `poseloom.pose.keypoints`.
        rows: where each stands among the networks' 33.
        joint: that carries it.
        offset: from it, metres, average body.
        weight: how exactly the network means it.
    """

    names: tuple[str, ...]
    rows: tuple[int, ...]
    joint: Int[Tensor, " points"]
    offset: Float[Tensor, "points 3"]
    weight: Float[Tensor, " points"]


@lru_cache(maxsize=1)
def body_places() -> BodyPlaces:
    """Where the landmarks lie on the body; knuckles are fixed to the wrist, as a flat hand has them.

    Raises:
        FileError: the table is damaged.
    """
    table = entry(_FILE, read_table(_FILE), "points", dict)
    names, rows, joints, offsets, weights = [], [], [], [], []
    for name, value in table.items():
        x, y, z = (float(number) for number in entry(_FILE, value, "offset", list, name))
        row, joint = entry(_FILE, value, "row", int, name), entry(_FILE, value, "joint", str, name)
        sides = ((name, row, joint, x), (other_side(name), row + _TO_RIGHT.get(name, 1), other_side(joint), -x))
        for own_name, own_row, own_joint, own_x in sides if name.startswith("left_") else sides[:1]:
            names.append(own_name)
            rows.append(own_row)
            joints.append(JOINT_INDEX[own_joint])
            offsets.append((own_x, y, z))
            weights.append(float(entry(_FILE, value, "weight", int | float, name)))
    return BodyPlaces(
        tuple(names),
        tuple(rows),
        torch.tensor(joints),
        torch.tensor(offsets, dtype=torch.float64),
        torch.tensor(weights, dtype=torch.float64),
    )


def on_wrist(joint: int) -> tuple[int, Float[Tensor, " 3"]]:
    """The wrist that carries a joint of a finger, and where that joint lies on a flat hand."""
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
    """Which landmarks are cut off: beyond the edge, or not seen and so near to it that they may as well be.

    Of legs whose ankles both are, so are the knees, if each of them is one that nobody saw, or at the edge, below which
    nothing tells how it is bent: where they are told to be is a guess.
    """
    extent = people.points.new_tensor(people.size)
    places = people.points[..., :2]
    to_edge = torch.minimum(places, extent - 1 - places).amin(-1)
    guessed = (to_edge < people.roi.side[:, None] * NEAR_EDGE) & ~people.seen
    cut_off = ~in_picture(people) | guessed
    thighs = (places[:, _KNEES] - places[:, _HIPS]).norm(dim=-1)
    unsure = ~people.seen[:, _KNEES] | (to_edge[:, _KNEES] < _AT_EDGE * thighs)
    cut_off[:, _KNEES] |= cut_off[:, _ANKLES].all(-1, keepdim=True) & unsure.all(-1, keepdim=True)
    return cut_off


def seen_rows(people: Keypoints) -> Bool[Tensor, "people 33"]:
    """Which landmarks are in the picture and not hidden."""
    return people.seen & in_picture(people)


def seen_joints(
    rows: Bool[Tensor, "people 33"], hands: Bool[Tensor, "people 2"], any_of: bool = False
) -> Bool[Tensor, "people 52"]:
    """Which joints of the body are told by landmarks that are seen.

    Args:
        rows: which of the 33 landmarks are seen.
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
