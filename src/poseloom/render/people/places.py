"""Procedural places: rooms, streets, fields, studios. All light is linear; lengths are metres."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.render.people import noise
from poseloom.render.people.appearance import Colour
from poseloom.render.people.lights import Lighting
from poseloom.render.people.materials import linear
from poseloom.render.people.surfaces import Surfacing, blinds, facade, picture_wall, random_floor, random_wall
from poseloom.render.people.worlds import Rays


def sky_light(direction: Float[Tensor, "h w 3"], lighting: Lighting, clouds: float, seed: float) -> Tensor:
    """A sky with clouds, as bright as the light that it sends."""
    y = direction[..., 1].clamp_min(0.02)
    u, v = direction[..., 0] / (y + 0.25) * 22 + seed, direction[..., 2] / (y + 0.25) * 22 + seed
    cover = (noise.sample(noise.tile(1.8), u, v) * 0.5 + clouds * 2 - 0.6).clamp(0, 1)
    blue = torch.tensor([0.28, 0.46, 0.86])
    pale = torch.tensor([0.78, 0.86, 0.95])
    clear = torch.lerp(pale, blue, y.sqrt()[..., None])
    cloudy = torch.tensor([0.92, 0.93, 0.95])
    return torch.lerp(clear, cloudy.expand_as(clear), cover[..., None]) * max(lighting.level, 0.2) * 1.1


@dataclass(frozen=True, eq=False)
class Room:
    """A box with a floor, walls, a ceiling, windows or pictures."""

    lighting: Lighting
    low: Float[Tensor, " 3"]
    high: Float[Tensor, " 3"]
    floor: Surfacing
    walls: tuple[Surfacing, Surfacing]
    window: int
    """Number of the wall that has windows; -1 for none."""
    seed: int

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        best = torch.full(rays.direction.shape[:2], torch.inf)
        light = torch.zeros_like(rays.direction)
        for axis in (1, 0, 2):
            for side, level in ((0, self.low[axis]), (1, self.high[axis])):
                distance, place = rays.to_plane(axis, float(level))
                nearer = distance < best
                if bool(nearer.any()):
                    index = nearer.nonzero(as_tuple=True)
                    light[index] = self._surface(axis, side, place[index], distance[index] * rays.pixel)
                    best = torch.where(nearer, distance, best)
        return light

    def _surface(self, axis: int, side: int, place: Float[Tensor, "n 3"], pixel: Tensor) -> Float[Tensor, "n 3"]:
        normal = torch.zeros(1, 3)
        normal[0, axis] = -1.0 if side else 1.0
        lit = (
            self.lighting.around(normal) + self.lighting.sun_colour * (normal[0] @ self.lighting.sun).clamp_min(0) * 0.6
        )
        corner = torch.minimum(place - self.low, self.high - place)
        corner[:, axis] = 9.0
        dim = 1 - 0.45 * torch.exp(-corner.amin(-1, keepdim=True).clamp_min(0) / 0.25)
        if axis == 1:
            colour = self.floor.colour(place[:, 0], place[:, 2], pixel) if side == 0 else torch.full_like(place, 0.75)
            return colour * lit * dim
        number = (0 if axis == 0 else 2) + side
        u, v = place[:, 2 if axis == 0 else 0], place[:, 1]
        colour = self.walls[number % 2].colour(u, v, pixel)
        skirting = (v < 0.09)[:, None]
        colour = torch.where(skirting, torch.tensor([0.62, 0.60, 0.57]), colour)
        light = colour * lit * dim
        if number == self.window:
            return blinds(light, u, v, self.lighting, self.seed)
        return picture_wall(light, u, v, lit, self.seed + number)


@dataclass(frozen=True, eq=False)
class Street:
    """Ground with a kerb, a front of houses, sky."""

    lighting: Lighting
    ground: Surfacing
    road: Surfacing
    kerb: float
    """Where the pavement ends, metres towards the viewer's side of the street."""
    turn: float
    """Direction of the street, radians."""
    away: float
    """Of the houses."""
    height: float
    seed: int
    clouds: float

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        c, s = math.cos(self.turn), math.sin(self.turn)
        light = sky_light(rays.direction, self.lighting, self.clouds, float(self.seed % 97))
        distance, place = rays.to_plane(1, 0.0)
        x, z = place[..., 0] * c + place[..., 2] * s, -place[..., 0] * s + place[..., 2] * c
        toward = -rays.direction[..., 0] * s + rays.direction[..., 2] * c
        start = -rays.start[0] * s + rays.start[2] * c
        to_house = (-self.away - start) / torch.where(toward.abs() < 1e-5, 1e-5, toward)
        to_house = torch.where(to_house > 0, to_house, torch.inf)
        ground = (distance < to_house).nonzero(as_tuple=True)
        up = torch.tensor([[0.0, 1.0, 0.0]])
        lit = self.lighting.around(up) + self.lighting.sun_colour * self.lighting.sun[1]
        size = distance[ground] * rays.pixel
        pavement = self.ground.colour(x[ground], z[ground], size)
        road = self.road.colour(x[ground], z[ground], size)
        beyond = z[ground] - self.kerb
        edge = (beyond.abs() < 0.09)[:, None]
        colour = torch.where((beyond > 0)[:, None], road, pavement)
        haze = (-distance[ground] / 90).exp()[:, None]
        light[ground] = torch.lerp(light[ground], torch.where(edge, colour * 1.25 + 0.05, colour) * lit, haze)
        house = rays.start + rays.direction * to_house.clamp_max(1e4)[..., None]
        wall = (torch.isfinite(to_house) & (to_house <= distance) & (house[..., 1] < self.height)).nonzero(
            as_tuple=True
        )
        u = (house[..., 0] * c + house[..., 2] * s)[wall]
        shade = facade(u, house[..., 1][wall], to_house[wall] * rays.pixel, self.seed)
        out = torch.tensor([[-s, 0.0, c]])
        front = self.lighting.around(out) + self.lighting.sun_colour * (out[0] @ self.lighting.sun).clamp_min(0)
        light[wall] = shade * front
        return light


