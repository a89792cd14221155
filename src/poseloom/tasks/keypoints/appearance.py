"""What people wear, in a few numbers: it tells who is who after people have crossed or were hidden."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_CORNERS = (11, 12, 24, 23)
"""Left and right shoulder, right and left hip among the landmarks."""
_STEPS = 6
_INNER = (0.15, 0.85)
"""Part of the trunk that is looked at, so that the background stays out."""


def trunk_colours(
    picture: Float[Tensor, "3 height width"], points: Float[Tensor, "people 33 3"]
) -> Float[Tensor, "people 6"]:
    """Mean colour of the upper and of the lower half of each trunk, RGB in [0, 1]."""
    corners = points[:, list(_CORNERS), :2]
    across, down = torch.meshgrid(torch.linspace(*_INNER, _STEPS), torch.linspace(*_INNER, _STEPS), indexing="xy")
    share = torch.stack([(1 - across) * (1 - down), across * (1 - down), across * down, (1 - across) * down], dim=-1)
    places = torch.einsum("rcq,pqd->prcd", share, corners)
    extent = places.new_tensor([picture.shape[-1], picture.shape[-2]])
    grid = (places + 0.5) * 2 / extent - 1
    colours = functional.grid_sample(
        picture[None].expand(len(points), -1, -1, -1), grid, padding_mode="border", align_corners=False
    )
    halves = colours.unflatten(2, (2, _STEPS // 2)).mean((3, 4))
    return halves.transpose(1, 2).flatten(1)
