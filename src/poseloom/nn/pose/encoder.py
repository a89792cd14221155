"""The pose encoder of VPoser v2 with the three heads that text-and-pose models put on it."""

from __future__ import annotations

from enum import Enum
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.nn.layers.gaussian import GaussianHead

DROPOUT = 0.1
HIDDEN = 512
"""Width of every layer of the published encoders (``num_neurons``)."""
BOTTLENECK = 32
"""Width before the last layer of the embedding head (``num_neurons_mini``)."""
_TRUNK_LAYERS = 8


class Role(Enum):
    """What an encoder's output is for; it decides the last layers."""

    RETRIEVAL = "retrieval"
    """A vector of length 1, to be compared with others."""
    GENERATIVE = "generative"
    """A Gaussian over latents."""
    MODIFIER = "modifier"
    """A plain vector, to be fused with another."""


class UnitLength(nn.Module):
    """Division by the Euclidean norm over the last axis. A zero vector gives NaN, as published."""

    def forward(self, vectors: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        return vectors / vectors.norm(dim=-1, keepdim=True)


_Poses = Float[Tensor, "batch joints 3"] | Float[Tensor, "batch numbers"]


class PoseEncoder(nn.Module):
    """Axis-angle poses to vectors (retrieval, modifier) or to a Gaussian (generative).

    Layers and state names of the published models: PoseScript (arXiv 2210.11795), PoseFix (arXiv 2309.08480) and
    PoseEmbroider (arXiv 2409.06535), after VPoser v2.

    Args:
        latent: size of the output.
        joints: 52, or 22 without hands.
        role: which head.
    """

    def __init__(
        self, latent: int, *, joints: int = 52, role: Role, hidden: int = HIDDEN, bottleneck: int = BOTTLENECK
    ):
        super().__init__()
        self.joints = joints
        trunk: list[nn.Module] = [
            nn.Flatten(),
            nn.BatchNorm1d(3 * joints),
            nn.Linear(3 * joints, hidden),
            nn.LeakyReLU(),
            nn.BatchNorm1d(hidden),
            nn.Dropout(DROPOUT),
            nn.Linear(hidden, hidden),
            nn.Linear(hidden, hidden),
        ]
        self.encoder = nn.Sequential(*trunk, *_HEADS[role](hidden, bottleneck, latent))

    def forward(self, poses: _Poses) -> Any:
        """Vectors (batch, latent), or for the generative role their `Normal`. Extra joints (hands) are left out."""
        return self.encoder(self._own_joints(poses))

    def trunk(self, poses: _Poses) -> Float[Tensor, "batch hidden"]:
        """The features before the head: what PoseEmbroider's frozen pose encoder gives."""
        return self.encoder[:_TRUNK_LAYERS](self._own_joints(poses))

    def _own_joints(self, poses: Tensor) -> Tensor:
        return poses.reshape(poses.shape[0], -1, 3)[:, : self.joints]


def _retrieval_head(hidden: int, bottleneck: int, latent: int) -> list[nn.Module]:
    return [nn.Linear(hidden, bottleneck), nn.ReLU(), nn.Linear(bottleneck, latent), UnitLength()]


def _generative_head(hidden: int, _bottleneck: int, latent: int) -> list[nn.Module]:
    return [GaussianHead(hidden, latent)]


def _modifier_head(hidden: int, _bottleneck: int, latent: int) -> list[nn.Module]:
    return [nn.Linear(hidden, latent)]


_HEADS = {Role.RETRIEVAL: _retrieval_head, Role.GENERATIVE: _generative_head, Role.MODIFIER: _modifier_head}
