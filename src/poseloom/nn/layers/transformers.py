"""Pieces of post-norm transformers as the published models have them; plain torch, so that state names match."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from poseloom.nn.layers.dropout import dropout as dropped

LONGEST = 5000
"""Rows of the sinusoidal table, as in the checkpoints."""


class PositionalEncoding(nn.Module):
    """Adds sinusoids (Vaswani et al., 2017) to a sequence, then dropout.

    The table is a buffer ``pe`` of shape (5000, 1, width).

    Args:
        width: how many numbers an element has.
        dropout: share of numbers that rest in training.
        saved: the table is one of the module's weights, as in the published checkpoints, whose table then counts.
    """

    pe: Tensor

    def __init__(self, width: int, dropout: float = 0.1, *, saved: bool = True):
        super().__init__()
        self.dropout = dropout
        self.register_buffer("pe", sinusoids(LONGEST, width)[:, None], persistent=saved)

    def forward(
        self, sequence: Float[Tensor, "batch length width"], *, start: int = 0
    ) -> Float[Tensor, "batch length width"]:
        """Args: start: the position of the sequence's first element."""
        placed = sequence + self.pe[start : start + sequence.shape[1], 0]
        return dropped(placed, self.dropout if self.training else 0.0)


def sinusoids(positions: int, width: int) -> Float[Tensor, "positions width"]:
    """Sine on even channels, cosine on odd ones, wavelengths from 2 pi to 10000 * 2 pi."""
    frequency = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angle = torch.arange(positions)[:, None] * frequency
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def encoder_stack(width: int, *, layers: int, heads: int, feed_forward: int, dropout: float) -> nn.TransformerEncoder:
    """Post-norm encoder layers with exact GELU, batch first, no final norm (``layers.i``)."""
    layer = nn.TransformerEncoderLayer(width, heads, feed_forward, dropout, activation="gelu", batch_first=True)
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


def decoder_stack(width: int, *, layers: int, heads: int, feed_forward: int, dropout: float) -> nn.TransformerDecoder:
    """Post-norm decoder layers with exact GELU, batch first, no final norm (``layers.i``)."""
    layer = nn.TransformerDecoderLayer(width, heads, feed_forward, dropout, activation="gelu", batch_first=True)
    return nn.TransformerDecoder(layer, layers)


def padding_mask(lengths: Int[Tensor, "batch"], width: int) -> Bool[Tensor, "batch width"]:
    """True where a row is padding: at `lengths` and after."""
    return torch.arange(width, device=lengths.device) >= lengths[:, None]


def masked_mean(
    sequence: Float[Tensor, "batch length width"], padding: Bool[Tensor, "batch length"]
) -> Float[Tensor, "batch width"]:
    """Mean over the elements that are not padding."""
    kept = (~padding)[..., None].to(sequence.dtype)
    return (sequence * kept).sum(1) / kept.sum(1)
