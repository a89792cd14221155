"""Hand shapes: named ones, the angles behind them and the rotations of the fingers.

A hand is a tensor (5 fingers, 4 angles) in radians, fingers in the order of `joints.FINGERS` (pinky before ring):

- finger: spread towards the thumb, then flexion at the knuckle, the middle joint and the end joint;
- thumb: abduction away from the palm and flexion across it at its root, then flexion of its two other joints.

Zero is the hand of the T-pose: flat, palm down, the thumb along the index finger.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError, closest
from poseloom.pose import rotations as rot
from poseloom.pose.joints import BODY_JOINTS, FINGERS, JOINT_INDEX
from poseloom.pose.skeleton import rest_offsets

HAND_JOINTS = 15
_THUMB = FINGERS.index("thumb")
_PALM = (0.0, -1.0, 0.0)
"""Where the palms look at the T-pose: fingers close towards it, the thumb moves towards it in abduction."""
_THUMB_SIDE = (0.0, 0.0, 1.0)
"""Fingers spread towards it, the thumb closes away from it."""


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    text = (resources.files("poseloom.pose") / "hands.json").read_text(encoding="utf-8")
    return json.loads(text)


def hand_names() -> tuple[str, ...]:
    """Names of the hand shapes: ``relaxed``, ``fist``, ``point``, ..."""
    return tuple(_tables()["shapes"])


def hand_shape(name: str) -> Float[Tensor, "5 4"]:
    """Angles of a named hand shape, radians.

    Raises:
        PoseloomError: there is no such shape.
    """
    shapes = _tables()["shapes"]
    if name not in shapes:
        raise PoseloomError(f"unknown hand shape {name!r}{closest(name, tuple(shapes))}; known: {', '.join(shapes)}")
    return torch.tensor([shapes[name][finger] for finger in FINGERS], dtype=torch.float32).deg2rad()


@lru_cache(maxsize=1)
def hand_limits() -> tuple[Float[Tensor, "5 4"], Float[Tensor, "5 4"]]:
    """Lower and upper limits of every angle, radians. Source: clinical goniometry, thumb shifted to the rest here."""
    table = _tables()["limits"]
    rows = torch.tensor([table["thumb" if finger == "thumb" else "finger"] for finger in FINGERS], dtype=torch.float32)
    return rows[..., 0].deg2rad(), rows[..., 1].deg2rad()


def clip_hand(angles: Float[Tensor, "*batch 5 4"]) -> Float[Tensor, "*batch 5 4"]:
    """Bring every angle within `hand_limits`; the spread of a finger shrinks to nothing as its knuckle closes."""
    low, high = (limit.to(angles) for limit in hand_limits())
    clipped = torch.minimum(torch.maximum(angles, low), high)
    room = (1 - clipped[..., :_THUMB, 1] / high[:_THUMB, 1]).clamp(0, 1) * high[:_THUMB, 0]
    spread = torch.minimum(torch.maximum(clipped[..., :_THUMB, 0], -room), room)
    fingers = torch.cat([spread[..., None], clipped[..., :_THUMB, 1:]], dim=-1)
    return torch.cat([fingers, clipped[..., _THUMB:, :]], dim=-2)


def interpolate(
    a: Float[Tensor, "*batch 5 4"], b: Float[Tensor, "*batch 5 4"], weight: float | Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch 5 4"]:
    """The hand between two shapes: `weight` 0 gives `a`, 1 gives `b`."""
    if isinstance(weight, Tensor):
        weight = weight[..., None, None]
    return a + (b - a) * weight


@lru_cache(maxsize=2)
def _hinges(side: str) -> tuple[Float[Tensor, "5 3 3"], Float[Tensor, "5 3"]]:
    """Axes of flexion (fingers, phalanges, xyz) and axes of the first angle, from the bones of the T-pose."""
    offsets = rest_offsets()
    rows = [[JOINT_INDEX[f"{side}_{finger}{phalanx}"] for phalanx in (2, 3, 3)] for finger in FINGERS]
    bones = offsets[torch.tensor(rows)]  # the last bone has no joint at its end; it goes on as the one before
    palm, thumb_side = torch.tensor(_PALM), torch.tensor(_THUMB_SIDE)
    close_to = palm.repeat(len(FINGERS), 3, 1)
    close_to[_THUMB] = -thumb_side
    first_to = thumb_side.repeat(len(FINGERS), 1)
    first_to[_THUMB] = palm
    flexion = torch.nn.functional.normalize(torch.linalg.cross(bones, close_to), dim=-1)
    first = torch.nn.functional.normalize(torch.linalg.cross(bones[:, 0], first_to), dim=-1)
    return flexion, first


def finger_rotations(angles: Float[Tensor, "*batch 5 4"], side: str) -> Float[Tensor, "*batch 15 3"]:
    """Axis-angle vectors of one hand's joints, in SMPL-H order.

    Args:
        angles: a hand, radians.
        side: ``left`` or ``right``.
    """
    flexion, first = (axes.to(angles) for axes in _hinges(side))
    vectors = flexion * angles[..., 1:, None]
    root = rot.rotvec_to_rotmat(first * angles[..., :1]) @ rot.rotvec_to_rotmat(vectors[..., 0, :])
    vectors = torch.cat([rot.rotmat_to_rotvec(root)[..., None, :], vectors[..., 1:, :]], dim=-2)
    return vectors.flatten(-3, -2)


def with_hand_shapes(
    rotations: Float[Tensor, "*batch joints 3"],
    left: Float[Tensor, "*batch 5 4"],
    right: Float[Tensor, "*batch 5 4"],
) -> Float[Tensor, "*batch 52 3"]:
    """Rotations of the body joints (22 or more are given) joined with two hands."""
    body = rotations[..., :BODY_JOINTS, :]
    batch = body.shape[:-2]
    hands = [finger_rotations(hand, side) for hand, side in ((left, "left"), (right, "right"))]
    return torch.cat([body, *(hand.expand(*batch, HAND_JOINTS, 3).to(body) for hand in hands)], dim=-2)


def with_relaxed_hands(rotations: Float[Tensor, "*batch joints 3"]) -> Float[Tensor, "*batch 52 3"]:
    """Rotations of the body joints (22 or more are given) joined with two hands of the shape ``relaxed``."""
    body = rotations[..., :BODY_JOINTS, :]
    return torch.cat([body, _relaxed_hands().expand(*body.shape[:-2], -1, -1).to(body)], dim=-2)


@lru_cache(maxsize=1)
def _relaxed_hands() -> Float[Tensor, "30 3"]:
    shape = hand_shape("relaxed")
    return torch.cat([finger_rotations(shape, side) for side in ("left", "right")])
