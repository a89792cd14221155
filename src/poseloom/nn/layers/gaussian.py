"""Diagonal Gaussians that a network predicts, and their divergences."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional


class GaussianHead(nn.Module):
    """Two linear maps to a diagonal Gaussian: mean, and standard deviation by softplus.

    The second map is named ``logvar`` as in VPoser v2's checkpoints (Pavlakos et al., CVPR 2019); softplus of it is
    the *standard deviation*.
    """

    def __init__(self, inputs: int, latent: int):
        super().__init__()
        self.mu = nn.Linear(inputs, latent)
        self.logvar = nn.Linear(inputs, latent)

    def forward(self, features: Float[Tensor, "*batch inputs"]) -> Normal:
        """The distribution, of shape (*batch, latent)."""
        return gaussian(self.mu(features), functional.softplus(self.logvar(features)))


def gaussian(mean: Float[Tensor, "*batch latent"], std: Float[Tensor, "*batch latent"]) -> Normal:
    """A diagonal Gaussian, without torch's check of every value, which would wait for the device each time."""
    return Normal(mean, std, validate_args=False)


def standard_normal(shape: tuple[int, ...], like: Tensor) -> Normal:
    """N(0, 1) of a shape, with the type and device of `like`."""
    return gaussian(
        torch.zeros(shape, dtype=like.dtype, device=like.device),
        torch.ones(shape, dtype=like.dtype, device=like.device),
    )


def divergence(first: Normal, second: Normal | None = None) -> Float[Tensor, "*batch"]:
    """KL(first || second), summed over the last axis; without `second` against N(0, 1)."""
    other = standard_normal(tuple(first.mean.shape), first.mean) if second is None else second
    return torch.distributions.kl_divergence(first, other).sum(-1)
