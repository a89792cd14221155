"""Skin: its tone, flushed and shaded places, the painted face, hair on it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.render.clothing import Head, with_face
from poseloom.render.people import noise
from poseloom.render.people.appearance import Appearance, Colour
from poseloom.render.people.materials import Painted, linear
from poseloom.render.style import Clothes

_SOFT = (0.32, 0.16, 0.11)
"""How far light reaches round the terminator in skin, by colour."""


@dataclass(frozen=True, eq=False)
class Skin:
    """A person's skin, face and scalp.

    Args:
        look: the person.
        head: measures of the pattern's head.
    """

    look: Appearance
    head: Head

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        look = self.look
        tone = linear(look.skin)
        u, v = rest[:, 0] + 0.6 * rest[:, 2], rest[:, 1] - 0.5 * rest[:, 2]
        cloudy = noise.sample(noise.tile(1.8), u * 160, v * 160)
        grain = noise.sample(noise.tile(1.0, 1), u * 900, v * 900)
        colour = tone * (1 + 0.035 * cloudy + (0.02 + 0.03 * look.wrinkles) * grain)[:, None]
        colour = self._flushed(colour, rest)
        face = (rest[:, 1] > self.head.level - 0.05) & (rest[:, 0].abs() < 0.12)
        index = face.nonzero().flatten()
        if len(index):
            colour[index] = self._face(colour[index], rest[index])
        return Painted(colour.clamp(0.002, 0.98), 0.035, 14.0, None, _SOFT)

    def _flushed(self, colour: Tensor, rest: Tensor) -> Tensor:
        """Cheeks, nose, ears, knuckles, elbows and knees are redder; the palm side of hands is lighter."""
        spots = torch.tensor(_FLUSHED)
        mirrored = rest.clone()
        mirrored[:, 0] = rest[:, 0].abs()
        distance = torch.cdist(mirrored, spots[:, :3])
        flush = torch.exp(-((distance / spots[:, 3]) ** 2)).amax(-1)[:, None] * self.look.redness
        pale = linear(self.look.skin).mean()
        warm = torch.tensor([1.06, 0.80, 0.78]) if float(pale) > 0.18 else torch.tensor([1.02, 0.90, 0.88])
        return colour * (1 + flush * (warm - 1))

    def _face(self, colour: Tensor, rest: Tensor) -> Tensor:
        if self.head.eyes is None:
            return colour
        hair = linear(self.look.hair.colour) * _BROWS
        clothes = Clothes(skin=self.look.skin, hair=self.look.hair.colour, eyes=self.look.eyes)
        painted = with_face(colour, rest, self.head.eyes, clothes, hair)
        return self._stubble(painted, rest)

    def _stubble(self, colour: Tensor, rest: Tensor) -> Tensor:
        if self.look.beard == "none":
            return colour
        cover = (beard_cover(rest, self.head, self.look.beard) / 0.012).clamp(0, 1)
        share = 0.45 if self.look.beard == "stubble" else 0.7
        grain = 0.8 + 0.2 * noise.nearest(noise.tile(0.2), rest[:, 0] * 3000, rest[:, 1] * 3000)
        return torch.lerp(
            colour, linear(self.look.hair.colour).expand_as(colour), (share * cover * grain)[:, None].clamp(0, 1)
        )


_FLUSHED = (
    (0.038, 0.628, 0.105, 0.030),
    (0.0, 0.622, 0.140, 0.014),
    (0.075, 0.640, 0.02, 0.030),
    (0.46, 0.435, -0.055, 0.040),
    (0.83, 0.435, 0.0, 0.060),
    (0.112, -0.54, 0.085, 0.050),
    (0.112, -1.05, 0.10, 0.060),
)
"""x (of both sides), y, z and radius of places with much blood, metres of the pattern."""


_BROWS = 0.6
"""How dark brows are against the hair of the head."""


def beard_cover(rest: Float[Tensor, "n 3"], head: Head, kind: str) -> Float[Tensor, " n"]:
    """Positive where a beard grows, about metres from its edge."""
    assert head.eyes is not None
    unit = float((head.eyes[0] - head.eyes[1]).norm())
    middle = head.eyes.mean(0)
    x = rest[:, 0].abs() / unit
    y = (rest[:, 1] - middle[1]) / unit
    z = (rest[:, 2] - middle[2]) / unit
    mouth = torch.hypot(x / 0.46, (y + 1.18) / 0.16) - 1
    front = z + 1.1
    line = -0.86 - 0.10 * (x - 0.2).clamp_min(0) + 0.62 * (x - 0.75).clamp_min(0)
    if kind == "moustache":
        field = torch.minimum(0.62 - x, torch.minimum(-0.86 - y - 0.12 * x, y + 1.14 + 0.25 * x))
    elif kind == "goatee":
        field = torch.minimum(torch.minimum(0.55 - x, -0.86 - y), y + 1.95)
    else:
        field = torch.minimum(line - y, y + 2.05 + 0.3 * z)
    return torch.minimum(torch.minimum(field, mouth.clamp(-1, 1) * 0.2 if kind != "moustache" else field), front) * unit


@dataclass(frozen=True)
class Strands:
    """Hair, seen as a surface.

    Args:
        colour: sRGB.
        curl: 0 straight, 1 curly.
        grain: how much single strands differ.
    """

    colour: Colour
    curl: float = 0.0
    grain: float = 0.28

    def paint(self, rest: Float[Tensor, "n 3"], limb: Int[Tensor, " n"]) -> Painted:
        x, y, z = rest.unbind(-1)
        angle = torch.atan2(x, z - 0.02)
        wave = 0.12 * self.curl * torch.sin(y * 160 + 5 * angle)
        along = torch.hypot(x, z) - y
        u, v = (angle + wave) * 62, along * (60 + 500 * self.curl)
        strand = noise.sample(noise.tile(0.7), u, v * 0.25 + 7)
        lock = noise.sample(noise.tile(1.5, 2), u * 0.22, v * 0.12)
        value = (1 + self.grain * strand + 0.24 * lock).clamp(0.25, 2.2)
        base = linear(self.colour)
        du, dv = noise.slope(noise.tile(1.3, 2), u * 0.45, v * 0.2)
        bump = torch.stack([du, dv], -1) * (0.5 + 0.7 * self.curl)
        return Painted(
            base * value[:, None], 0.055 if self.curl < 0.5 else 0.025, 18.0, bump, (0.15,) * 3, 0.08, along=True
        )
