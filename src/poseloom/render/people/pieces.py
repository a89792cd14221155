"""Pieces of a person: triangles with normals, with places in the pattern and with a material."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

if TYPE_CHECKING:
    from poseloom.render.people.materials import Material


class Limb(IntEnum):
    """What a pattern is wrapped around."""

    TRUNK = 0
    ARM = 1
    LEG = 2


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of what is drawn, in the world.

    Args:
        vertices, normals: metres; unit vectors.
        rest: place of each vertex in the pattern: on the average body at the T-pose.
        faces: counter-clockwise seen from outside.
        limb: `Limb` of each face.
        part: `Part` of each face, for the picture of parts; 0 of things.
        material: how all of it is painted.
    """

    vertices: Float[Tensor, "vertices 3"]
    normals: Float[Tensor, "vertices 3"]
    rest: Float[Tensor, "vertices 3"]
    faces: Int[Tensor, "faces 3"]
    limb: Int[Tensor, " faces"]
    part: Int[Tensor, " faces"]
    material: Material


@dataclass(frozen=True, eq=False)
class Clipped:
    """The part of a mesh in which a function is positive, with the cut along which it is zero.

    Its vertices are those of the mesh named by `kept`, then one on an edge for each of `start`, `end`, `share`.
    """

    kept: Int[Tensor, " kept"]
    start: Int[Tensor, " cut"]
    end: Int[Tensor, " cut"]
    share: Float[Tensor, "cut 1"]
    faces: Int[Tensor, "faces 3"]
    origin: Int[Tensor, " faces"]
    """Face of the mesh that each face was part of."""
    border: Int[Tensor, "segments 2"]
    """Edges of the cut, in the direction of the faces that they bound."""

    def values(self, of_mesh: Float[Tensor, "vertices channels"]) -> Float[Tensor, "own channels"]:
        """Values of the mesh's vertices as those of its own."""
        cut = torch.lerp(of_mesh.index_select(0, self.start), of_mesh.index_select(0, self.end), self.share)
        return torch.cat([of_mesh.index_select(0, self.kept), cut])


def clip(faces: Int[Tensor, "faces 3"], inside: Float[Tensor, " vertices"]) -> Clipped:
    """Cut a mesh where a function of its vertices is zero and keep what is positive."""
    corner = inside.index_select(0, faces.flatten()).reshape(-1, 3) > 0
    count = corner.sum(-1)
    whole = (count == 3).nonzero().flatten()
    cut = ((count == 1) | (count == 2)).nonzero().flatten()
    alone = count[cut] == 1
    odd = torch.where(alone[:, None], corner[cut], ~corner[cut]).int().argmax(-1)
    order = (odd[:, None] + torch.arange(3)) % 3
    a, b, c = faces[cut].gather(1, order).unbind(-1)
    start, end = torch.cat([a, a]), torch.cat([b, c])
    share = (inside[start] / (inside[start] - inside[end])).clamp(0.01, 0.99)
    first = len(inside) + torch.arange(len(cut))
    second = first + len(cut)
    one = torch.stack([a, first, second], -1)[alone]
    two = torch.stack([first, b, c], -1)[~alone]
    three = torch.stack([first, c, second], -1)[~alone]
    made = torch.cat([faces[whole], one, two, three])
    origin = torch.cat([whole, cut[alone], cut[~alone], cut[~alone]])
    border = torch.cat([torch.stack([first, second], -1)[alone], torch.stack([second, first], -1)[~alone]])
    kept, place = _renumbered(made, len(inside))
    shift = len(kept) - len(inside)

    def own(index: Tensor) -> Tensor:
        return torch.where(index < len(inside), place[index.clamp_max(len(inside) - 1)], index + shift)

    return Clipped(kept, start, end, share[:, None], own(made), origin, own(border))


def _renumbered(faces: Int[Tensor, "faces 3"], vertices: int) -> tuple[Tensor, Tensor]:
    """Vertices below `vertices` that faces use, and the place of each among them."""
    used = torch.zeros(vertices, dtype=torch.bool)
    flat = faces.flatten()
    used[flat[flat < vertices]] = True
    kept = used.nonzero().flatten()
    place = torch.zeros(vertices, dtype=torch.long)
    place[kept] = torch.arange(len(kept))
    return kept, place


def normals_of(vertices: Float[Tensor, "vertices 3"], faces: Int[Tensor, "faces 3"]) -> Float[Tensor, "vertices 3"]:
    """Unit normals: means of those of the faces around, weighted by area."""
    a, b, c = (vertices.index_select(0, corner) for corner in faces.unbind(-1))
    of_faces = torch.linalg.cross(b - a, c - a)
    total = torch.zeros_like(vertices)
    for corner in faces.unbind(-1):
        total.index_add_(0, corner, of_faces)
    return torch.nn.functional.normalize(total, dim=-1, eps=1e-12)
