"""Trunk, collars and head: what moves besides the arms.

Shoulders go up and ahead with the elbow. The trunk turns by a part of what the wrists cannot do, so that directions
beyond the arm's reach come nearer. Trunk and head are never quite still. Everything is symmetric for signs whose hands
are: only what differs between the hands moves the body sideways.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.shoulders import PER_SIDE, arm_bones, chest_origin
from poseloom.signer.timing import FPS

_HIGHEST, _RISES, _RISEN = math.radians(14), -0.1, 0.22
"""How far a collar goes up; metres of the elbow above the shoulder at which it begins to, and at which it is done."""
_FOREMOST, _REACHES = math.radians(12), 0.27
"""How far a collar goes ahead, and metres of the elbow before the shoulder at which it is there."""
_HINDMOST, _NEAR, _ROOM = math.radians(-8), 0.17, 0.1
"""How far a collar goes back for a hand at its own shoulder; metres of the wrist from there at which it does, and
metres more at which it does not."""
_LIMITS = torch.tensor([8.0, 14.0, 6.0]).deg2rad()
"""How far the trunk bends ahead or back, turns, and bends to the side for the sake of a hand's direction."""
_UNFELT = math.radians(6)
"""What a wrist may be over its range before the trunk helps."""
_SMOOTHING = 5.0
"""Frames, standard deviation: of the trunk's turning over time."""
_BREATH, _BREATHS = math.radians(0.5), 0.27
"""Amplitude of the trunk's own movement ahead and back, and how often a second."""
_NOD, _NODS = math.radians(1.3), 0.41
"""The same of the head."""
_TOWARDS, _FURTHEST_TURN, _FURTHEST_NOD = 0.16, math.radians(5), math.radians(4)
"""Share of the way that the head turns towards the hands, and how far at most."""
_NEAR_HEAD = 0.22
"""Metres from its middle within which a wrist keeps the head still."""
_EYES = (0.0, 0.22, 0.1)
"""Metres (right, up, out) from the middle between the shoulders."""


@dataclass(frozen=True, eq=False)
class Girdle:
    """Rotations besides those of the arms, and where they put the shoulders in the chest's own axes."""

    trunk: Float[Tensor, "frames 3"]
    """Rotation vector of the chest."""
    collars: Float[Tensor, "frames 2 3 3"]
    shoulders: Float[Tensor, "frames 2 3"]


def girdle_of(
    elbows: Float[Tensor, "frames 2 3"],
    wrists: Float[Tensor, "frames 2 3"],
    missing: Float[Tensor, "frames 2 3 3"],
    weights: Float[Tensor, "frames 2"],
) -> Girdle:
    """Trunk and collars for arms that were found without them.

    Args:
        elbows, wrists: where they are, metres.
        missing: rotations in the world by which the hands' are short of what they shall be.
        weights: which hands sign.
    """
    bones = arm_bones()
    above, ahead = (elbows - bones.shoulders)[..., 1], (elbows - bones.shoulders)[..., 2]
    rise = ((above - _RISES) / (_RISEN - _RISES)).clamp(0, 1)
    room = (((wrists - bones.shoulders).norm(dim=-1) - _NEAR) / _ROOM).clamp(0, 1)
    elevation = _HIGHEST * rise * rise * (3 - 2 * rise) * room
    protraction = torch.lerp(torch.tensor(_HINDMOST), _FOREMOST * (ahead / _REACHES).clamp(0, 1), room)
    collars = rot.axis_to_rotmat(-PER_SIDE * protraction, "Y") @ rot.axis_to_rotmat(PER_SIDE * elevation, "Z")
    arm = bones.shoulders - bones.collars
    shoulders = bones.collars + (collars @ arm[..., None])[..., 0]
    return Girdle(_trunk(missing, weights), collars, shoulders)


def _trunk(missing: Float[Tensor, "frames 2 3 3"], weights: Float[Tensor, "frames 2"]) -> Float[Tensor, "frames 3"]:
    vectors = rot.rotmat_to_rotvec(missing)
    size = vectors.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    felt = vectors * (1 - _UNFELT / size).clamp_min(0) * weights[..., None]
    wanted = felt.sum(1) / weights.sum(1, keepdim=True).clamp_min(1)
    wanted = _LIMITS * torch.tanh(wanted / _LIMITS)
    breath = _wave(len(wanted), _BREATHS) * _BREATH
    return _smooth(wanted) + breath[:, None] * torch.tensor([1.0, 0.0, 0.0])


def head_turn(points: Float[Tensor, "frames 2 3"], weights: Float[Tensor, "frames 2"]) -> Float[Tensor, "frames 3"]:
    """Rotation vector of the head beside the chest: a little after the hands, and never quite still.

    Args:
        points: wrists, metres.
        weights: which hands sign.
    """
    total = weights.sum(1, keepdim=True)
    middle = (points * weights[..., None]).sum(1) / total.clamp_min(1e-3)
    eyes = chest_origin() + torch.tensor(_EYES) * torch.tensor([-1.0, 1.0, 1.0])
    look = middle - eyes
    nod = torch.atan2(-look[:, 1], look[:, 2].clamp_min(0.1)) * _TOWARDS
    turn = torch.atan2(look[:, 0], look[:, 2].clamp_min(0.1)) * _TOWARDS
    follow = torch.stack([nod.clamp(-_FURTHEST_NOD, _FURTHEST_NOD), turn.clamp(-_FURTHEST_TURN, _FURTHEST_TURN)], -1)
    own = _wave(len(points), _NODS) * _NOD
    moved = torch.cat(
        [_smooth(follow * total.clamp(0, 1)) + own[:, None] * torch.tensor([1.0, 0.0]), own[:, None] * 0], -1
    )
    return moved * _smooth(_far_from_head(points)[:, None])


def _far_from_head(points: Float[Tensor, "frames 2 3"]) -> Float[Tensor, " frames"]:
    """0 while a hand is at the head, 1 while both are far from it."""
    middle = chest_origin() + torch.tensor([0.0, _EYES[1] - 0.02, 0.05])
    distance = (points - middle).norm(dim=-1).amin(-1)
    return ((distance - _NEAR_HEAD) / 0.12).clamp(0, 1)


def _wave(frames: int, a_second: float) -> Float[Tensor, " frames"]:
    """A slow wave that begins at nothing; two frequencies, so that it does not repeat."""
    t = torch.arange(frames) / FPS * 2 * math.pi * a_second
    return (torch.sin(t) + 0.5 * torch.sin(1.7 * t)) / 1.5


def _smooth(values: Float[Tensor, "frames own"]) -> Float[Tensor, "frames own"]:
    radius = math.ceil(2.5 * _SMOOTHING)
    steps = torch.arange(-radius, radius + 1, dtype=values.dtype)
    kernel = torch.exp(-0.5 * (steps / _SMOOTHING) ** 2)
    padded = torch.nn.functional.pad(values.T[:, None], (radius, radius), mode="replicate")
    return torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T
