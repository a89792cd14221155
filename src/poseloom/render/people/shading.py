"""What light makes of painted surface points: the sun and its shadows, the light from all around, highlights."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people.lights import Lighting
from poseloom.render.people.materials import Painted


def shaded(
    painted: Painted,
    normals: Float[Tensor, "n 3"],
    towards_eye: Float[Tensor, "n 3"],
    sunlit: Float[Tensor, " n"],
    open_sky: Float[Tensor, " n"],
    lighting: Lighting,
) -> Float[Tensor, "n 3"]:
    """Linear light that comes to the eye.

    Args:
        normals: unit normals of the surface without its fine forms.
        towards_eye: unit vectors.
        sunlit, open_sky: shares of the sun's light and of that from around which get there.
    """
    if painted.bump is not None:
        normals = _bumped(normals, painted.bump)
    cosine = normals @ lighting.sun
    soft = torch.tensor(painted.soft)
    wrapped = ((cosine[:, None] + soft) / (1 + soft)).clamp_min(0)
    # in half-shadow blood shines through
    reach = sunlit[:, None] * (1 + 0.5 * soft * (1 - sunlit[:, None]))
    around = lighting.around(normals)
    facing = (normals * towards_eye).sum(-1).clamp(0, 1)
    corner = open_sky[:, None]
    # light that bounces between surfaces of one colour is deeper in it
    corner = corner / (1 - painted.colour * (1 - corner)).clamp_min(0.3)
    light = around * corner + wrapped * reach * lighting.sun_colour
    seen = painted.colour * light
    half = torch.nn.functional.normalize(towards_eye + lighting.sun, dim=-1)
    shine = (normals * half).sum(-1).clamp_min(0)
    if painted.along:
        strand = _strand(normals)
        shine = (1 - (strand * half).sum(-1) ** 2).clamp_min(0).sqrt()
    aside = 1 - facing
    square = aside * aside
    fresnel = painted.gloss + (1 - painted.gloss) * square * square * aside
    sharp = painted.sharpness
    highlight = _powered(shine, sharp) * (sharp + 8) / 25.0 * fresnel * sunlit * (cosine > 0)
    mirror = around if painted.gloss < _MIRRORS else lighting.around(_mirrored(normals, towards_eye, facing))
    edge = painted.fuzz * square * aside
    return (
        seen
        + highlight[:, None] * lighting.sun_colour
        + (fresnel * 0.55 * open_sky)[:, None] * mirror
        + edge[:, None] * around * open_sky[:, None]
    )


def _powered(shine: Float[Tensor, " n"], sharpness: float) -> Float[Tensor, " n"]:
    """A highlight's fall, to the nearest power of two: squaring is much faster than raising to a power."""
    for _ in range(max(1, round(math.log2(sharpness)))):
        shine = shine * shine
    return shine


_MIRRORS = 0.08
"""Gloss from which on it matters what a surface mirrors."""


def _bumped(normals: Float[Tensor, "n 3"], bump: Float[Tensor, "n 2"]) -> Float[Tensor, "n 3"]:
    across = torch.nn.functional.normalize(
        torch.stack([normals[:, 2], torch.zeros_like(normals[:, 0]), -normals[:, 0]], -1) + 1e-6, dim=-1
    )
    along = torch.linalg.cross(normals, across)
    return torch.nn.functional.normalize(normals - across * bump[:, :1] - along * bump[:, 1:], dim=-1)


def _strand(normals: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
    """The direction down the surface."""
    down = torch.zeros_like(normals)
    down[:, 1] = -1
    return torch.nn.functional.normalize(down - normals * (normals * down).sum(-1, keepdim=True), dim=-1, eps=1e-6)


def _mirrored(normals: Tensor, towards_eye: Tensor, facing: Tensor) -> Float[Tensor, "n 3"]:
    return 2 * facing[:, None] * normals - towards_eye


def developed(linear: Float[Tensor, "*any"], contrast: float = 1.0) -> Float[Tensor, "*any"]:
    """Linear light as sRGB, with a film's shoulder (the curve of Narkowicz, 2015, after ACES)."""
    x = linear.clamp_min(0)
    mapped = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    mapped = mapped.clamp(0, 1)
    if contrast != 1.0:
        mapped = (0.5 * (mapped / 0.5) ** contrast).clamp(0, 1)
    curve = _srgb_curve()
    return curve.index_select(0, (mapped * (len(curve) - 1) + 0.5).long().flatten()).reshape(mapped.shape)


@lru_cache(maxsize=1)
def _srgb_curve() -> Float[Tensor, " steps"]:
    """sRGB of linear values from 0 to 1, in steps finer than a picture's."""
    value = torch.linspace(0, 1, 8192)
    return torch.where(value <= 0.0031308, 12.92 * value, 1.055 * value.clamp_min(1e-6) ** (1 / 2.4) - 0.055)
