"""A network that says which facts hold of a pose, so that poses can be moved toward facts along its slope.

Classifier guidance (Dhariwal & Nichol 2021, "Diffusion Models Beat GANs on Image Synthesis") with facts as classes.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poseloom.nn.pose.features import PairTower, PoseTower, PoseTowerConfig

Wanted = Float[Tensor, "texts claims facts"]
"""What texts claim: each claim is true where one of the facts with a 1 holds, or where none of those with a -1 does;
a claim without any is none."""
_LEAST = 1e-3
"""Probability below which a claim is not thought less likely."""


class FactClassifier(nn.Module):
    """Rotations of body poses -> which facts hold.

    Args:
        facts: number of facts.
        config: sizes of the network.
    """

    def __init__(self, facts: int, config: PoseTowerConfig):
        super().__init__()
        self.tower = PoseTower(facts, config)

    def forward(self, matrices: Float[Tensor, "poses 22 3 3"]) -> Float[Tensor, "poses facts"]:
        """Logits of all facts."""
        return self.tower.of_matrices(matrices)


class ClaimClassifier(nn.Module):
    """Rotations of two body poses -> which claims of instructions hold.

    Args:
        claims: number of claims.
        config: sizes of the network.
    """

    def __init__(self, claims: int, config: PoseTowerConfig):
        super().__init__()
        self.tower = PairTower(claims, config)

    def forward(
        self, first: Float[Tensor, "pairs 22 3 3"], second: Float[Tensor, "pairs 22 3 3"]
    ) -> Float[Tensor, "pairs claims"]:
        """Logits of all claims."""
        return self.tower.of_matrices(first, second)


def doubt_of(logits: Float[Tensor, "poses facts"], wanted: Wanted) -> Float[Tensor, " poses"]:
    """How unlikely what the texts claim is: the claims' negative logarithms of probability, added up.

    Args:
        logits: what the classifier says of the facts of as many poses for each text, one text after the other.
        wanted: what the texts claim.
    """
    likely = logits.float().sigmoid().unflatten(0, (len(wanted), -1))
    held = torch.einsum("tsf,tcf->tsc", likely, wanted) + (wanted < 0).any(-1)[:, None]
    claimed = (wanted != 0).any(-1)[:, None]
    return -(held.clamp(_LEAST, 1).log() * claimed).sum(-1).flatten()


def toward(
    doubt: Callable[[Tensor], Tensor], numbers: Float[Tensor, "poses numbers"], length: float, times: int
) -> Float[Tensor, "poses numbers"]:
    """Numbers moved some times down the slope of a doubt: by `length` at most, less where the slope is small."""
    for _ in range(times):
        with torch.enable_grad():
            point = numbers.detach().requires_grad_()
            (slope,) = torch.autograd.grad(doubt(point).sum(), point)
        numbers = numbers - length * slope / slope.norm(dim=-1, keepdim=True).clamp(min=1)
    return numbers
