"""HMR's adversary (Kanazawa et al., CVPR 2018): whether pose and shape of a body look like those of people."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

_MATRIX = 9
_CHANNELS = 32
_WIDE = 1024
_SHAPE = 5


class BodyDiscriminator(nn.Module):
    """Rotations and shape to scores: one for each joint but the first, one for the pose, one for the shape.

    Args:
        joints: rotations of the body, the whole body's included; SMPL has 24.
        betas: shape coefficients.
    """

    def __init__(self, joints: int = 24, betas: int = 10):
        super().__init__()
        judged = joints - 1
        self.pose_discriminator = nn.Module()
        self.pose_discriminator.conv_blocks = nn.Sequential()
        self.pose_discriminator.conv_blocks.add_module("conv_0", nn.Conv2d(_MATRIX, _CHANNELS, 1))
        self.pose_discriminator.conv_blocks.add_module("conv_1", nn.Conv2d(_CHANNELS, _CHANNELS, 1))
        self.pose_discriminator.fc_layer = nn.ModuleList(nn.Linear(_CHANNELS, 1) for _ in range(judged))
        self.full_pose_discriminator = _stack(_CHANNELS * judged, _WIDE, _WIDE, 1)
        self.shape_discriminator = _stack(betas, _SHAPE, 1)

    def forward(
        self, rotations: Float[Tensor, "batch joints 3 3"], betas: Float[Tensor, "batch coefficients"]
    ) -> Float[Tensor, "batch scores"]:
        matrices = rotations[:, 1:].flatten(2).mT[:, :, None]
        maps = self.pose_discriminator.conv_blocks(matrices)[:, :, 0]
        layers = self.pose_discriminator.fc_layer
        assert isinstance(layers, nn.ModuleList)
        each = torch.cat([layer(maps[:, :, joint]) for joint, layer in enumerate(layers)], dim=1)
        whole = self.full_pose_discriminator.fc_blocks(maps.flatten(1))
        return torch.cat([each, whole, self.shape_discriminator.fc_blocks(betas)], dim=1)


def _stack(*widths: int) -> nn.Module:
    """Linear layers with ReLUs between them."""
    stack = nn.Module()
    stack.fc_blocks = nn.Sequential()
    for number, (width, out) in enumerate(pairwise(widths)):
        stack.fc_blocks.add_module(f"regressor_fc_{number}", nn.Linear(width, out))
        if number < len(widths) - 2:
            stack.fc_blocks.add_module(f"regressor_relu_{number}", nn.ReLU())
    return stack
