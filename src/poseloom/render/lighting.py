"""Light on the body's vertices."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.shadows import ShadowMap, light_on_body
from poseloom.render.style import Colour, Light, Style

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


def encode(linear: Float[Tensor, "*any 3"]) -> Float[Tensor, "*any 3"]:
    """Linear light to display values: a soft shoulder above 0.8 keeps bright skin from burning out; gamma 2."""
    bright = linear.clamp_min(0)
    over = (bright - _SHOULDER).clamp_min(0)
    room = 1 - _SHOULDER
    bright = torch.minimum(bright, bright.new_tensor(_SHOULDER)) + room * over / (over + room)
    return bright.sqrt()


_SHOULDER = 0.8
