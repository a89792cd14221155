"""Shoes: rings from heel to toe around the foot, on a flat sole."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose import JOINT_INDEX
from poseloom.render.people.appearance import Appearance, Colour
from poseloom.render.people.mannequin import Figure
from poseloom.render.people.materials import Painted, linear
from poseloom.render.people.pieces import Piece
from poseloom.render.people.tubes import tube_piece
from poseloom.render.surface import Part

_SECTIONS, _AROUND = 12, 16
SOLES = {"trainers": 0.022, "leather": 0.014, "boots": 0.026, "ballet": 0.006, "sandals": 0.010, "bare": 0.0}
"""Metres under the foot."""
_COLLARS = {"trainers": 0.005, "leather": -0.012, "boots": 0.085, "ballet": -0.045, "sandals": -0.05}
"""Metres by which the shoe reaches above the ankle joint."""
_WALL = 0.008


@dataclass(frozen=True)
class Shoe:
    """Upper and sole; the pattern's y is counted from the ground, in soles."""

    upper: Colour
    sole: Colour
    laces: bool
    gloss: float

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        upper, sole = linear(self.upper), linear(self.sole)
        height, along = rest[:, 1], rest[:, 2]
        colour = torch.where((height < 1.0)[:, None], sole, upper)
        if self.laces:
            lace = (
                (rest[:, 0].abs() < 0.25) & (along > 0.40) & (along < 0.68) & ((along * 22) % 1.0 < 0.45) & (height > 2)
            )
            toe = (along > 0.86) & (height < 2.2)
            colour = torch.where(lace[:, None], torch.lerp(sole, torch.ones(3) * 0.7, 0.5), colour)
            colour = torch.where(toe[:, None], torch.lerp(colour, sole, 0.6), colour)
        return Painted(colour, self.gloss, 24.0)


def shoe_pieces(figure: Figure, look: Appearance) -> list[Piece]:
    """Both shoes in the pose; none for bare feet."""
    if look.shoes == "bare":
        return []
    material = Shoe(
        look.shoe_colour,
        look.sole_colour,
        look.shoes == "trainers",
        0.16 if look.shoes in ("leather", "boots") else 0.04,
    )
    return [_shoe(figure, look, side, material) for side in ("left", "right")]


def _shoe(figure: Figure, look: Appearance, side: str, material: Shoe) -> Piece:
    part = Part.LEFT_FOOT if side == "left" else Part.RIGHT_FOOT
    ankle, toe = figure.still_joint(f"{side}_ankle"), figure.still_joint(f"{side}_foot")
    sign = 1.0 if side == "left" else -1.0
    near = (figure.mannequin.part == part) | (
        (figure.mannequin.rest[:, 1] < -0.93) & (figure.mannequin.rest[:, 0] * sign > 0)
    )
    foot = figure.still[near]
    foot = foot[foot[:, 1] < ankle[1] + 0.11]
    ground = foot[:, 1].amin() - SOLES[look.shoes]
    back, front = foot[:, 2].amin() - _WALL, foot[:, 2].amax() + 0.012
    wide, high = _profile(foot, back, front, float(ankle[0]))
    collar = ankle[1] + _COLLARS[look.shoes] + 0.012
    z = torch.linspace(0, 1, _SECTIONS)
    high = torch.minimum(high + _WALL, collar)
    if look.shoes in ("ballet", "sandals"):
        high = torch.minimum(high, ground + 0.045 + 0.02 * (z < 0.2))
    angle = torch.arange(_AROUND) / _AROUND * 2 * math.pi
    # a superellipse, flat below: the upper half is round, the lower half square
    c, s = angle.sin(), angle.cos()
    power = torch.where(s > 0, torch.tensor(0.75), torch.tensor(0.45))
    cx, cy = c.sign() * c.abs() ** power, s.sign() * s.abs() ** power
    middle, half = (high + ground) / 2, (high - ground) / 2
    centre, width = wide
    x = centre[:, None] + (width + _WALL)[:, None] * cx
    y = middle[:, None] + half[:, None] * cy
    depth = (back + (front - back) * z)[:, None].expand_as(x)
    still = torch.stack([x, y, depth], -1)
    still = torch.cat(
        [
            still[:1].mean(1, keepdim=True).expand(1, _AROUND, 3),
            still,
            still[-1:].mean(1, keepdim=True).expand(1, _AROUND, 3),
        ]
    )
    ball = ((still[..., 2] - toe[2] + 0.02) / 0.04).clamp(0, 1)
    weights = still.new_zeros(*ball.shape, 52)
    weights[..., JOINT_INDEX[f"{side}_ankle"]] = 1 - ball
    weights[..., JOINT_INDEX[f"{side}_foot"]] = ball
    posed = figure.carried(still.flatten(0, 1), weights.flatten(0, 1)).reshape(still.shape)
    sole = max(SOLES[look.shoes], 0.004)
    rest = torch.stack(
        [(still[..., 0] - ankle[0]) / 0.05, (still[..., 1] - ground) / sole, (still[..., 2] - back) / (front - back)],
        -1,
    )
    return tube_piece(posed.flip(1), rest.flip(1), material, int(part), both_sides=False)


def _profile(
    foot: Float[Tensor, "n 3"], back: Tensor, front: Tensor, centre: float
) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Middle and half width, and height, of the sections of a foot."""
    section = ((foot[:, 2] - back) / (front - back) * (_SECTIONS - 1)).round().long().clamp(0, _SECTIONS - 1)

    def extreme(values: Tensor, how: str, start: float) -> Tensor:
        found = torch.full((_SECTIONS,), start).scatter_reduce(0, section, values, how)
        wide = torch.nn.functional.pad(found[None, None], (1, 1), mode="replicate")
        if how == "amin":
            return -torch.nn.functional.avg_pool1d(torch.nn.functional.max_pool1d(-wide, 3, 1, 1), 3, 1)[0, 0]
        return torch.nn.functional.avg_pool1d(torch.nn.functional.max_pool1d(wide, 3, 1, 1), 3, 1)[0, 0]

    low, high = extreme(foot[:, 0], "amin", centre), extreme(foot[:, 0], "amax", centre)
    top = extreme(foot[:, 1], "amax", float(foot[:, 1].amin()) + 0.02)
    place = torch.linspace(0, 1, _SECTIONS)
    # round heel and toe, and no step between them
    rounding = (1 - ((place - 0.5).abs() * 2).clamp(0, 1) ** 6).clamp_min(0).sqrt() * 0.45 + 0.55
    instep = float(foot[:, 1].amin()) + 0.055 + 0.06 * (1 - place).clamp_min(0)
    return ((low + high) / 2, (high - low) / 2 * rounding), torch.minimum(top, torch.maximum(instep, top * 0 - 9))
