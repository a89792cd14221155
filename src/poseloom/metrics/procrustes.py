"""Procrustes alignment: the similarity that brings one set of points nearest to another."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

_SMALLEST_SPREAD = 1e-12
"""Sum of squares below which points count as one point, which has no scale to fit."""


def procrustes_align(
    points: Float[Tensor, "*batch n d"], target: Float[Tensor, "*batch n d"]
) -> Float[Tensor, "*batch n d"]:
    """`points` after the scale, rotation and translation that bring them nearest to `target` in least squares.

    A reflection is not allowed: where it would be nearer, the axis of least spread is turned back (Umeyama 1991; in
    this field "PA" or "reconstruction error", Zhou et al. 2017, Kanazawa et al. 2018). Points that all coincide are
    only moved.
    """
    centre, target_centre = points.mean(-2, keepdim=True), target.mean(-2, keepdim=True)
    centred, target_centred = points - centre, target - target_centre
    u, singular, vh = torch.linalg.svd(centred.mT @ target_centred)
    signs = torch.ones_like(singular)
    signs[..., -1] = torch.where(torch.linalg.det(u @ vh) < 0, -1.0, 1.0)
    spread = centred.square().sum((-2, -1))
    scale = (singular * signs).sum(-1) / spread.clamp_min(_SMALLEST_SPREAD)
    turned = centred @ (u * signs[..., None, :]) @ vh
    return scale[..., None, None] * turned + target_centre
