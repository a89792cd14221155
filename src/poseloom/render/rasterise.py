"""A z-buffer in plain torch: which triangle is seen at every pixel centre, how deep, and where on the triangle.

No loop over faces or images. Every face gets the block of pixels that its bounding box covers, the blocks of all
faces of all images are laid out as one flat list of (face, pixel) pairs, and one scatter-minimum finds the nearest
pair of each pixel. A body's triangles cover about one pixel each, so the list stays about as long as the face count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError

NEAR = 0.01
"""Metres: a face with a corner nearer to the camera than this is not drawn."""

_SMALLEST_AREA = 1e-9
"""Square pixels, doubled: a flatter triangle is seen edge-on and has no defined barycentric coordinates."""

_EDGE_TOLERANCE = -1e-5
"""Barycentric coordinate down to which a pixel centre counts as inside, so that rounding opens no cracks."""

_NOTHING = torch.iinfo(torch.int64).max
_DEPTH_SHIFT = 32
_PAIR_MASK = (1 << _DEPTH_SHIFT) - 1


class Side(Enum):
    """Which side of the surface is drawn; the outside is where a face's corners run counter-clockwise."""

    OUTSIDE = 1
    INSIDE = -1
    BOTH = 0


@dataclass(frozen=True, eq=False)
class Fragments:
    """The visible surface of a batch of images, listed for the covered pixels alone.

    `pixel` is an index into (batch, height, width) laid flat, each at most once, in increasing order; `covering`,
    `weights` and `distance` are the face, the barycentric coordinates and the depth there. `face`, `depth` and
    `barycentric` give the same as images.
    """

    shape: tuple[int, int, int]
    pixel: Int[Tensor, " hits"]
    covering: Int[Tensor, " hits"]
    weights: Float[Tensor, "hits 3"]
    distance: Float[Tensor, " hits"]

    @cached_property
    def face(self) -> Int[Tensor, "batch height width"]:
        """Index of the visible face, -1 where there is none."""
        return self.to_image(self.covering, -1)

    @cached_property
    def depth(self) -> Float[Tensor, "batch height width"]:
        """Distance along the viewing axis in metres, 0 where there is nothing."""
        return self.to_image(self.distance, 0.0)

    @cached_property
    def barycentric(self) -> Float[Tensor, "batch height width 3"]:
        """Weights of the face's three corners, perspective-correct; 0 where there is nothing."""
        return self.to_image(self.weights, 0.0)

    @cached_property
    def mask(self) -> Bool[Tensor, "batch height width"]:
        """Where the surface is seen."""
        return self.to_image(torch.ones_like(self.pixel, dtype=torch.bool), False)

    @property
    def image_of(self) -> Int[Tensor, " hits"]:
        """For every hit the number of its image in the batch."""
        return torch.div(self.pixel, self.shape[1] * self.shape[2], rounding_mode="floor")

    def to_image(self, values: Tensor, background: float) -> Tensor:
        """Spread one value (or vector) per hit over (batch, height, width), with `background` elsewhere."""
        count = self.shape[0] * self.shape[1] * self.shape[2]
        image = values.new_full((count, *values.shape[1:]), background)
        image[self.pixel] = values
        return image.reshape(*self.shape, *values.shape[1:])


class _Triangles(NamedTuple):
    """Faces that may touch a pixel centre: flat over the batch, with the block of pixels that each could touch."""

    image: Int[Tensor, " kept"]
    face: Int[Tensor, " kept"]
    left: Int[Tensor, " kept"]
    top: Int[Tensor, " kept"]
    width: Int[Tensor, " kept"]
    count: Int[Tensor, " kept"]
    plane: Float[Tensor, "kept 9"]
    """x, y of corner a; the edges from a to b and to c (x, y each), divided by the signed double area; z or 1/z."""


def rasterise(
    screen: Float[Tensor, "batch vertices 3"],
    faces: Int[Tensor, "faces 3"],
    height: int,
    width: int,
    *,
    perspective: bool = True,
    side: Side = Side.OUTSIDE,
) -> Fragments:
    """Find the visible face at every pixel centre.

    Args:
        screen: vertices as `Camera.project` gives them: x to the right and y down in pixels (the centre of the first
            pixel is at 0.5, 0.5), depth in metres.
        faces: corners of the triangles, shared by the batch.
        perspective: whether depth is to be interpolated as 1/z (perspective) or as z (parallel projection).
        side: faces turned the other way are left out.

    Faces with a corner behind `NEAR` or with a coordinate that is not finite, and faces seen edge-on, are not drawn.
    """
    if screen.ndim != 3 or screen.shape[-1] != 3:
        raise PoseloomError(f"rasterise: screen: expected shape (batch, vertices, 3), got {tuple(screen.shape)}")
    with torch.no_grad():
        triangles = _kept_triangles(screen.detach().float(), faces, height, width, perspective, side)
        return _resolve(triangles, (screen.shape[0], height, width), perspective)