@dataclass(frozen=True, eq=False)
class Field:
    """Grass, sand or gravel to the horizon, with trees or hills."""

    lighting: Lighting
    ground: Surfacing
    trees: Colour
    height: float
    clouds: float
    seed: int

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        light = sky_light(rays.direction, self.lighting, self.clouds, float(self.seed % 89))
        azimuth = torch.atan2(rays.direction[..., 0], rays.direction[..., 2])
        rise = rays.direction[..., 1]
        crown = noise.sample(noise.tile(1.5, 1), azimuth * 40 + self.seed, torch.full_like(azimuth, 3.0))
        leaf = noise.sample(noise.tile(1.1, 2), azimuth * 300, rise * 300 + self.seed)
        line = (self.height * (1 + 0.55 * crown) - rise) * 60 + 0.6 * leaf
        tone = linear(self.trees) * (1 + 0.45 * leaf)[..., None].clamp_min(0.2) * self.lighting.level * 0.8
        light = torch.where((line > 0)[..., None], tone, light)
        distance, place = rays.to_plane(1, 0.0)
        ground = torch.isfinite(distance).nonzero(as_tuple=True)
        up = torch.tensor([[0.0, 1.0, 0.0]])
        lit = self.lighting.around(up) + self.lighting.sun_colour * self.lighting.sun[1]
        colour = self.ground.colour(place[..., 0][ground], place[..., 2][ground], distance[ground] * rays.pixel) * lit
        haze = (-distance[ground] / 120).exp()[:, None]
        light[ground] = torch.lerp(tone[ground] * 1.1, colour, haze)
        return light


@dataclass(frozen=True, eq=False)
class Studio:
    """A backdrop that runs from the floor into the wall."""

    lighting: Lighting
    wall: Colour
    bend: float = 2.0
    tones: Tensor = field(default_factory=lambda: torch.tensor([1.0, 0.8]))

    def seen(self, rays: Rays) -> Float[Tensor, "h w 3"]:
        distance, place = rays.to_plane(1, 0.0)
        away = (place[..., 0] ** 2 + place[..., 2] ** 2).sqrt()
        floor = torch.where(torch.isfinite(distance), (1 - (away - self.bend) / 3).clamp(0, 1), 0.0)
        floor = floor * floor * (3 - 2 * floor)
        up, back = torch.tensor([[0.0, 1.0, 0.0]]), -rays.direction.mean((0, 1))[None] * torch.tensor([1.0, 0.0, 1.0])
        lit = self.lighting.around(up) + self.lighting.sun_colour * self.lighting.sun[1]
        wall = self.lighting.around(torch.nn.functional.normalize(back + 1e-6, dim=-1))
        light = torch.lerp(wall, lit, floor[..., None]) * linear(self.wall)
        return light * (0.85 + 0.25 * rays.direction[..., 1:2])


def random_room(rng: np.random.Generator, lighting: Lighting, camera_place: Float[Tensor, " 3"]) -> Room:
    """A room in which the origin and the camera have room."""
    x, y, z = camera_place.tolist()
    reach = rng.uniform(1.0, 3.5, 4)
    low = torch.tensor([min(x, 0.0) - reach[0], 0.0, min(z, 0.0) - reach[1]]).float()
    high = torch.tensor([max(x, 0.0) + reach[2], max(rng.uniform(2.4, 3.4), y + 0.3), max(z, 0.0) + reach[3]]).float()
    wall = random_wall(rng)
    other = wall if rng.random() < 0.7 else random_wall(rng)
    return Room(
        lighting, low, high, random_floor(rng), (wall, other), int(rng.integers(-1, 4)), int(rng.integers(10000))
    )


def random_street(rng: np.random.Generator, lighting: Lighting, forward: Float[Tensor, " 3"]) -> Street:
    """A street whose houses are before the camera."""
    facing = math.atan2(float(forward[0]), -float(forward[2]))
    turn = facing + rng.uniform(-0.9, 0.9)
    return Street(
        lighting,
        random_floor(rng, outdoors=True),
        Surfacing("asphalt", (0.30, 0.30, 0.31), (0.4, 0.4, 0.4), 1.0, int(rng.integers(1000))),
        float(rng.uniform(0.8, 5.0)) * (1 if rng.random() < 0.7 else -1),
        turn,
        float(rng.uniform(1.5, 14)),
        float(rng.uniform(5, 30)),
        int(rng.integers(10000)),
        float(rng.random()),
    )


def random_field(rng: np.random.Generator, lighting: Lighting) -> Field:
    """Grass or sand under trees or hills."""
    kinds: tuple[Surfacing, ...] = (
        Surfacing("grass", (0.33, 0.43, 0.17), (0.46, 0.50, 0.24), 1.0, int(rng.integers(1000))),
        Surfacing("gravel", (0.55, 0.50, 0.43), (0.42, 0.38, 0.33), 1.0, int(rng.integers(1000))),
        Surfacing("gravel", (0.80, 0.72, 0.58), (0.72, 0.63, 0.50), 1.0, int(rng.integers(1000))),
    )
    tree: Colour = (float(rng.uniform(0.15, 0.35)), float(rng.uniform(0.26, 0.42)), float(rng.uniform(0.12, 0.24)))
    ground = kinds[int(rng.choice(3, p=(0.65, 0.2, 0.15)))]
    return Field(lighting, ground, tree, float(rng.uniform(0.01, 0.3)), float(rng.random()), int(rng.integers(1000)))
