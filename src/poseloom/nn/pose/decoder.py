"""The pose decoder of VPoser v2: latents to joint rotations by way of continuous 6D."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.pose.encoder import DROPOUT, HIDDEN
from poseloom.pose import rotations


@dataclass(frozen=True, eq=False)
class JointRotations:
    """Local rotations of joints, as matrices and, when asked for, as axis-angle vectors."""

    matrices: Float[Tensor, "*batch joints 3 3"]

    @cached_property
    def axis_angle(self) -> Float[Tensor, "*batch joints 3"]:
        """Radians, angle in [0, pi]; gradients flow through."""
        return rotations.rotmat_to_rotvec(self.matrices)


class PoseDecoder(nn.Module):
    """Latents to rotations; layers and state names of the published models (see `PoseEncoder`)."""

    def __init__(self, latent: int = 32, *, joints: int = 52, hidden: int = HIDDEN):
        super().__init__()
        self.joints = joints
        self.latent = latent
        self.decoder = nn.Sequential(
            nn.Linear(latent, hidden),
            nn.LeakyReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(),
            nn.Linear(hidden, 6 * joints),
        )

    def forward(self, latents: Float[Tensor, "*batch latent"]) -> JointRotations:
        """Rotations of shape (*batch, joints, 3, 3)."""
        numbers = self.decoder(latents)
        return JointRotations(columns_to_rotations(numbers.unflatten(-1, (self.joints, 3, 2))))


_SMALLEST_NORM = 1e-12
"""Of a column: shorter ones are divided by this instead, so that a zero column stays zero and is no NaN."""


def columns_to_rotations(columns: Float[Tensor, "*batch 3 2"]) -> Float[Tensor, "*batch 3 3"]:
    """Gram-Schmidt on two columns (Zhou et al., CVPR 2019) that bears columns of length zero."""
    first = functional.normalize(columns[..., 0], dim=-1, eps=_SMALLEST_NORM)
    second = columns[..., 1] - (first * columns[..., 1]).sum(-1, keepdim=True) * first
    second = functional.normalize(second, dim=-1, eps=_SMALLEST_NORM)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)
