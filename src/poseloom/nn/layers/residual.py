"""Residual perceptrons: the plain network of the small models, alone or modulated by a condition."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class ResidualMLP(nn.Module):
    """Linear, then pre-norm residual blocks, then a normalised linear head.

    Args:
        inputs, outputs: sizes of the vectors.
        width: how many numbers a hidden vector has.
        blocks: number of residual blocks.
        dropout: share of hidden units that rest in training.
    """

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int, dropout: float = 0.0):
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
            )
            for _ in range(blocks)
        )
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, outputs))

    def forward(self, vectors: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        hidden = self.enter(vectors)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.leave(hidden)


class ModulatedBlock(nn.Module):
    """A residual block whose scale, shift and gate come from a condition (adaptive layer norm: Peebles & Xie 2023).

    It begins as if there were no condition.
    """

    def __init__(self, width: int, condition: int):
        super().__init__()
        self.modulation = nn.Linear(condition, 3 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)
        self.work = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(
        self, hidden: Float[Tensor, "*batch width"], condition: Float[Tensor, "*batch condition"]
    ) -> Float[Tensor, "*batch width"]:
        return self.moved(hidden, self.modulation(condition))

    def moved(
        self, hidden: Float[Tensor, "*batch width"], modulation: Float[Tensor, "*batch modulations"]
    ) -> Float[Tensor, "*batch width"]:
        """The block with what `modulation` made of the condition: scale, shift and gate side by side."""
        scale, shift, gate = modulation.chunk(3, dim=-1)
        normalised = functional.layer_norm(hidden, hidden.shape[-1:])
        return hidden + (1 + gate) * self.work(normalised * (1 + scale) + shift)
