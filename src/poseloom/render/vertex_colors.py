"""The clothes as one colour a vertex, for mesh files."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.body import Body
from poseloom.render.clothing import clothing
from poseloom.render.style import STUDIO, Style
from poseloom.render.surface import surface_of


def vertex_colors(body: Body, style: Style = STUDIO) -> Float[Tensor, "vertices 3"]:
    """sRGB colours in [0, 1] of skin, hair and clothes at every vertex of the body."""
    surface = surface_of(body, body.faces.device)
    with torch.no_grad():
        return clothing(surface.rest, surface.cut, style.clothes).sqrt()
