"""Which part of a hand touches a place, and how the hand is turned then: contact goes before direction.

A hand that is not flat on a surface touches it with an edge, and a hand at the own shoulder with what is far enough
from its wrist: skin beside the part that is meant takes over where that one would bring the hand into the body. Where a
wrist cannot turn the hand so that it touches at all, the turn is taken with which it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.arms import reached_rotations
from poseloom.signer.frames import SIDES, hand_axes
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.hand_state import HandState
from poseloom.signer.shoulders import SHORTEST_REACH, arm_bones
from poseloom.signer.tilt import out_of_place, turns_about_all

_FITS = 0.5
"""Trouble up to which a part touches as it is meant: a millimetre within the trunk."""
_BESIDE = 60.0
"""Trouble of a metre from the part that is meant."""
_FARTHEST = {True: 0.04, False: 0.08}
"""Metres from it: where it is named, where it is not."""
_MISSED, _REACHED = 1500.0, 4.0
"""Trouble of a metre that a part stays off its place, and trouble up to which a hand touches well enough."""
_TURNED = 2.0
"""Trouble of a squared radian that a hand is turned away from what is written."""
_ANGLES = (25.0, 50.0, 75.0, 100.0, 130.0, 160.0)
"""Degrees that are tried about each axis."""
_FINE = (1.0, 0.3, 0.1)
"""Shares of them that are tried about the best one, one after the other."""


@dataclass(frozen=True, eq=False)
class Touch:
    """A place that a hand shall touch.

    Args:
        goal: the place, metres.
        normal: out of the skin there.
        side: which hand.
        named: whether the notation names the part that touches.
    """

    goal: Float[Tensor, "3"]
    normal: Float[Tensor, "3"]
    side: str
    named: bool


def touching(touch: Touch, state: HandState, parts: list[Float[Tensor, "3"]]) -> tuple[Tensor, Tensor]:
    """The rotation (3, 3) of a hand and the part (3,) of it, metres in its frame, with which it touches.

    Args:
        touch: the place.
        state: how the hand shall be turned and is bent.
        parts: those that may touch; the first one is meant.
    """
    trouble, part = _part_there(touch, state, parts[0])
    found = [(trouble, state.rotation, part)]
    if trouble < _REACHED:
        return state.rotation, part
    for number, each in enumerate(parts):
        rotation = _turned(touch, state, each)
        bent = float(rot.rotmat_to_rotvec(rotation @ state.rotation.T).square().sum())
        trouble, part = _part_there(touch, replace(state, rotation=rotation), each)
        found.append((trouble + _TURNED * bent + number, rotation, part))
    _, rotation, part = min(found, key=lambda one: one[0])
    return rotation, part


def _part_there(touch: Touch, state: HandState, part: Float[Tensor, "3"]) -> tuple[float, Float[Tensor, "3"]]:
    """The part that comes to a place first, beside the one that is meant, and its trouble."""
    spheres, axes = hand_spheres(state.angles), hand_axes(state.rotation, touch.side)
    skin = (spheres - sphere_radii()[:, None] * (touch.normal @ axes))[1:]  # a wrist is not as thick as it is wide
    parts = torch.cat([part[None], skin])
    away = (parts - part).norm(dim=-1)
    near = away <= _FARTHEST[touch.named]
    parts, away = parts[near], away[near]
    out = out_of_place(touch.goal - parts @ axes.T, spheres, state.rotation[None], touch.side)
    trouble = [float(_trouble(touch, state, part, state.rotation[None])[0])]
    beside = (out + _BESIDE * away).argmin()
    if float(out[0]) < _FITS or int(beside) == 0:
        return trouble[0], part
    trouble.append(float(_trouble(touch, state, parts[beside], state.rotation[None])[0] + _BESIDE * away[beside]))
    return (trouble[1], parts[beside]) if trouble[1] < trouble[0] else (trouble[0], part)


def _turned(touch: Touch, state: HandState, part: Float[Tensor, "3"]) -> Float[Tensor, "3 3"]:
    """The turn of least trouble with which a part touches."""
    best = state.rotation
    for share in _FINE:
        trouble, hands = _trouble(touch, state, part, rot.rotvec_to_rotmat(turns_about_all(_ANGLES) * share) @ best)
        best = hands[trouble.argmin()]
    return best


def _trouble(
    touch: Touch, state: HandState, part: Float[Tensor, "3"], rotations: Float[Tensor, "tilts 3 3"]
) -> tuple[Float[Tensor, " tilts"], Float[Tensor, "tilts 3 3"]]:
    """Of hands as an arm can turn them: off the place, in the body, turned away; and those hands."""
    wrists = touch.goal - hand_axes(rotations, touch.side) @ part
    hands = reached_rotations(wrists, rotations, touch.side)
    shoulder = arm_bones().shoulders[SIDES.index(touch.side)]
    line = wrists - shoulder
    distance = line.norm(dim=-1, keepdim=True).clamp_min(1e-6)
    at = shoulder + line * (distance.clamp(SHORTEST_REACH, arm_bones().longest) / distance)
    missed = (at + hand_axes(hands, touch.side) @ part - touch.goal).norm(dim=-1)
    out = out_of_place(at, hand_spheres(state.angles), hands, touch.side)
    turned = rot.rotmat_to_rotvec(hands @ state.rotation.T).square().sum(-1)
    return _MISSED * missed + out + _TURNED * turned, hands
