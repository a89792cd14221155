"""Inverse kinematics of both arms: from wrists to the rotations of shoulder, elbow and wrist.

Two bones between shoulder and wrist leave one freedom, the swivel of the elbow about the line between them. Of a row
of candidates those swivels over time are taken whose sum of discomfort and change is least (dynamic programming):
wrist, forearm and shoulder stay comfortable, elbow and forearm stay out of the trunk, and no elbow ever flips. What the
wrist cannot do within its range is cut off. All frames and both arms at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.arm_angles import (
    ArmAngles,
    Geometry,
    discomfort_of,
    geometry,
)
from poseloom.signer.forearm_turns import within_ranges
from poseloom.signer.frames import SIDES
from poseloom.signer.shoulders import PER_SIDE, chest_origin, shoulder_points, within_reach

__all__ = [
    "SignerArms",
    "chest_origin",
    "discomfort",
    "reached_rotations",
    "shoulder_points",
    "solve_arms",
    "within_reach",
]

_SWIVELS = torch.linspace(-40, 152, 25).deg2rad()
"""Candidates: 0 is the elbow below an arm that points ahead, 90 out to the side."""
_BETWEEN = float(_SWIVELS[1] - _SWIVELS[0])
_FEWER = _SWIVELS[::2]
"""Candidates where many places are compared."""
_SHARPNESS = 10.0
_CHANGE = 0.35
"""Discomfort of a change by one candidate between two moments that are thought of."""
_ELBOW_SHARE, _ELBOW_ALLOWED = 1.2, 0.012
"""Of its wrist's way, and metres beside, that an elbow may go from one moment to the next."""
_FLIPS = 40.0
"""Discomfort of a metre more."""
_STRIDE = 2
"""Frames from one moment that is thought of to the next."""
_FARTHEST = 2
"""Candidates that a swivel changes by at most between two such moments."""
_SMOOTHING = 2.0
"""Frames, standard deviation: of the swivel over time."""


@dataclass(frozen=True, eq=False)
class SignerArms:
    """Local rotations of both arms, left and right, or of one; the shoulder's as if collars and trunk were at rest."""

    shoulder: Float[Tensor, "frames sides 3 3"]
    elbow: Float[Tensor, "frames sides 3 3"]
    wrist: Float[Tensor, "frames sides 3 3"]
    swivels: Float[Tensor, "frames sides"]
    geometry: Geometry
    """Of the swivels that were taken; metres, as the targets."""

    @property
    def elbow_points(self) -> Float[Tensor, "frames sides 3"]:
        """Where the elbows are."""
        return self.geometry.elbow[..., 0, :]

    @property
    def hands(self) -> Float[Tensor, "frames sides 3 3"]:
        """What the rotations of the hands have become."""
        return self.shoulder @ self.elbow @ self.wrist


def solve_arms(
    points: Float[Tensor, "frames 2 3"],
    hands: Float[Tensor, "frames 2 3 3"],
    shoulders: Float[Tensor, "*#frames 2 3"] | None = None,
    stride: int = _STRIDE,
) -> SignerArms:
    """Arms that bring both wrists to points and turn both hands.

    Args:
        points: where left and right wrist are to be, metres from the pelvis; those out of reach are approached.
        hands: rotations of the hands in the world, from the T-pose.
        shoulders: where the shoulder joints are, if not where they are at rest.
        stride: frames from one moment for which swivels are compared to the next.
    """
    at = shoulder_points() if shoulders is None else shoulders
    swivels = _swivels_over_time(points, hands, at.expand_as(points), stride)
    return _arms(points, hands, swivels, PER_SIDE, at)


def resolve_arms(
    points: Float[Tensor, "frames 2 3"],
    hands: Float[Tensor, "frames 2 3 3"],
    arms: SignerArms,
    shoulders: Float[Tensor, "frames 2 3"],
) -> SignerArms:
    """Arms with the swivels of others that were nearly the same."""
    return swivelled_arms(points, hands, arms.swivels, shoulders)


def swivelled_arms(
    points: Float[Tensor, "frames 2 3"],
    hands: Float[Tensor, "frames 2 3 3"],
    swivels: Float[Tensor, "frames 2"],
    shoulders: Float[Tensor, "frames 2 3"],
) -> SignerArms:
    """Arms of given swivels, radians."""
    return _arms(points, hands, swivels, PER_SIDE, shoulders)


def _arms(points: Tensor, hands: Tensor, swivels: Tensor, sign: Tensor, shoulders: Tensor) -> SignerArms:
    """Arms of given swivels (frames, sides), wrists within their ranges."""
    arm = geometry(points, swivels[..., None], sign, shoulders)
    angles = ArmAngles.of(arm, hands, sign)
    pronation, flexion, deviation = within_ranges(angles, sign)
    roll = rot.axis_to_rotmat(pronation / 2, "X")
    elbow = rot.axis_to_rotmat(-sign * angles.bend[..., 0], "Y") @ roll
    wrist = roll @ rot.axis_to_rotmat(-sign * flexion, "Z") @ rot.axis_to_rotmat(-sign * deviation, "Y")
    return SignerArms(angles.shoulder[..., 0, :, :], elbow, wrist, swivels, arm)


def _one_side(side: str) -> tuple[Tensor, Tensor]:
    index = SIDES.index(side)
    return PER_SIDE[index : index + 1], shoulder_points()[index : index + 1]


