"""Pieces, light and a camera into one picture with all its layers, from one rasterisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.camera import Camera
from poseloom.render.layers import averaged, coarse_pixel, front_hits, interpolate
from poseloom.render.people.lights import Lighting
from poseloom.render.people.pieces import Piece
from poseloom.render.people.shading import shaded
from poseloom.render.rasterise import Fragments, rasterise
from poseloom.render.shadows import ShadowMap, light_on_body, shadow_map


@dataclass(frozen=True, eq=False)
class Soup:
    """Pieces of several people and things as one list of triangles."""

    vertices: Float[Tensor, "vertices 3"]
    normals: Float[Tensor, "vertices 3"]
    rest: Float[Tensor, "vertices 3"]
    faces: Int[Tensor, "faces 3"]
    limb: Int[Tensor, " faces"]
    part: Int[Tensor, " faces"]
    piece: Int[Tensor, " faces"]
    """Number of the piece of each face."""
    owner: Int[Tensor, " faces"]
    """Number of the person of each face from 1; 0 of things."""
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, groups: Sequence[tuple[int, Sequence[Piece]]]) -> Soup:
        """Pieces with the number of whom they belong to."""
        pieces = [piece for _, own in groups for piece in own]
        owners = [owner for owner, own in groups for _ in own]
        starts = [0]
        for piece in pieces:
            starts.append(starts[-1] + len(piece.vertices))
        counts = [len(piece.faces) for piece in pieces]

        def spread(values: Sequence[int]) -> Tensor:
            return torch.repeat_interleave(torch.tensor(values), torch.tensor(counts))

        return cls(
            torch.cat([piece.vertices for piece in pieces]),
            torch.cat([piece.normals for piece in pieces]),
            torch.cat([piece.rest for piece in pieces]),
            torch.cat([piece.faces + start for piece, start in zip(pieces, starts, strict=False)]),
            torch.cat([piece.limb for piece in pieces]),
            torch.cat([piece.part for piece in pieces]),
            spread(list(range(len(pieces)))),
            spread(owners),
            tuple(pieces),
        )


@dataclass(frozen=True, eq=False)
class Drawn:
    """People and things before any background.

    `parts`, `depth`, `normals` and `owner` are those of the nearest surface of pixels that are covered by half or more.
    """

    colour: Float[Tensor, "3 height width"]
    """Linear light times cover."""
    cover: Float[Tensor, "height width"]
    depth: Float[Tensor, "height width"]
    parts: Int[Tensor, "height width"]
    owner: Int[Tensor, "height width"]
    normals: Float[Tensor, "3 height width"]
    people: Float[Tensor, "height width"]
    """Share of each pixel that shows people."""
    key: ShadowMap
    """What the sun sees."""
    above: ShadowMap
    """What lies over the ground, seen from below."""
    fine: Fragments
    soup: Soup


def draw(soup: Soup, camera: Camera, lighting: Lighting, supersample: int = 2) -> Drawn:
    """Draw triangles as a camera (without batch axes) sees them."""
    height, width = camera.size
    screen = camera.fitted((height * supersample, width * supersample)).project(soup.vertices)
    seen = rasterise(screen[None], soup.faces, height * supersample, width * supersample)
    up = torch.tensor([[0.0, 1.0, 0.0]])
    key = shadow_map(soup.vertices[None], soup.faces, lighting.sun[None])
    top = shadow_map(soup.vertices[None], soup.faces, up)
    above = shadow_map(soup.vertices[None], soup.faces, up, from_below=True)
    sunlit = light_on_body(key, soup.vertices[None], soup.normals[None])[0]
    open_sky = _openness(light_on_body(top, soup.vertices[None], soup.normals[None])[0], soup)
    channels = torch.cat([soup.vertices, soup.normals, soup.rest, sunlit[:, None], open_sky[:, None]], -1)
    corners = soup.faces.index_select(0, seen.covering)
    values = interpolate(channels, corners, seen.weights)
    colour = _colours(soup, seen, values, camera, lighting)
    body, cover = averaged(seen, colour, supersample)
    front = front_hits(seen, supersample)
    covering = front.covering
    world = interpolate(soup.normals, soup.faces.index_select(0, covering), front.weights)
    turned = torch.nn.functional.normalize(world @ camera.rotation.T, dim=-1)
    return Drawn(
        body[0],
        cover[0, 0],
        front.depth[0],
        front.to_image(soup.part.index_select(0, covering), 0)[0],
        front.to_image(soup.owner.index_select(0, covering), 0)[0],
        front.to_image(turned, 0.0)[0].permute(2, 0, 1),
        _people(soup, seen, supersample),
        key,
        above,
        seen,
        soup,
    )


def _people(soup: Soup, seen: Fragments, supersample: int) -> Float[Tensor, "height width"]:
    """Share of each pixel that shows people."""
    _, height, width = seen.shape
    own = (soup.owner > 0).index_select(0, seen.covering)
    count = torch.bincount(coarse_pixel(seen, supersample)[own], minlength=height * width // supersample**2)
    return count.reshape(height // supersample, width // supersample) / supersample**2


def _openness(from_above: Float[Tensor, " vertices"], soup: Soup) -> Float[Tensor, " vertices"]:
    """How much of the light from around gets to a surface, by what is above it and how far it looks down."""
    down = (-soup.normals[:, 1]).clamp_min(0)
    near_ground = torch.exp(-soup.vertices[:, 1].clamp_min(0) / 0.15)
    return (0.35 + 0.65 * from_above) * (1 - 0.35 * down * (0.5 + 0.5 * near_ground))


def _colours(
    soup: Soup, seen: Fragments, values: Float[Tensor, "hits 11"], camera: Camera, lighting: Lighting
) -> Float[Tensor, "hits 3"]:
    """Linear colours of all hits, material by material."""
    colour = torch.zeros(len(seen.covering), 3)
    piece = soup.piece.index_select(0, seen.covering)
    limb = soup.limb.index_select(0, seen.covering)
    counts = torch.bincount(piece, minlength=len(soup.pieces)).tolist()
    eye = camera.position
    for number, count in enumerate(counts):
        if not count:
            continue
        index = (piece == number).nonzero().flatten()
        own = values.index_select(0, index)
        world, rest = own[:, 0:3], own[:, 6:9]
        normals = torch.nn.functional.normalize(own[:, 3:6], dim=-1)
        towards = torch.nn.functional.normalize(eye - world, dim=-1)
        painted = soup.pieces[number].material.paint(rest, limb.index_select(0, index))
        colour[index] = shaded(painted, normals, towards, own[:, 9], own[:, 10], lighting)
    return colour
