"""What the small models see of a pose: rotations in six numbers each, and where the joints are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.nn.residual import ResidualMLP
from poseloom.pose.joints import BODY_JOINTS, PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.rotations import to_matrix, to_sixd
from poseloom.pose.skeleton import rest_offsets

SIXD = 6 * BODY_JOINTS
FEATURES = SIXD + 3 * (BODY_JOINTS - 1)
"""Six numbers of each body joint's rotation and the place of each joint but the pelvis."""


class PoseFeatures(nn.Module):
    """Axis-angle rotations -> features of about unit size.

    The joints stand on the free body's skeleton, the pelvis at the origin. Hands are not looked at. The running
    statistics are those of the poses seen in training.
    """

    offsets: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("offsets", rest_offsets()[:BODY_JOINTS].clone(), persistent=False)
        self.normalise = nn.BatchNorm1d(FEATURES, affine=False)

    def forward(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch features"]:
        with torch.autocast(rotations.device.type, enabled=False):
            matrices = to_matrix(rotations[:, :BODY_JOINTS].float())
            positions = joint_positions(matrices, self.offsets)
            return self.normalise(torch.cat([to_sixd(matrices).flatten(1), positions[:, 1:].flatten(1)], dim=1))


@dataclass(frozen=True)
class PoseTowerConfig:
    """Sizes of the small pose encoder.

    Args:
        width: of its hidden vectors.
        blocks: number of residual blocks.
        dropout: share of hidden units that rest in training.
    """

    width: int = 512
    blocks: int = 3
    dropout: float = 0.0


class PoseTower(nn.Module):
    """Poses -> vectors: features, then a residual perceptron."""

    def __init__(self, outputs: int, config: PoseTowerConfig):
        super().__init__()
        self.features = PoseFeatures()
        self.network = ResidualMLP(FEATURES, outputs, config.width, config.blocks, config.dropout)

    def forward(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch outputs"]:
        return self.network(self.features(rotations))


class PairTower(nn.Module):
    """Pairs of poses -> vectors: the features of both and their difference, then a residual perceptron.

    The heading of the first pose is expected to be removed from both.
    """

    def __init__(self, outputs: int, config: PoseTowerConfig):
        super().__init__()
        self.features = PoseFeatures()
        self.network = ResidualMLP(3 * FEATURES, outputs, config.width, config.blocks, config.dropout)

    def forward(
        self, first: Float[Tensor, "batch joints 3"], second: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch outputs"]:
        a, b = self.features(torch.cat([first, second])).chunk(2)
        return self.network(torch.cat([a, b, b - a], dim=-1))


def joint_positions(
    matrices: Float[Tensor, "*batch 22 3 3"], offsets: Float[Tensor, "22 3"]
) -> Float[Tensor, "*batch 22 3"]:
    """Positions of the body joints, metres, the pelvis at the origin."""
    _, positions = forward_kinematics(matrices, offsets, PARENTS[:BODY_JOINTS])
    return positions - positions[..., :1, :]