def discomfort(
    points: Float[Tensor, "points 3"], hands: Float[Tensor, "*#points 3 3"], side: str
) -> Float[Tensor, " points"]:
    """How uncomfortable a hand of a given rotation is at points; what a wrist would be over its range counts most."""
    sign, shoulders = _one_side(side)
    return _cost(points[:, None], hands.expand(len(points), 3, 3)[:, None], _FEWER, sign, shoulders)[:, 0].amin(-1)


def reached_rotations(
    points: Float[Tensor, "points 3"], hands: Float[Tensor, "*#points 3 3"], side: str
) -> Float[Tensor, "points 3 3"]:
    """What a hand's rotation becomes at points, where the wrist's range cuts it off."""
    sign, shoulders = _one_side(side)
    at, hands = points[:, None], hands.expand(len(points), 3, 3)[:, None]
    cost = _cost(at, hands, _FEWER, sign, shoulders)
    swivels = (torch.softmax(-_SHARPNESS * cost, dim=-1) * _FEWER).sum(-1)
    return _arms(at, hands, swivels, sign, shoulders).hands[:, 0]


def _cost(points: Tensor, hands: Tensor, swivels: Tensor, sign: Tensor, shoulders: Tensor) -> Tensor:
    arm = geometry(points, swivels.expand(1, len(sign), -1), sign, shoulders)
    return discomfort_of(arm, ArmAngles.of(arm, hands, sign), swivels, sign)


# -- over time ---------------------------------------------------------------------------------------------------------


def _swivels_over_time(
    points: Float[Tensor, "frames 2 3"],
    hands: Float[Tensor, "frames 2 3 3"],
    shoulders: Float[Tensor, "frames 2 3"],
    stride: int,
) -> Float[Tensor, "frames 2"]:
    frames = len(points)
    moments = torch.arange(0, frames + stride - 1, stride).clamp(max=frames - 1)
    arm = geometry(points[moments], _SWIVELS.expand(1, 2, -1), PER_SIDE, shoulders[moments])
    cost = discomfort_of(arm, ArmAngles.of(arm, hands[moments], PER_SIDE), _SWIVELS, PER_SIDE)
    chosen = torch.from_numpy(_least_in_sum(cost.numpy(), _changes(arm)))
    near = (torch.arange(len(_SWIVELS)) - chosen[..., None]).abs() <= 1
    weight = torch.softmax(torch.where(near, -_SHARPNESS / 2 * cost, -torch.inf), dim=-1)
    swivels = (weight * _SWIVELS).sum(-1)
    place = torch.arange(frames) / stride
    before = place.long()
    between = torch.lerp(swivels[before], swivels[(before + 1).clamp(max=len(swivels) - 1)], (place - before)[:, None])
    return _smooth(between)


def _changes(arm: Geometry) -> np.ndarray:
    """Discomfort (moments - 1, steps, sides, candidates) of coming to a candidate from the one some steps before it.

    Elbows that are quicker than their wrists cost the most.
    """
    elbows, wrists = arm.elbow.numpy(), arm.wrist.numpy()
    allowed = _ELBOW_SHARE * np.linalg.norm(wrists[1:] - wrists[:-1], axis=-1) + _ELBOW_ALLOWED
    padded = np.pad(elbows[:-1], ((0, 0), (0, 0), (_FARTHEST, _FARTHEST), (0, 0)), mode="edge")
    before = np.lib.stride_tricks.sliding_window_view(padded, elbows.shape[2], axis=2)
    way = np.sqrt(((before.transpose(0, 2, 1, 4, 3) - elbows[1:, None]) ** 2).sum(-1))
    steps = np.arange(-_FARTHEST, _FARTHEST + 1)[:, None, None]
    return _CHANGE * steps**2 + _FLIPS * np.maximum(way - allowed[:, None, :, None], 0)


def _least_in_sum(cost: np.ndarray, changes: np.ndarray) -> np.ndarray:
    """Candidates (moments, sides) whose costs (moments, sides, candidates) and changes have the least sum."""
    moments, sides, count = cost.shape
    steps = np.arange(-_FARTHEST, _FARTHEST + 1)
    padded = np.full((sides, count + 2 * _FARTHEST), np.inf, cost.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(padded, count, axis=-1).transpose(1, 0, 2)
    came_from = np.zeros((moments, sides, count), np.int8)
    inner = padded[:, _FARTHEST : _FARTHEST + count]
    inner[:] = cost[0]
    for moment in range(1, moments):
        ways = windows + changes[moment - 1]
        best = ways.argmin(0)
        came_from[moment] = best
        inner[:] = np.take_along_axis(ways, best[None], 0)[0] + cost[moment]
    chosen = np.zeros((moments, sides), np.int64)
    chosen[-1] = inner.argmin(-1)
    for moment in range(moments - 1, 0, -1):
        back = np.take_along_axis(came_from[moment], chosen[moment][:, None], -1)[:, 0]
        chosen[moment - 1] = chosen[moment] + steps[back]
    return chosen


def _smooth(swivels: Float[Tensor, "frames 2"]) -> Float[Tensor, "frames 2"]:
    """Gaussian over time."""
    radius = math.ceil(3 * _SMOOTHING)
    steps = torch.arange(-radius, radius + 1, dtype=swivels.dtype)
    kernel = torch.exp(-0.5 * (steps / _SMOOTHING) ** 2)
    padded = torch.nn.functional.pad(swivels.T[:, None], (radius, radius), mode="replicate")
    return torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T
