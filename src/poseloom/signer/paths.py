"""The shapes of movements: displacements over time, metres in the world's axes, of the dominant hand."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Circle, How, Straight
from poseloom.pose import rotations as rot
from poseloom.signer.frames import to_world
from poseloom.signer.hand_state import steps
from poseloom.signer.timing import LENGTH, RADIUS, SAGITTA, SHOULDER_WIDTH, WAVE, dial_turn, turns

_ARCS = {"u": (0.0, 1.0, 0.0), "d": (0.0, -1.0, 0.0), "l": (-1.0, 0.0, 0.0), "r": (1.0, 0.0, 0.0)}
_WAVES = 2.5
_FLATTENED = 0.45
"""The short axis of an ellipse, as a share of the long one."""
_UP, _OUT = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_ALONG = 0.9
"""Cosine above which two directions count as one."""
_CROSS = 0.3 * SHOULDER_WIDTH
_CROSS_STROKES = {
    "movecross": ((0.0, -1.0, 0.0), (-0.5, 0.5, 0.0), (1.0, 0.0, 0.0)),
    "moveX": ((0.7, -0.7, 0.0), (0.0, 0.7, 0.0), (-0.7, -0.7, 0.0)),
}
"""Strokes of the obsolete crosses (right, up, out), in lengths of a stroke."""

Ease = tuple[bool, bool]
"""Whether a movement starts and ends gently."""


def eased(frames: int, ease: Ease) -> Float[Tensor, " frames"]:
    """Shares of the way done after each frame."""
    t = steps(frames)
    starts, ends = ease
    if starts and ends:
        return t * t * (3 - 2 * t)
    if starts:
        return t * t * (2 - t)
    return 1 - (1 - t) ** 2 * (1 + t) if ends else t


def straight_chord(action: Straight, scale: float = 1.0) -> Float[Tensor, "3"]:
    """From start to end."""
    return to_world(action.direction.vector) * (LENGTH[action.how.size] * scale)


def straight_path(chord: Float[Tensor, "3"], how: How, frames: int, ease: Ease) -> Float[Tensor, "frames 3"]:
    """A straight movement: bowed, wavy or in a zigzag as its marks say."""
    share = eased(frames, ease)
    path = share[:, None] * chord
    length = float(chord.norm())
    if length < _NOTHING:
        return path
    along = chord / length
    if how.arc is not None:
        bow = _across(along, _ARCS[how.arc])
        height = SAGITTA[how.arc_size] * length
        if SAGITTA[how.arc_size] >= SAGITTA[None]:  # half an ellipse; flatter arcs are parabolas
            angle = math.pi * share
            path = ((1 - torch.cos(angle)) / 2)[:, None] * chord + (torch.sin(angle) * height)[:, None] * bow
        else:
            path = path + (4 * share * (1 - share) * height)[:, None] * bow
    if how.path is not None:
        phase = _WAVES * share
        wave = torch.sin(2 * math.pi * phase) if how.path == "wavy" else _triangle(phase)
        side = _across(along, _ARCS["u"] if how.ellipse in (None, "ellipsev") else _OUT)
        path = path + (wave * WAVE[how.size])[:, None] * side
    return path


_NOTHING = 1e-4
"""Metres."""


def _triangle(phase: Tensor) -> Tensor:
    return 2 / math.pi * torch.asin(torch.sin(2 * math.pi * phase).clamp(-1, 1))


def _across(along: Float[Tensor, "3"], wanted: tuple[float, float, float]) -> Float[Tensor, "3"]:
    """The wanted direction, perpendicular to the movement; out (or up) where it is the movement's own."""
    for candidate in (wanted, _OUT, _UP):
        direction = to_world(candidate)
        if abs(float(direction @ along)) < _ALONG:
            return torch.nn.functional.normalize(direction - (direction @ along) * along, dim=0)
    raise AssertionError("one of three directions is across any movement")


def circle_path(action: Circle, frames: int, ease: Ease, scale: float = 1.0) -> Float[Tensor, "frames 3"]:
    """A circle, clockwise seen along its axis.

    Without a clock position it starts at the bottom, or nearest to the body where it lies flat.
    """
    axis = to_world(action.axis.vector)
    top = _across(axis, _UP)
    radius = RADIUS[action.how.size] * scale
    begin = dial_turn(action.how)
    start = 0.5 if begin is None else begin
    angles = 2 * math.pi * (start + turns(action.how) * eased(frames, ease))
    both = torch.cat([torch.tensor([2 * math.pi * start]), angles])
    circle = (rot.rotvec_to_rotmat(axis * both[:, None]) @ top) * radius
    if action.how.ellipse is not None:
        circle = _flattened(circle, axis, top, action.how.ellipse)
    return circle[1:] - circle[0]


def _flattened(circle: Tensor, axis: Tensor, top: Tensor, ellipse: str) -> Tensor:
    angle = _LONG_AXES[ellipse]
    across = torch.linalg.cross(axis, top)  # to the right on the dial
    short = top * math.cos(angle) - across * math.sin(angle)
    return circle - (1 - _FLATTENED) * (circle @ short)[:, None] * short


_LONG_AXES = {
    "ellipseh": 0.0,
    "ellipsev": math.pi / 2,
    "ellipseur": math.pi / 4,
    "ellipseul": -math.pi / 4,
}
"""Angle of the long axis on the dial, from the right upwards."""


def cross_path(name: str, frames: int) -> Float[Tensor, "frames 3"]:
    """The obsolete cross-shaped movements."""
    corners = torch.cumsum(torch.stack([to_world(stroke) for stroke in _CROSS_STROKES[name]]) * _CROSS, 0)
    corners = torch.cat([torch.zeros(1, 3), corners])
    place = steps(frames) * (len(corners) - 1)
    before = place.floor().long().clamp(max=len(corners) - 2)
    return torch.lerp(corners[before], corners[before + 1], (place - before)[:, None])


def is_cross(name: str) -> bool:
    """Whether a local movement is one of the crosses."""
    return name in _CROSS_STROKES
