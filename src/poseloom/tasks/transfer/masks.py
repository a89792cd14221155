"""Masks of people by their keypoints, a whole batch at once: those of the training losses, and of the masked measures.

The rules are those of `poseloom.images.pose_maps`; keypoints as in `poseloom.tasks.transfer.maps`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.images.pose_maps import PG2_MASK, pose_mask, score_mask
from poseloom.tasks.transfer.maps import Keypoints, Size

PG2_RADIUS = PG2_MASK.radius
"""Pixels."""


def training_mask(keypoints: Keypoints, size: Size) -> Float[Tensor, "batch 1 height width"]:
    """1 where the person is, by discs of radius 6 at joints and along limbs, gaps closed: the port's."""
    return _each(keypoints, lambda joints: pose_mask(joints, size))


def published_mask(keypoints: Keypoints, size: Size, radius: int = PG2_RADIUS) -> Float[Tensor, "batch 1 height width"]:
    """PG2's own mask, discs of radius 4 on limbs and their ends; DPIG takes radius 7."""
    rule = replace(PG2_MASK, radius=radius)
    return _each(keypoints, lambda joints: pose_mask(joints, size, rule))


def evaluation_mask(keypoints: Keypoints, size: Size) -> Float[Tensor, "batch 1 height width"]:
    """1 where the person is, as mask-SSIM counts it: the script that Deform (CVPR 2018), PATN and others share."""
    return _each(keypoints, lambda joints: score_mask(joints, size))


def _each(
    keypoints: Keypoints, draw: Callable[[Tensor], Bool[Tensor, "height width"]]
) -> Float[Tensor, "batch 1 height width"]:
    """Masks are drawn one by one, on the CPU."""
    return torch.stack([draw(joints) for joints in keypoints.cpu()])[:, None].to(keypoints)
