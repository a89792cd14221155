"""Light on the body's vertices, and the clothes' pattern at every visible point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.shadows import ShadowMap, light_on_body
from poseloom.render.style import Clothes, Colour, Light, Style
from poseloom.render.surface import Cut

_WRAP = 0.18
"""How far a light reaches round the terminator, as a share of its strength: softens like a large lamp."""


@dataclass(frozen=True, eq=False)
class Rig:
    """Directions of the scene in the world, one of each for every image."""

    up: Float[Tensor, "batch 3"]
    key: Float[Tensor, "batch 3"]
    fill: Float[Tensor, "batch 3"]


def rig_for(camera: Camera, style: Style) -> Rig:
    """Lights that stand where the style puts them relative to the camera.

    With a floor, up is the world's +Y; without one it is the camera's, so that any world is lit from above.
    """
    right, down, forward = camera.rotation.unbind(-2)
    up = -down
    back = -forward
    if style.ground:
        up = torch.zeros_like(up)
        up[..., 1] = 1.0
        back = torch.nn.functional.normalize(torch.linalg.cross(right, up), dim=-1)
    return Rig(up, _direction(style.key, right, up, back), _direction(style.fill, right, up, back))


def _direction(light: Light, right: Tensor, up: Tensor, back: Tensor) -> Float[Tensor, "batch 3"]:
    azimuth, elevation = math.radians(light.azimuth), math.radians(light.elevation)
    level = math.sin(azimuth) * right + math.cos(azimuth) * back
    return math.cos(elevation) * level + math.sin(elevation) * up


def vertex_light(
    vertices: Float[Tensor, "batch vertices 3"],
    normals: Float[Tensor, "batch vertices 3"],
    camera: Camera,
    rig: Rig,
    style: Style,
    key_shadow: ShadowMap | None,
) -> Float[Tensor, "batch vertices 3"]:
    """Linear light that leaves a white surface at every vertex."""

    def cosine(direction: Tensor) -> Tensor:
        return (normals @ direction[..., None]).squeeze(-1)

    def colour(value: Colour) -> Tensor:
        return vertices.new_tensor(value)

    towards_key = cosine(rig.key)
    key = ((towards_key + _WRAP) / (1 + _WRAP)).clamp_min(0)
    if key_shadow is not None:
        key = key * light_on_body(key_shadow, vertices, normals)
    fill = cosine(rig.fill).clamp_min(0)
    sky = 0.5 + 0.5 * cosine(rig.up)
    edge = (1 + cosine(camera.rotation[..., 2, :])).clamp(0, 1) ** 3
    weights = torch.stack([key, fill, sky, 1 - sky, style.rim * edge * (0.4 + 0.6 * sky)], dim=-1)
    sources = (style.key.colour, style.fill.colour, style.sky, style.bounce, (1.0, 1.0, 1.0))
    return weights @ torch.stack([colour(source) for source in sources])


def clothing(rest: Float[Tensor, "hits 3"], cut: Cut, clothes: Clothes) -> Float[Tensor, "hits 3"]:
    """Linear colour of surface points, given where they are on the T-pose."""
    x, y, z = rest.unbind(-1)
    palette = (clothes.skin, clothes.hair, clothes.shirt, clothes.trousers, clothes.shoes)
    left = (clothes.left_sleeve or clothes.shirt, clothes.left_leg or clothes.trousers)
    colours = rest.new_tensor([*palette, *left]) ** 2
    return colours.index_select(0, _garment(x, y, z, cut))


def _garment(x: Tensor, y: Tensor, z: Tensor, cut: Cut) -> Int[Tensor, " hits"]:
    """Row of the palette: skin, hair, shirt, trousers, shoes, left sleeve, left leg."""
    neck = x**2 + (y - cut.collar[0]) ** 2 + (z - cut.collar[1]) ** 2 < cut.collar_radius**2
    start, slope = cut.hair
    hair = (y > start + slope * z) & (y > cut.collar[0]) & (x.abs() < cut.ear)
    shirt = (y > cut.waist) & (x.abs() < cut.sleeve) & ~neck & (y < cut.collar[0])
    trousers = (y <= cut.waist) & (y > cut.ankle)
    shoes = y <= cut.ankle
    row = hair + 2 * (shirt & ~hair) + 3 * trousers + 4 * shoes
    row = torch.where(shirt & (x > cut.shoulder), 5, row)
    return torch.where(trousers & (x > 0), 6, row)


def encode(linear: Float[Tensor, "*any 3"]) -> Float[Tensor, "*any 3"]:
    """Linear light to display values: a soft shoulder above 0.8 keeps bright skin from burning out; gamma 2."""
    bright = linear.clamp_min(0)
    over = (bright - _SHOULDER).clamp_min(0)
    room = 1 - _SHOULDER
    bright = torch.minimum(bright, bright.new_tensor(_SHOULDER)) + room * over / (over + room)
    return bright.sqrt()


_SHOULDER = 0.8
