"""Where a hand cannot touch a place as it is turned, it is tilted: contact goes before direction, as with a person."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose import rotations as rot
from poseloom.signer.arms import discomfort
from poseloom.signer.clearance import NEAREST, TOLERANCE
from poseloom.signer.frames import SIDES, hand_axes
from poseloom.signer.hand_spheres import hand_spheres, sphere_radii
from poseloom.signer.hand_state import HandState
from poseloom.signer.shoulders import arm_bones, shoulder_points
from poseloom.signer.trunk import trunk_distance

_TILTS = (20.0, 40.0, 60.0, 80.0, 110.0, 140.0)
"""Degrees that are tried about each axis."""
_FINE = 0.3
"""Smaller tilts that are tried about the best one, as shares of it."""
_EASY = 3.0
"""Trouble up to which a hand is left as it is."""
_INSIDE, _TOO_FAR, _TURN = 500.0, 300.0, 6.0
"""Trouble of a metre of hand within the trunk, of a metre that a wrist is out of reach, of a squared radian of tilt."""
_OTHER_PART = 1.0
"""Trouble of touching with another part than the one that looks at the place."""
_FIRST = 2.0
"""How much more of being in the trunk or out of reach counts, from a hand that is easily set right on."""
_PASSABLE = 8.0
"""Trouble with which no further part is tried."""
_UNEASY = 0.5
"""Share of the arm's discomfort that counts."""


def tilted(
    goal: Float[Tensor, "3"], parts: list[Float[Tensor, "3"]], state: HandState, side: str
) -> tuple[Float[Tensor, "3 3"], Float[Tensor, "3"]]:
    """The rotation nearest to a hand's own with which a part of it can be at a goal, and which part that is.

    Args:
        goal: where a part shall be, metres.
        parts: those that may touch, metres in the hand's frame; the first one rather than others.
        state: how the hand shall be turned and is bent.
        side: which hand.
    """
    spheres = hand_spheres(state.angles)
    if float(_trouble(goal, parts[0], spheres, state.rotation[None], side)) < _EASY:
        return state.rotation, parts[0]
    found: list[tuple[float, Tensor, Tensor]] = []
    for number, part in enumerate(parts):
        cost, rotation = _best(goal, part, spheres, state.rotation, side)
        found.append((cost + _OTHER_PART * number, rotation, part))
        if number and min(each[0] for each in found) < _PASSABLE:
            break
    _, rotation, part = min(found, key=lambda each: each[0])
    return rotation, part


def _best(goal: Tensor, part: Tensor, spheres: Tensor, rotation: Tensor, side: str) -> tuple[float, Tensor]:
    best = torch.zeros(3)
    for share in (1.0, _FINE, _FINE**2):
        tilts = best + turns_about_all(_TILTS) * share
        turned = rot.rotvec_to_rotmat(tilts) @ rotation
        trouble = _trouble(goal, part, spheres, turned, side) + _TURN * (tilts**2).sum(-1)
        best = tilts[trouble.argmin()]
    return float(trouble.min()), turned[trouble.argmin()]


@lru_cache(maxsize=2)
def turns_about_all(degrees: tuple[float, ...]) -> Float[Tensor, "tilts 3"]:
    """Rotation vectors: none, and each angle about axes all round; mirrored axes are among them."""
    grid = torch.cartesian_prod(*[torch.arange(-1.0, 2.0)] * 3)
    axes = torch.nn.functional.normalize(grid[grid.abs().sum(-1) > 0], dim=-1)
    angles = torch.tensor(degrees) * (math.pi / 180)
    return torch.cat([torch.zeros(1, 3), (axes[:, None] * angles[:, None]).flatten(0, 1)])


def _trouble(
    goal: Tensor, part: Tensor, spheres: Tensor, rotations: Float[Tensor, "tilts 3 3"], side: str
) -> Float[Tensor, " tilts"]:
    axes = hand_axes(rotations, side)
    wrists = goal - axes @ part
    out = out_of_place(wrists, spheres, rotations, side)
    return out + _FIRST * (out - _EASY).clamp_min(0) + _UNEASY * discomfort(wrists, rotations, side)


def out_of_place(
    wrists: Float[Tensor, "places 3"],
    spheres: Float[Tensor, "spheres 3"],
    rotations: Float[Tensor, "*#places 3 3"],
    side: str,
) -> Float[Tensor, " places"]:
    """Trouble of hands that are within the trunk, or where no arm comes to.

    Args:
        wrists: metres.
        spheres: of the hand in its own frame, metres.
        rotations: of the hands.
        side: which hand.
    """
    axes = hand_axes(rotations, side)
    depth = sphere_radii() - TOLERANCE - trunk_distance(wrists[:, None] + spheres @ axes.transpose(-1, -2))
    distance = (wrists - shoulder_points()[SIDES.index(side)]).norm(dim=-1)
    short = (NEAREST - distance).clamp_min(0) + (distance - arm_bones().longest).clamp_min(0)
    return _INSIDE * depth.amax(-1).clamp_min(0) + _TOO_FAR * short
