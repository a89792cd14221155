"""Light from all around as nine numbers a colour, and a sun: of pictures of surroundings, or of skies and studios."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people.appearance import Colour

_ROWS, _COLUMNS = 32, 64
"""Of the spheres on which light is added up."""
_SUN_ABOVE = 12.0
"""Times the mean of a picture from which on light is the sun's."""
_BANDS = (math.pi, 2 * math.pi / 3, math.pi / 4)
"""Of the cosine lobe in spherical harmonics (Ramamoorthi and Hanrahan, SIGGRAPH 2001)."""


@dataclass(frozen=True, eq=False)
class Lighting:
    """Light that falls on a scene.

    Args:
        harmonics: of the light from all around, made so that a white surface shows ``harmonics @ basis(normal)``.
        sun: direction towards the sun or the main lamp, unit vector, above the horizon.
        sun_colour: what a white surface that faces it shows, linear; zero under a closed sky.
    """

    harmonics: Float[Tensor, "9 3"]
    sun: Float[Tensor, " 3"]
    sun_colour: Float[Tensor, " 3"]

    def around(self, normals: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        """What white surfaces show of the light from all around."""
        return (basis(normals) @ self.harmonics).clamp_min(0.02)

    def scaled(self, factor: float) -> Lighting:
        """The same light, stronger or weaker."""
        return Lighting(self.harmonics * factor, self.sun, self.sun_colour * factor)

    @property
    def level(self) -> float:
        """What white surfaces show, as a mean over directions above the horizon and over the colours."""
        faces = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
        sun = (faces @ self.sun).clamp_min(0)[:, None] * self.sun_colour
        return float((self.around(faces) + sun).mean())


def basis(normals: Float[Tensor, "n 3"]) -> Float[Tensor, "n 9"]:
    """Real spherical harmonics up to the second band."""
    x, y, z = normals.unbind(-1)
    return torch.stack(
        [
            torch.full_like(x, 0.282095),
            0.488603 * y,
            0.488603 * z,
            0.488603 * x,
            1.092548 * x * y,
            1.092548 * y * z,
            0.315392 * (3 * z * z - 1),
            1.092548 * x * z,
            0.546274 * (x * x - y * y),
        ],
        -1,
    )


@lru_cache(maxsize=1)
def _sphere() -> tuple[Float[Tensor, "n 3"], Float[Tensor, " n"]]:
    """Directions of an equirectangular picture's pixels, and the solid angle of each; its middle column is +Z."""
    polar = (torch.arange(_ROWS) + 0.5) / _ROWS * math.pi
    around = (torch.arange(_COLUMNS) + 0.5) / _COLUMNS * 2 * math.pi - math.pi
    level, turn = torch.meshgrid(polar, around, indexing="ij")
    directions = torch.stack([level.sin() * turn.sin(), level.cos(), level.sin() * turn.cos()], -1)
    solid = level.sin() * (math.pi / _ROWS) * (2 * math.pi / _COLUMNS)
    return directions.reshape(-1, 3), solid.flatten()


def of_surroundings(radiance: Float[Tensor, "32 64 3"]) -> Lighting:
    """Light of an equirectangular picture, linear; what is far brighter than the rest becomes the sun."""
    directions, solid = _sphere()
    light = radiance.reshape(-1, 3)
    bright = light.mean(-1)
    mean = float((bright.clamp_max(bright.median() * 30) * solid).sum() / solid.sum())
    limit = mean * _SUN_ABOVE
    over = light * (1 - limit / bright.clamp_min(1e-6)).clamp_min(0)[:, None]
    power = (over * solid[:, None]).sum(0)
    weight = (over.mean(-1) * solid)[:, None]
    sun = (directions * weight).sum(0)
    sun = torch.nn.functional.normalize(sun, dim=0) if float(weight.sum()) > 0 else torch.tensor([0.0, 1.0, 0.0])
    sun = _raised(sun)
    return Lighting(_projected(light - over), sun, power / math.pi)


def _projected(light: Float[Tensor, "n 3"]) -> Float[Tensor, "9 3"]:
    directions, solid = _sphere()
    found = basis(directions).T @ (light * solid[:, None])
    bands = torch.tensor([_BANDS[0]] + [_BANDS[1]] * 3 + [_BANDS[2]] * 5) / math.pi
    return found * bands[:, None]


def _raised(direction: Float[Tensor, " 3"], least: float = 0.30) -> Float[Tensor, " 3"]:
    """A direction at least so far above the horizon that shadows stay short."""
    x, y, z = direction.tolist()
    y = max(y, least)
    flat = math.hypot(x, z) or 1.0
    rest = math.sqrt(max(0.0, 1 - y * y))
    return torch.tensor([x / flat * rest, y, z / flat * rest])


def sky(sun: tuple[float, float], zenith: Colour, horizon: Colour, ground: Colour, strength: float) -> Lighting:
    """A sky that runs from horizon to zenith over a ground, and a sun.

    Args:
        sun: azimuth and elevation, radians.
        zenith, horizon, ground: linear light.
        strength: of the sun, times the sky.
    """
    directions, _ = _sphere()
    y = directions[:, 1:2]
    up = torch.lerp(torch.tensor(horizon), torch.tensor(zenith), y.clamp_min(0).sqrt())
    light = torch.where(y > 0, up, torch.tensor(ground).expand_as(up))
    azimuth, elevation = sun
    towards = torch.tensor(
        [math.cos(elevation) * math.sin(azimuth), math.sin(elevation), math.cos(elevation) * math.cos(azimuth)]
    )
    warm = torch.tensor([1.0, 0.92 + 0.06 * math.sin(elevation), 0.78 + 0.18 * math.sin(elevation)])
    return Lighting(_projected(light), _raised(towards), warm * strength)


def random_sky(rng: np.random.Generator) -> Lighting:
    """Clear, hazy or closed."""
    cloud = rng.random()
    zenith = np.array([0.30, 0.48, 0.85]) * (1 - cloud) + np.array([0.62, 0.65, 0.70]) * cloud
    horizon = np.array([0.75, 0.82, 0.92]) * (1 - cloud) + np.array([0.72, 0.74, 0.76]) * cloud
    ground = np.array([0.30, 0.28, 0.25]) * rng.uniform(0.5, 1.2)
    strength = 0.0 if cloud > 0.75 else float(rng.uniform(0.6, 2.2) * (1 - 0.7 * cloud))
    elevation = math.radians(rng.uniform(22, 75))
    sun = (float(rng.uniform(-math.pi, math.pi)), elevation)
    return sky(sun, _triple(zenith), _triple(horizon), _triple(ground), strength)


def random_indoors(rng: np.random.Generator) -> Lighting:
    """A ceiling, walls, a window or lamp at one side."""
    directions, _ = _sphere()
    warmth = rng.uniform(-0.08, 0.14)
    tint = torch.tensor([1 + warmth, 1.0, 1 - 1.2 * warmth])
    walls = 0.42 * rng.uniform(0.6, 1.2)
    light = torch.full((len(directions), 1), float(walls)) * tint
    light = light + (directions[:, 1:2] > 0.75) * rng.uniform(0.2, 1.2) * tint
    light = light * torch.where(directions[:, 1:2] < -0.3, 0.55, 1.0)
    for _ in range(int(rng.integers(1, 3))):
        azimuth, elevation = rng.uniform(-math.pi, math.pi), math.radians(rng.uniform(5, 45))
        towards = torch.tensor(
            [math.cos(elevation) * math.sin(azimuth), math.sin(elevation), math.cos(elevation) * math.cos(azimuth)]
        ).float()
        lobe = ((directions @ towards - 0.75) / 0.25).clamp(0, 1)[:, None]
        light = light + lobe * rng.uniform(0.8, 4.5) * torch.tensor([0.96, 0.99, 1.04])
    azimuth, elevation = rng.uniform(-math.pi, math.pi), math.radians(rng.uniform(35, 80))
    key = torch.tensor(
        [math.cos(elevation) * math.sin(azimuth), math.sin(elevation), math.cos(elevation) * math.cos(azimuth)]
    ).float()
    return Lighting(_projected(light), key, tint * float(rng.uniform(0.05, 0.55)))


def _triple(values: np.ndarray) -> Colour:
    return tuple(float(value) for value in values)  # type: ignore[return-value]