def _kept_triangles(
    screen: Float[Tensor, "batch vertices 3"],
    faces: Int[Tensor, "faces 3"],
    height: int,
    width: int,
    perspective: bool,
    side: Side,
) -> _Triangles:
    x, y, z = screen.unbind(-1)
    # A vertex that cannot be drawn becomes NaN: every comparison with it is false, so its faces drop out by themselves.
    x = torch.where((z >= NEAR) & torch.isfinite(screen).all(-1), x, torch.nan)
    y, z = y.contiguous(), z.contiguous()
    a, b, c = faces.unbind(-1)
    xa, xb, xc = (x.index_select(1, corner) for corner in (a, b, c))
    ya, yb, yc = (y.index_select(1, corner) for corner in (a, b, c))
    area = (xb - xa) * (yc - ya) - (xc - xa) * (yb - ya)
    # The image's y axis points down, so the outside has a negative area.
    turned = area.abs() if side is Side.BOTH else area * -side.value
    left, right = _pixel_range(xa, xb, xc, width)
    top, bottom = _pixel_range(ya, yb, yc, height)
    keep = (turned > _SMALLEST_AREA) & (right >= left) & (bottom >= top)
    image, face = keep.nonzero(as_tuple=True)
    flat = image * len(faces) + face

    def kept(values: Tensor) -> Tensor:
        return values.reshape(-1).index_select(0, flat)

    first_vertex = image * screen.shape[1]
    corners = [z.reshape(-1).index_select(0, first_vertex + corner.index_select(0, face)) for corner in (a, b, c)]
    depths = [1.0 / corner for corner in corners] if perspective else corners
    scale = 1.0 / kept(area)
    ax, ay = kept(xa), kept(ya)
    edges = [(kept(xb) - ax) * scale, (kept(yb) - ay) * scale, (kept(xc) - ax) * scale, (kept(yc) - ay) * scale]
    plane = torch.stack([ax, ay, *edges, *depths], dim=-1)
    left, right, top, bottom = (kept(bound).long() for bound in (left, right, top, bottom))
    columns = right - left + 1
    return _Triangles(image, face, left, top, columns, columns * (bottom - top + 1), plane)


def _pixel_range(p: Tensor, q: Tensor, r: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """First and last pixel whose centre lies between the smallest and the largest of three coordinates."""
    low = torch.minimum(torch.minimum(p, q), r).sub_(0.5).ceil_().clamp_(min=0)
    high = torch.maximum(torch.maximum(p, q), r).sub_(0.5).floor_().clamp_(max=size - 1)
    return low, high


def _resolve(triangles: _Triangles, shape: tuple[int, int, int], perspective: bool) -> Fragments:
    """Test every (triangle, pixel) pair and keep the nearest of each pixel."""
    _, height, width = shape
    owner = torch.repeat_interleave(triangles.count)
    starts = triangles.count.cumsum(0) - triangles.count
    place = torch.arange(len(owner), device=owner.device) - starts.index_select(0, owner)
    columns = triangles.width.index_select(0, owner)
    row = torch.div(place, columns, rounding_mode="floor")
    column = place - row * columns + triangles.left.index_select(0, owner)
    row = row + triangles.top.index_select(0, owner)

    ax, ay, abx, aby, acx, acy = triangles.plane.index_select(0, owner)[:, :6].unbind(-1)
    dx, dy = column + 0.5 - ax, row + 0.5 - ay
    wb = dx * acy - dy * acx
    wc = dy * abx - dx * aby
    wa = 1.0 - wb - wc
    inside = torch.minimum(torch.minimum(wa, wb), wc) >= _EDGE_TOLERANCE
    (inside,) = inside.nonzero(as_tuple=True)

    owner = owner.index_select(0, inside)
    weights = torch.stack([wa, wb, wc], dim=-1).index_select(0, inside).clamp_(min=0)
    weights = weights / weights.sum(-1, keepdim=True)
    corner_depths = triangles.plane[:, 6:].index_select(0, owner)
    depth = (weights * corner_depths).sum(-1)
    if perspective:
        depth = 1.0 / depth
        weights = weights * corner_depths * depth[:, None]

    pixel = (triangles.image.index_select(0, owner) * height + row.index_select(0, inside)) * width
    pixel = pixel + column.index_select(0, inside)
    pixel, winner = nearest_of(pixel, depth, shape[0] * height * width)
    face = triangles.face.index_select(0, owner.index_select(0, winner))
    return Fragments(shape, pixel, face, weights.index_select(0, winner), depth.index_select(0, winner))


def nearest_of(
    pixel: Int[Tensor, " pairs"], depth: Float[Tensor, " pairs"], count: int
) -> tuple[Int[Tensor, " hits"], Int[Tensor, " hits"]]:
    """The pixels (of `count`) that are named, in increasing order, and for each the pair of the smallest depth."""
    # Bits of positive floats sort like the floats; the pair's number below them makes the minimum unique.
    pair = torch.arange(len(pixel), device=pixel.device)
    key = (depth.view(torch.int32).long() << _DEPTH_SHIFT) | pair
    nearest = torch.full((count,), _NOTHING, device=pixel.device)
    nearest.scatter_reduce_(0, pixel, key, "amin")
    (found,) = (nearest != _NOTHING).nonzero(as_tuple=True)
    return found, nearest.index_select(0, found) & _PAIR_MASK
