"""Layers of a picture as PNG files: body parts, people, depth, mask, normals."""

from __future__ import annotations

import io

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.render.people.drawing import Drawn

LAYERS = ("parts", "people", "depth", "mask", "normals")
"""`Part` of each pixel; number of the person from 1; depth in millimetres, 16 bits; cover by people; normals."""
MILLIMETRES = 1000.0
_DEEPEST = 65535
_FAST = 1
"""Of zlib: a level above takes three times as long for a tenth of the size."""


def layer_bytes(layer: str, drawn: Drawn) -> bytes:
    """A layer as the bytes of a PNG.

    Raises:
        PoseloomError: an unknown layer.
    """
    if layer == "parts":
        return png(drawn.parts.byte().numpy())
    if layer == "people":
        return png(drawn.owner.byte().numpy())
    if layer == "depth":
        return png(depth_numbers(drawn.depth))
    if layer == "mask":
        return png((drawn.people * 255 + 0.5).byte().numpy())
    if layer == "normals":
        return png(normal_colours(drawn.normals).permute(1, 2, 0).contiguous().numpy())
    raise PoseloomError(f"layer {layer!r}: expected one of {', '.join(LAYERS)}")


def depth_numbers(depth: Float[Tensor, "height width"]) -> np.ndarray:
    """Metres as millimetres of 16 bits; 0 where there is nothing."""
    return (depth * MILLIMETRES + 0.5).clamp(0, _DEEPEST).numpy().astype(np.uint16)


def normal_colours(normals: Float[Tensor, "3 height width"]) -> Tensor:
    """Normals in the camera's axes as colours: red to the right, green up, blue towards the camera; black nowhere."""
    there = normals.norm(dim=0, keepdim=True) > 0.5
    turned = normals * torch.tensor([1.0, -1.0, -1.0])[:, None, None]
    return torch.where(there, (turned * 0.5 + 0.5) * 255 + 0.5, torch.zeros_like(turned)).byte()


def png(numbers: np.ndarray) -> bytes:
    """Numbers of 8 or 16 bits as a PNG."""
    stream = io.BytesIO()
    Image.fromarray(numbers).save(stream, "PNG", compress_level=_FAST)
    return stream.getvalue()
