"""What a camera sees in a band of rows, each layer worked out when it is asked for, all from one rasterisation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.render.backdrop import FloorShadows, backdrop
from poseloom.render.clothing import clothing
from poseloom.render.layers import averaged, front_hits, interpolate
from poseloom.render.lighting import Rig, encode, rig_for, vertex_light
from poseloom.render.rasterise import Fragments
from poseloom.render.scene import LARGEST_SUPERSAMPLE
from poseloom.render.shadows import ShadowMap, shadow_map
from poseloom.render.stage import Block, Stage

_LEAST_COVER = 1 / LARGEST_SUPERSAMPLE**2 / 2
"""Less than the smallest cover that is not zero."""


@dataclass(frozen=True, eq=False)
class Band:
    """Some pictures, or some rows of one."""

    stage: Stage
    block: Block

    @cached_property
    def seen(self) -> Fragments:
        """The visible surface, at `supersample` pixels for each along both sides."""
        return self.stage.seen(self.block)

    @cached_property
    def front(self) -> Fragments:
        """The nearest surface in each pixel of the picture that is covered by half or more."""
        return front_hits(self.seen, self.stage.supersample)

    @cached_property
    def vertex_normals(self) -> Float[Tensor, "batch vertices 3"]:
        return self.stage.surface.normals(self.block.vertices)

    @cached_property
    def rig(self) -> Rig:
        return rig_for(self.block.camera, self.stage.style)

    @cached_property
    def key_map(self) -> ShadowMap | None:
        """What the key light sees, where it casts shadows."""
        style = self.stage.style
        if not (style.shadows and style.ground):
            return None
        return shadow_map(self.block.vertices, self.stage.surface.faces, self.rig.key)

    @cached_property
    def lit(self) -> tuple[Float[Tensor, "batch 3 rows columns"], Float[Tensor, "batch 1 rows columns"]]:
        """The lit body on black, and how much of each pixel it covers."""
        stage, vertices, seen = self.stage, self.block.vertices, self.seen
        surface, style = stage.surface, stage.style
        light = vertex_light(vertices, self.vertex_normals, self.block.camera, self.rig, style, self.key_map)
        corners = surface.faces.index_select(0, seen.covering)
        lit = interpolate(light, corners + (seen.image_of * vertices.shape[1])[:, None], seen.weights)
        rest = interpolate(surface.rest, corners, seen.weights)
        colour = encode(clothing(rest, surface.cut, style.clothes) * lit)
        return averaged(seen, colour, stage.supersample)

    # -- layers, named as the fields of `Observation` -------------------------------------------------------------

    def colour(self) -> Float[Tensor, "batch 3 rows columns"]:
        block, stage = self.block, self.stage
        body, cover = self.lit
        shadows = None
        if self.key_map is not None:
            from_below = shadow_map(block.vertices, stage.surface.faces, self.rig.up, from_below=True)
            shadows = FloorShadows.of(self.key_map, from_below)
        middle = block.vertices[..., [0, 2]].mean(1)
        behind = backdrop(block.camera, stage.style, middle, shadows, block.rows)
        return torch.addcmul(body, behind.permute(0, 3, 1, 2), 1 - cover).clamp_(0, 1)

    def figure(self) -> Float[Tensor, "batch 4 rows columns"]:
        body, cover = self.lit
        return torch.cat([(body / cover.clamp_min(_LEAST_COVER)).clamp_(0, 1), cover], dim=1)

    def mask(self) -> Float[Tensor, "batch rows columns"]:
        nothing = torch.zeros(len(self.seen.pixel), 3, device=self.seen.pixel.device)
        return averaged(self.seen, nothing, self.stage.supersample)[1].squeeze(1)

    def parts(self) -> Int[Tensor, "batch rows columns"]:
        return self.front.to_image(self.stage.surface.parts[self.front.covering], 0)

    def depth(self) -> Float[Tensor, "batch rows columns"]:
        return self.front.depth

    def normals(self) -> Float[Tensor, "batch 3 rows columns"]:
        front, image = self.front, self.front.image_of
        corners = self.stage.surface.faces.index_select(0, front.covering)
        world = interpolate(
            self.vertex_normals, corners + (image * self.block.vertices.shape[1])[:, None], front.weights
        )
        own = torch.einsum("nij,nj->ni", self.block.camera.rotation[image], world)
        return front.to_image(torch.nn.functional.normalize(own, dim=-1), 0.0).permute(0, 3, 1, 2)

    def joints(self) -> Float[Tensor, "batch joints 3"]:
        return self.block.camera.project(self.block.joints)

    def visible(self) -> Bool[Tensor, "batch joints"]:
        """Of the joints that lie in these rows: nothing is nearer than the limb's own thickness allows."""
        x, y, z = self.joints().unbind(-1)
        fine, rows = self.stage.supersample, self.block.rows
        inside = (z > 0) & (x >= 0) & (x < self.stage.size[1]) & (y >= rows.start) & (y < rows.stop)
        column = (x * fine).long().clamp(0, self.seen.shape[2] - 1)
        row = ((y - rows.start) * fine).long().clamp(0, self.seen.shape[1] - 1)
        image = torch.arange(len(x), device=x.device)[:, None]
        surface = self.seen.depth[image, row, column]
        free = (surface == 0) | (surface > z - self.stage.surface.thickness[: x.shape[1]])
        return inside & free
