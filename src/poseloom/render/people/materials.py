"""Materials: what colour and gloss a surface has, by its place in the pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.render.people import noise
from poseloom.render.people.appearance import Colour


@dataclass(frozen=True, eq=False)
class Painted:
    """Surface points before light falls on them.

    Args:
        colour: share of the light that comes back, linear.
        gloss: strength of the highlight, 0.04 for most things.
        sharpness: exponent of the highlight.
        bump: added to the normal, in the tangents across and along.
        soft: how far light reaches round the terminator, by colour: skin glows.
        fuzz: light at grazing angles: cloth and hair.
    """

    colour: Float[Tensor, "n 3"]
    gloss: float = 0.02
    sharpness: float = 12.0
    bump: Float[Tensor, "n 2"] | None = None
    soft: Colour = (0.08, 0.08, 0.08)
    fuzz: float = 0.0
    along: bool = False
    """Highlight of strands rather than of a surface."""


class Material(Protocol):
    """Paints surface points."""

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        """By place in the pattern, and by what the pattern is wrapped around (`Limb`)."""
        ...


def linear(colour: Colour) -> Float[Tensor, " 3"]:
    """sRGB as linear light."""
    value = torch.tensor(colour)
    return torch.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True)
class Plain:
    """One colour with some grain.

    Args:
        colour: sRGB.
        grain: how uneven it is.
    """

    colour: Colour
    grain: float = 0.05
    gloss: float = 0.03
    sharpness: float = 20.0
    size: float = 0.02

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        u, v = (rest[:, 0] + 0.7 * rest[:, 2]) / self.size * 8, (rest[:, 1] + 0.3 * rest[:, 2]) / self.size * 8
        rough = 1 + self.grain * noise.sample(noise.tile(1.2), u, v)
        return Painted(linear(self.colour) * rough[:, None], self.gloss, self.sharpness)


_ARM_AXIS = (0.435, -0.016)
"""y and z of the arms at the T-pose."""
_LEG_AXIS = 0.112
_ARMHOLE, _ARMPIT = 0.185, 0.30
"""|x| and y at the T-pose from which on a sleeve is an arm's."""
_AROUND = (0.16, 0.05, 0.085)
"""Metres for each radian around trunk, arms and legs."""


def wrapped(rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"]]:
    """Metres around and along what the cloth is wrapped around."""
    x, y, z = rest.unbind(-1)
    # sleeves are set in along a line, wherever the triangles of trunk and arms meet
    arm = (limb != 2) & (x.abs() > _ARMHOLE) & (y > _ARMPIT)
    trunk = (limb != 2) & ~arm
    across = torch.where(trunk, x, torch.where(arm, z - _ARM_AXIS[1], x - x.sign() * _LEG_AXIS))
    ahead = torch.where(arm, y - _ARM_AXIS[0], z - 0.01)
    size = torch.where(trunk, _AROUND[0], torch.where(arm, _AROUND[1], _AROUND[2]))
    return torch.atan2(across, ahead) * size, torch.where(arm, x.abs(), y)
