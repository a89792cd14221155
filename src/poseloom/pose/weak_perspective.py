"""The three camera numbers (scale, x, y) of mesh-recovery networks, and what becomes of them.

A network sees a square crop of a person and predicts a weak perspective: a point X, Y of the body (metres, y down) is
seen at scale * (X + x), scale * (Y + y), where the crop reaches from -1 to 1. HMR (Kanazawa et al., CVPR 2018) uses
that as it is; SPIN (Kolotouros et al., ICCV 2019) and PARE (Kocabas et al., ICCV 2021) turn it into a translation
before a perspective camera of a long focal length.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

FOCAL, SIDE = 5000.0, 224
"""Pixels: focal length and side of the crop of those networks."""

_NO_DIVISION_BY_ZERO = 1e-9


def weak_to_translation(
    weak: Float[Tensor, "*batch 3"], focal: float = FOCAL, side: float = SIDE
) -> Float[Tensor, "*batch 3"]:
    """Translation in metres that puts a body before a perspective camera as large as the weak one shows it."""
    depth = 2 * focal / (side * weak[..., :1] + _NO_DIVISION_BY_ZERO)
    return torch.cat([weak[..., 1:], depth], dim=-1)


def translation_to_weak(
    translation: Float[Tensor, "*batch 3"], focal: float = FOCAL, side: float = SIDE
) -> Float[Tensor, "*batch 3"]:
    """The inverse of `weak_to_translation`."""
    return torch.cat([2 * focal / (side * translation[..., 2:]), translation[..., :2]], dim=-1)


def weak_project(
    points: Float[Tensor, "*batch points 3"], weak: Float[Tensor, "*batch 3"]
) -> Float[Tensor, "*batch points 2"]:
    """Where points are seen, in coordinates of the crop from -1 to 1."""
    return weak[..., None, :1] * (points[..., :2] + weak[..., None, 1:])


def weak_in_full_picture(
    weak: Float[Tensor, "*batch 3"], box: Float[Tensor, "*batch 3"], size: tuple[int, int]
) -> Float[Tensor, "*batch 4"]:
    """The weak perspective (scale x, scale y, x, y) of the whole picture, which reaches from -1 to 1 both ways.

    Args:
        weak: weak-perspective camera of the crop.
        box: the square that was cut out: its middle x and y, and its side, pixels of the picture.
        size: height and width of the picture.
    """
    half = weak.new_tensor([size[1] / 2, size[0] / 2])
    scale = weak[..., :1] * box[..., 2:] / (2 * half)
    shift = (box[..., :2] - half) / half / scale + weak[..., 1:]
    return torch.cat([scale, shift], dim=-1)


def translation_in_full_picture(
    weak: Float[Tensor, "*batch 3"], box: Float[Tensor, "*batch 3"], size: tuple[int, int], focal: float
) -> Float[Tensor, "*batch 3"]:
    """Translation before the perspective camera of the whole picture, its principal point in the middle.

    Args: see `weak_in_full_picture`; `focal` is that of the whole picture, pixels.
    """
    side = box[..., 2:]
    scale = weak[..., :1]
    shift = 2 * (box[..., :2] - weak.new_tensor([size[1] / 2, size[0] / 2])) / (scale * side)
    return torch.cat([weak[..., 1:] + shift, 2 * focal / (side * scale)], dim=-1)


def estimated_translation(
    points: Float[Tensor, "*batch points 3"],
    pixels: Float[Tensor, "*batch points 2"],
    confidence: Float[Tensor, "*batch points"],
    focal: float = FOCAL,
    centre: tuple[float, float] = (SIDE / 2, SIDE / 2),
) -> Float[Tensor, "*batch 3"]:
    """The translation that brings points of a body nearest to their pixels: weighted linear least squares.

    Each point gives two equations, focal * (X + t_x) = (u - c_x) * (Z + t_z) and the same for y. At least two points
    that are seen apart must have a confidence above zero; with fewer the result is not finite, or means nothing.
    """
    offset = pixels - pixels.new_tensor(centre)
    eye = torch.eye(2, dtype=points.dtype, device=points.device).expand(*points.shape[:-1], 2, 2)
    rows = torch.cat([focal * eye, -offset[..., None]], dim=-1)
    right = offset * points[..., 2:] - focal * points[..., :2]
    weighted = rows * confidence[..., None, None]
    normal = torch.einsum("...pri,...prj->...ij", weighted, rows)
    # without torch's check, which would refuse a whole batch for one sample
    return torch.linalg.solve_ex(normal, torch.einsum("...pri,...pr->...i", weighted, right)[..., None]).result[..., 0]
