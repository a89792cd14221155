"""Anny's six phenotypes turned into the coefficients of its shape basis (Anny, NAVER 2025; MakeHuman macros)."""

from __future__ import annotations

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from poseloom.base.errors import PoseloomError

PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions")
"""Order of the coefficients, each in [0, 1]. Gender 0 is male, 1 female; age 0 is a baby, 1/3 a child, 2/3 a young
adult, 1 old."""

AVERAGE = (0.5, 0.7, 0.5, 0.5, 0.5, 0.5)
"""The default shape: a young adult, everything else in the middle."""

_AGE_ANCHORS = (-1 / 3, 0.0, 1 / 3, 2 / 3, 1.0)
_ANCHORS = {
    "gender": (0.0, 1.0),
    "age": _AGE_ANCHORS,
    "muscle": (0.0, 0.5, 1.0),
    "weight": (0.0, 0.5, 1.0),
    "height": (0.0, 1.0),
    "proportions": (0.0, 1.0),
}
_EVEN_RACES = (1 / 3, 1 / 3, 1 / 3)
_MIDDLE_OF_THREE = (0.0, 1.0, 0.0)


def hat_weights(value: Float[Tensor, "*batch"], anchors: tuple[float, ...]) -> Float[Tensor, "*batch anchors"]:
    """Piecewise-linear weights over evenly spaced anchors; they sum to one, values outside are clamped."""
    points = torch.tensor(anchors, dtype=value.dtype, device=value.device)
    spacing = anchors[1] - anchors[0]
    distance = (value.clamp(anchors[0], anchors[-1])[..., None] - points).abs() / spacing
    return (1 - distance).clamp_min(0)


def shape_coefficients(
    phenotypes: Float[Tensor, "*batch 6"], mask: Integer[Tensor, "raw states"], projection: Float[Tensor, "raw rank"]
) -> Float[Tensor, "*batch rank"]:
    """Coefficients of the low-rank shape basis.

    Raw coefficient i is the product of the state weights that row i of `mask` selects. The states: 3 races, 2
    genders, 5 ages, 3 muscles, 3 weights, 2 heights, 2 proportions, 3 cup sizes, 3 firmnesses.
    """
    if phenotypes.shape[-1] != len(PHENOTYPES):
        raise PoseloomError(
            f"Pose.shape: the free body takes {len(PHENOTYPES)} coefficients ({', '.join(PHENOTYPES)}), "
            f"got {phenotypes.shape[-1]}"
        )
    batch = phenotypes.shape[:-1]

    def constant(values: tuple[float, ...]) -> Tensor:
        return phenotypes.new_tensor(values).expand(*batch, len(values))

    named = [hat_weights(phenotypes[..., i], _ANCHORS[name]) for i, name in enumerate(PHENOTYPES)]
    states = torch.cat([constant(_EVEN_RACES), *named, constant(_MIDDLE_OF_THREE), constant(_MIDDLE_OF_THREE)], dim=-1)
    raw = torch.where(mask.bool(), states[..., None, :], states.new_ones(())).prod(-1)
    return raw @ projection
