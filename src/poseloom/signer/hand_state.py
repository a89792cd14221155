"""Where a hand is: wrist, orientation and finger angles; at one moment and over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.language.hamnosys.tree import Direction, Orientation
from poseloom.pose import rotations as rot
from poseloom.pose.blend import ease
from poseloom.pose.hands import hand_shape
from poseloom.signer.frames import hand_axes, oriented
from poseloom.signer.shoulders import chest_origin

_REST_POINT = (0.273, -0.508, 0.1)
"""Metres (right, up, out) from the middle between the shoulders: the wrist of an arm that hangs."""
_REST_ORIENTATION = Orientation(Direction(("d",)), Direction(("l",)))
CENTRE = (0.07, 0.0, 0.0)
"""The middle of the hand in its own frame, metres, which is brought to a place that it does not touch."""
_HALF_TURN = 2.6
"""Radians from which on both ways round are nearly as long."""
_AHEAD = torch.tensor([[0.0, 0.0, 0.0], [0.03, 0.01, 0.005], [1.0, 0.1, 0.02]])
"""Which of them is taken, by where fingers, palm and thumb (columns) point halfway: ahead, then up; the same for both
hands, also where their fingers point ahead alike on both ways."""
_ARRIVED = 0.995
"""Share of a way from which on a hand is where it goes."""
FREE, TO_BODY, TO_OTHER = torch.zeros(2), torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
"""What a hand is bound to."""
_LEAVES = 0.01
"""Metres from where it touches, from which on a hand is no longer bound there."""
BOW = 0.18
"""How far the way from one posture to another bows out to the front, as a share of its length."""


@dataclass(frozen=True, eq=False)
class HandState:
    """A hand at one moment: wrist in metres from the pelvis, rotation from the T-pose, finger angles in radians.

    The anchor is the part of the hand, metres in its own frame, that stays where it is when a wrist cannot turn the
    hand as it shall be: what touches, or the middle of the hand. It is bound where it touches: to the body, to the
    other hand; 0 to 1 each.
    """

    point: Float[Tensor, "3"]
    rotation: Float[Tensor, "3 3"]
    angles: Float[Tensor, "5 4"]
    anchor: Float[Tensor, "3"] = field(default_factory=lambda: torch.tensor(CENTRE))
    bound: Float[Tensor, "2"] = field(default_factory=lambda: FREE)


@dataclass(frozen=True, eq=False)
class Track:
    """A hand over time."""

    points: Float[Tensor, "frames 3"]
    rotations: Float[Tensor, "frames 3 3"]
    angles: Float[Tensor, "frames 5 4"]
    anchors: Float[Tensor, "frames 3"]
    bounds: Float[Tensor, "frames 2"]

    def __len__(self) -> int:
        return len(self.points)

    @property
    def end(self) -> HandState:
        return HandState(self.points[-1], self.rotations[-1], self.angles[-1], self.anchors[-1], self.bounds[-1])

    def at(self, frames: Int[Tensor, " chosen"]) -> Track:
        """Some of its frames."""
        return Track(
            self.points[frames],
            self.rotations[frames],
            self.angles[frames],
            self.anchors[frames],
            self.bounds[frames],
        )

    def moved(self, offsets: Float[Tensor, "frames 3"]) -> Track:
        """The same with other wrist points, free where it leaves what it touches."""
        stays = offsets.norm(dim=-1, keepdim=True) < _LEAVES
        return replace(self, points=self.points + offsets, bounds=self.bounds * stays)

    def reversed_to(self, start: HandState) -> Track:
        """Played backwards from its end to the state it came from."""
        before = hold(start, 1)
        return Track(
            torch.cat([before.points, self.points[:-1]]).flip(0),
            torch.cat([before.rotations, self.rotations[:-1]]).flip(0),
            torch.cat([before.angles, self.angles[:-1]]).flip(0),
            torch.cat([before.anchors, self.anchors[:-1]]).flip(0),
            torch.cat([before.bounds, self.bounds[:-1]]).flip(0),
        )


def rest_state(side: str) -> HandState:
    """The hand of an arm that hangs."""
    right = side == "right"
    x, y, z = _REST_POINT
    point = chest_origin() + torch.tensor([-x if right else x, y, z])
    return HandState(point, oriented(_REST_ORIENTATION, side, mirrored=not right), hand_shape("relaxed"))


def hold(state: HandState, frames: int) -> Track:
    """The same state for some frames."""
    return Track(
        state.point.expand(frames, 3),
        state.rotation.expand(frames, 3, 3),
        state.angles.expand(frames, 5, 4),
        state.anchor.expand(frames, 3),
        state.bound.expand(frames, 2),
    )


def join(tracks: Sequence[Track]) -> Track:
    """Tracks one after the other."""
    if len(tracks) == 1:
        return tracks[0]
    return Track(
        torch.cat([track.points for track in tracks]),
        torch.cat([track.rotations for track in tracks]),
        torch.cat([track.angles for track in tracks]),
        torch.cat([track.anchors for track in tracks]),
        torch.cat([track.bounds for track in tracks]),
    )


def steps(frames: int) -> Float[Tensor, " frames"]:
    """1/frames, 2/frames, ..., 1: the moments after a start."""
    return torch.arange(1, frames + 1, dtype=torch.float32) / frames


def interpolate_rotation(
    start: Float[Tensor, "3 3"], end: Float[Tensor, "3 3"], weight: Float[Tensor, " frames"], side: str
) -> Float[Tensor, "frames 3 3"]:
    """Rotations on the shortest way from one to another; of two that are nearly as short the one to the front.

    Args:
        side: whose hand it is: a hand that is turned over by half a turn points ahead on its way.
    """
    if start is end or torch.equal(start, end):
        return start.expand(len(weight), 3, 3)
    between = rot.rotmat_to_rotvec(start.T @ end)
    angle = float(between.norm())
    if angle > _HALF_TURN:
        other = between * (1 - 2 * math.pi / angle)
        halves = [hand_axes(start @ rot.rotvec_to_rotmat(way / 2), side) for way in (between, other)]
        ahead = [float((half * _AHEAD).sum()) for half in halves]
        between = other if ahead[1] > ahead[0] else between
    return start @ rot.rotvec_to_rotmat(between * weight[:, None])


def go_over(start: HandState, end: HandState, frames: int, side: str, bow: float = BOW) -> Track:
    """From one state to another, smoothly, on a way that bows out to the front and so keeps clear of the body."""
    weight = ease(steps(frames))
    way = end.point - start.point
    forward = torch.tensor([0.0, 0.0, 1.0]) * (bow * way.norm())
    points = start.point + way * weight[:, None] + forward * torch.sin(torch.pi * weight)[:, None]
    angles = start.angles + (end.angles - start.angles) * weight[:, None, None]
    anchors = torch.lerp(start.anchor, end.anchor, weight[:, None])
    bounds = torch.where(weight[:, None] < _ARRIVED, FREE, end.bound)
    return Track(points, interpolate_rotation(start.rotation, end.rotation, weight, side), angles, anchors, bounds)
