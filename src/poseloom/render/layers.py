"""From the visible surface to pictures of it: averages of colours, the nearest of everything that has no average."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.render.rasterise import Fragments, nearest_of


def coarse_pixel(seen: Fragments, supersample: int) -> Int[Tensor, " hits"]:
    """For every hit the pixel of the picture in which it lies."""
    pixel, columns = seen.pixel, seen.shape[2]
    if supersample == 1:
        return pixel
    row = torch.div(pixel, columns, rounding_mode="floor")
    column = pixel - row * columns
    coarse_row = torch.div(row, supersample, rounding_mode="floor")
    return coarse_row * (columns // supersample) + torch.div(column, supersample, rounding_mode="floor")


def front_hits(seen: Fragments, supersample: int) -> Fragments:
    """One hit for each pixel of the picture that is covered by half or more: the nearest in it."""
    if supersample == 1:
        return seen
    batch, rows, columns = seen.shape
    shape = (batch, rows // supersample, columns // supersample)
    count = shape[0] * shape[1] * shape[2]
    coarse = coarse_pixel(seen, supersample)
    covered = 2 * torch.bincount(coarse, minlength=count) >= supersample**2
    pixel, hit = nearest_of(coarse, seen.distance, count)
    kept = covered.index_select(0, pixel)
    pixel, hit = pixel[kept], hit[kept]
    return Fragments(shape, pixel, seen.covering[hit], seen.weights[hit], seen.distance[hit])


def averaged(
    seen: Fragments, colour: Float[Tensor, "hits 3"], supersample: int
) -> tuple[Float[Tensor, "batch 3 rows columns"], Float[Tensor, "batch 1 rows columns"]]:
    """Colour times cover, and cover, of the picture's pixels: the mean over the drawn ones in each."""
    batch, rows, columns = seen.shape
    fine = torch.cat([colour, torch.ones_like(colour[:, :1])], dim=-1)
    count = batch * rows * columns // supersample**2
    total = fine.new_zeros(count, 4).index_add_(0, coarse_pixel(seen, supersample), fine) / supersample**2
    total = total.reshape(batch, rows // supersample, columns // supersample, 4).permute(0, 3, 1, 2)
    return total[:, :3], total[:, 3:]


def interpolate(
    values: Float[Tensor, "*rows channels"], corners: Int[Tensor, "hits 3"], weights: Float[Tensor, "hits 3"]
) -> Float[Tensor, "hits channels"]:
    flat = values.reshape(-1, values.shape[-1])
    a, b, c = (flat.index_select(0, corner) for corner in corners.unbind(-1))
    u, v, w = weights.unsqueeze(-1).unbind(1)
    return torch.addcmul(torch.addcmul(a * u, b, v), c, w)
