"""A lean text encoder: words, depthwise convolutions over their neighbours, mean and maximum over the text.

A rule-like sentence is understood from a few words around each word; at the same quality this costs a fraction of
attention on a CPU, and it reads texts of any length.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.nn.words import PAD


@dataclass(frozen=True)
class ConvTextConfig:
    """Sizes of the text encoder.

    Args:
        width: of a word's vector.
        layers: of convolutions; each sees `kernel` words more.
        kernel: words that a convolution spans.
        outputs: of the text's vector.
        dropout: share of the text's hidden vector that rests in training.
    """

    width: int = 192
    layers: int = 3
    kernel: int = 7
    outputs: int = 512
    dropout: float = 0.0


class ConvTextEncoder(nn.Module):
    """Word ids -> one vector a text; an empty text has a vector as well."""

    def __init__(self, words: int, config: ConvTextConfig):
        super().__init__()
        width = config.width
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.layers = nn.ModuleList(_Layer(width, config.kernel) for _ in range(config.layers))
        self.summary = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, config.outputs), nn.GELU(), nn.Dropout(config.dropout)
        )

    def forward(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch outputs"]:
        real = (words != PAD)[..., None]
        hidden = self.embedding(words)
        for layer in self.layers:
            hidden = layer(hidden, real)
        count = real.sum(1).clamp(min=1)
        mean = (hidden * real).sum(1) / count
        greatest = hidden.masked_fill(~real, -torch.inf).amax(1)
        greatest = torch.where(real.any(1), greatest, torch.zeros_like(greatest))
        return self.summary(torch.cat([mean, greatest], dim=-1))


class _Layer(nn.Module):
    """Mix a word with its neighbours, channel by channel, then think about it alone."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.neighbours = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.alone = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, hidden: Tensor, real: Tensor) -> Tensor:
        mixed = self.neighbours((self.norm(hidden) * real).transpose(1, 2)).transpose(1, 2)
        return hidden + self.alone(mixed)
