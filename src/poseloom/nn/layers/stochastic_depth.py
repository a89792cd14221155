"""Stochastic depth (Huang et al., ECCV 2016): in training whole residual branches rest, sample by sample."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class StochasticDepth(nn.Module):
    """Sets the branch of some samples to zero and scales the others up so that the mean stays.

    Args:
        share: of samples whose branch rests in training.
    """

    def __init__(self, share: float = 0.0):
        super().__init__()
        self.share = share

    def forward(self, branch: Float[Tensor, "batch *rest"]) -> Float[Tensor, "batch *rest"]:
        if not self.training or self.share == 0.0:
            return branch
        kept = torch.rand(len(branch), *[1] * (branch.ndim - 1), device=branch.device) >= self.share
        return branch * kept / (1 - self.share)


def rising_shares(greatest: float, blocks: int) -> list[float]:
    """From 0 at the first block to the greatest share at the last one."""
    return torch.linspace(0, greatest, blocks, device="cpu").tolist()
