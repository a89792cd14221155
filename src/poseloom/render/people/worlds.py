"""What is behind people: rooms, streets, fields, studios, surroundings of panoramas, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.people.drawing import Drawn
from poseloom.render.people.lights import Lighting
from poseloom.render.shadows import cast_shadow, contact_shadow, look_up


class World(Protocol):
    """A place; the ground is y = 0, people are near the origin."""

    @property
    def lighting(self) -> Lighting: ...

    def seen(self, rays: Rays) -> Float[Tensor, "height width 3"]:
        """Linear light of every pixel, without the shadows of what stands there."""
        ...


@dataclass(frozen=True, eq=False)
class Rays:
    """Lines of sight of a picture's pixels."""

    start: Float[Tensor, " 3"]
    direction: Float[Tensor, "height width 3"]
    """Unit vectors."""
    pixel: float
    """Radians from one pixel to the next."""

    @classmethod
    def of(cls, camera: Camera) -> Rays:
        start, direction = camera.rays()
        unit = torch.nn.functional.normalize(direction, dim=-1)
        return cls(start[0, 0], unit, 1.0 / float(camera.focal[1]))

    def to_plane(self, axis: int, level: float) -> tuple[Float[Tensor, "height width"], Float[Tensor, "h w 3"]]:
        """Distance to a plane across an axis (infinite where it is not met), and where it is met."""
        slope = self.direction[..., axis]
        distance = (level - self.start[axis]) / torch.where(slope.abs() < 1e-5, 1e-5, slope)
        distance = torch.where(distance > 1e-3, distance, torch.inf)
        return distance, self.start + self.direction * distance.clamp_max(1e4)[..., None]


def behind(world: World, camera: Camera, drawn: Drawn) -> Float[Tensor, "3 height width"]:
    """The world behind what was drawn, with its shadows on the ground."""
    rays = Rays.of(camera)
    light = world.seen(rays)
    distance, place = rays.to_plane(1, 0.0)
    ground: Bool[Tensor, "height width"] = torch.isfinite(distance) & (distance < 60)
    flat = place[..., [0, 2]]
    lighting = world.lighting
    cast = look_up(cast_shadow(drawn.key), drawn.key, flat[None])[0]
    contact = look_up(contact_shadow(drawn.above), drawn.above, flat[None])[0]
    share = float(lighting.sun_colour.mean() * lighting.sun[1]) / max(lighting.level, 1e-3)
    kept = (1 - 0.92 * share * cast) * (1 - (0.75 - 0.25 * share) * contact)
    return (light * torch.where(ground, kept, torch.ones_like(kept))[..., None]).permute(2, 0, 1)
