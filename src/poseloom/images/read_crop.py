"""A crop straight from a picture's file: decoded no larger than needed, and only the part that the crop looks at.

Gives what `read_picture` and `cut_out` give; of JPEG files that are shrunk by two or more, the decoder shrinks first.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.images.crop import Rule, Size, cut_out, inverse, transformed
from poseloom.images.read import Pixels, Source, read_pixels

_MARGIN = 2
"""Pixels around the part that is looked at: bilinear sampling reads one more."""


def read_crop(
    source: Source,
    matrix: Float[Tensor, "2 3"],
    size: Size,
    *,
    rule: Rule = "indices",
    smooth: bool = True,
) -> Float[Tensor, "3 height width"]:
    """The crop of a picture as RGB in [0, 1], black beyond the picture's borders.

    Args:
        source: a path, the bytes of a file, or a Pillow image.
        matrix: from the picture, upright as its EXIF orientation says, to the crop.
        size: height and width of the crop.
        rule: which point of a pixel the matrix is applied to; see `poseloom.images.crop.Rule`.
        smooth: average the pixels where the crop is smaller than its region by more than two, instead of skipping them.

    Raises:
        FileError: missing, no picture of a known format, too large, truncated or damaged; as `read_picture`.
    """
    if rule == "indices":  # to that of centres, in which shrunken pictures are simple
        matrix = torch.cat([matrix[:, :2], matrix[:, 2:] + 0.5 - matrix[:, :2].sum(-1, keepdim=True) * 0.5], dim=1)
    reduction = 1 / math.sqrt(abs(float(torch.linalg.det(matrix[:, :2])))) if smooth else 1.0
    pixels = read_pixels(source, reduction)
    shrunk = pixels.shrunk
    matrix = matrix * torch.tensor([shrunk[0], shrunk[1], 1.0])
    part, corner = _part(pixels, matrix, size)
    if not part.numel():
        return torch.zeros(3, *size)
    moved = torch.cat([matrix[:, :2], matrix[:, 2:] + matrix[:, :2] @ corner[:, None]], dim=1)
    return cut_out(part, moved, size, shrink_first=smooth)


def _part(pixels: Pixels, matrix: Float[Tensor, "2 3"], size: Size) -> tuple[Tensor, Float[Tensor, " 2"]]:
    """What the crop looks at as floats, and its upper left corner."""
    height, width = pixels.values.shape[:2]
    corners = torch.tensor([[0.0, 0.0], [size[1], 0.0], [0.0, size[0]], [size[1], size[0]]])
    places = transformed(inverse(matrix), corners)
    low, high = (places.amin(0) - _MARGIN).floor().long().tolist(), (places.amax(0) + _MARGIN).ceil().long().tolist()
    left, top = max(low[0], 0), max(low[1], 0)
    right, bottom = min(high[0], width), min(high[1], height)
    part = np.ascontiguousarray(pixels.values[top : max(bottom, top), left : max(right, left)])
    picture = torch.from_numpy(part).permute(2, 0, 1).float()
    return picture.div_(255), torch.tensor([float(left), float(top)])
