"""The critic of codes in DPIG's sampling stages: Wasserstein GAN with clipped weights (Arjovsky et al., ICML 2017)."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.tasks.transfer.models.residual_mlp import LEAK

_HIDDEN = (512, 512, 512, 512)


class Critic(nn.Module):
    """A number for each code, larger for real ones.

    Args:
        width: numbers of a code.
    """

    def __init__(self, width: int):
        super().__init__()
        layers: list[nn.Module] = []
        for into, out in pairwise((width, *_HIDDEN)):
            layers += [nn.Linear(into, out), nn.LeakyReLU(LEAK)]
        self.layers = nn.Sequential(*layers, nn.Linear(_HIDDEN[-1], 1))

    def forward(self, codes: Float[Tensor, "batch width"]) -> Float[Tensor, "batch 1"]:
        return self.layers(codes)

    @torch.no_grad()
    def clip(self, most: float) -> None:
        """Bring all weights to within `most` of zero."""
        for parameter in self.parameters():
            parameter.clamp_(-most, most)
