"""Movements of fingers and wrist in place."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import Size
from poseloom.pose import rotations as rot
from poseloom.pose.joints import FINGERS
from poseloom.signer.hand_state import HandState, Track, hold, steps
from poseloom.signer.timing import FPS

_CYCLES_A_SECOND = 3.2
_FEWEST_CYCLES = 2
_SCALE = {None: 1.0, Size.SMALL: 0.6, Size.LARGE: 1.3}
_NOD, _SWING, _TWIST, _STIR = (math.radians(angle) for angle in (25, 20, 35, 18))
_PLAY = math.radians(40)
_SHARES = (1.0, 0.6, 0.35)
"""Of a playing finger's flexion, for its three joints."""
_LONG_FINGERS = ("index", "middle", "ring", "pinky")
_FLEXION, _DEVIATION, _ROLL = range(3)


def wiggle(name: str, start: HandState, side: str, frames: int, size: Size | None) -> Track:
    """A local movement from a state and back to it.

    Args:
        name: ``fingerplay``, ``nodding``, ``swinging``, ``twisting``, ``stircw`` or ``stirccw``.
        side: which hand.
    """
    t = steps(frames)
    phase = 2 * math.pi * max(_FEWEST_CYCLES, round(_CYCLES_A_SECOND * frames / FPS)) * t
    strength = torch.sin(math.pi * t).sqrt() * _SCALE[size]
    strength[-1] = 0.0
    if name == "fingerplay":
        return replace(hold(start, frames), angles=start.angles + _play(phase, strength))
    turns = torch.zeros(frames, 3)
    if name in _STIRS:
        turns[:, _FLEXION] = _STIR * strength * torch.sin(phase)
        turns[:, _DEVIATION] = _STIRS[name] * _STIR * strength * torch.cos(phase)
    else:
        column, amplitude = _TURNS[name]
        turns[:, column] = amplitude * strength * torch.sin(phase)
    rotations = start.rotation @ _wrist_turns(turns, side)
    return replace(hold(start, frames), rotations=rotations)


_TURNS = {"nodding": (_FLEXION, _NOD), "swinging": (_DEVIATION, _SWING), "twisting": (_ROLL, _TWIST)}
_STIRS = {"stircw": 1.0, "stirccw": -1.0}


def _play(phase: Float[Tensor, " frames"], strength: Float[Tensor, " frames"]) -> Float[Tensor, "frames 5 4"]:
    """The four fingers flex one after the other."""
    change = torch.zeros(len(phase), len(FINGERS), 4)
    for place, finger in enumerate(_LONG_FINGERS):
        flexion = (1 - torch.cos(phase - place * math.pi / 2)) / 2 * _PLAY * strength
        for joint, share in enumerate(_SHARES):
            change[:, FINGERS.index(finger), joint + 1] = flexion * share
    return change


def _wrist_turns(turns: Float[Tensor, "frames 3"], side: str) -> Float[Tensor, "frames 3 3"]:
    """Flexion to the palm, deviation to the thumb, roll, as rotations in the hand's own axes of the T-pose."""
    sign = 1.0 if side == "right" else -1.0
    flexion = rot.axis_to_rotmat(sign * turns[:, _FLEXION], "Z")
    deviation = rot.axis_to_rotmat(sign * turns[:, _DEVIATION], "Y")
    return rot.axis_to_rotmat(turns[:, _ROLL], "X") @ flexion @ deviation
