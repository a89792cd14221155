"""How far skins are from points and from each other: exact distances to triangles, not to the corners of a mesh."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

_NOTHING = 1e-12
_STEPS = 4
"""Parts into which edges are cut where a skin is looked at as points."""
_WIDEST = 0.03
"""Metres from a corner of a triangle within which every point of it is."""


def points_on(triangles: Float[Tensor, "triangles 3 3"]) -> Float[Tensor, "points 3"]:
    """Fifteen points of each triangle: corners, and what lies evenly between them."""
    shares = torch.cartesian_prod(*[torch.arange(_STEPS + 1.0)] * 3)
    shares = shares[shares.sum(-1) == _STEPS] / _STEPS
    return (shares @ triangles).flatten(0, 1)


def to_triangles(
    points: Float[Tensor, "points 3"], triangles: Float[Tensor, "triangles 3 3"]
) -> Float[Tensor, " points"]:
    """Metres from each point to the nearest triangle."""
    ends = triangles.roll(-1, 1)
    to_edges = torch.stack([_to_segments(points, triangles[:, i], ends[:, i]) for i in range(3)]).amin(0)
    normal = torch.linalg.cross(ends[:, 0] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    normal = torch.nn.functional.normalize(normal, dim=-1)
    height = ((points[:, None] - triangles[:, 0]) * normal).sum(-1)
    inwards = torch.linalg.cross(normal[:, None].expand_as(triangles), ends - triangles)
    above = torch.ones_like(height, dtype=torch.bool)
    for i in range(3):
        above &= ((points[:, None] - triangles[:, i]) * inwards[:, i]).sum(-1) >= 0
    return torch.where(above, height.abs(), to_edges).amin(-1)


def _to_segments(points: Tensor, starts: Tensor, ends: Tensor) -> Float[Tensor, "points segments"]:
    line, away = ends - starts, points[:, None] - starts
    share = ((away * line).sum(-1) / (line * line).sum(-1).clamp_min(_NOTHING)).clamp(0, 1)
    return (away - share[..., None] * line).norm(dim=-1)


def between(one: Float[Tensor, "triangles 3 3"], other: Float[Tensor, "others 3 3"]) -> float:
    """Metres between two skins: from points of each, some millimetres apart, to the triangles of the other."""
    corners = torch.cdist(one.flatten(0, 1), other.flatten(0, 1))
    room = float(corners.min()) + 2 * _WIDEST
    near = [part[(corners.amin(axis) <= room).unflatten(0, (-1, 3)).any(-1)] for part, axis in ((one, 1), (other, 0))]
    return min(float(to_triangles(points_on(a), b).min()) for a, b in (near, near[::-1]))


def triangles_within(
    vertices: Float[Tensor, "vertices 3"], faces: Int[Tensor, "faces 3"], rows: Int[Tensor, " rows"]
) -> Float[Tensor, "triangles 3 3"]:
    """Triangles all of whose corners are among rows."""
    inside = torch.zeros(len(vertices), dtype=torch.bool)
    inside[rows] = True
    return vertices[faces[inside[faces].all(-1)]]
