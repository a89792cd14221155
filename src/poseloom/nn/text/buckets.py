"""Transformer encoders over texts of many lengths: texts of like length go together, so little padding costs time.

The layers are torch's own modules (`poseloom.nn.layers.transformers.encoder_stack`) and give torch's own results at
every element that is no padding. Products with weights run over the elements of all texts at once; only attention goes
from bucket to bucket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.layers.dropout import dropout

_BUCKETS = 32
"""Into which the texts of a batch are put on a CPU; a GPU gets all at once, for it waits longer than it computes."""


@dataclass(frozen=True, eq=False)
class Buckets:
    """Rows of a batch by length, a bucket for those of like length.

    Args:
        order: the rows, the longest first.
        rows: what each bucket holds, as places in `order`.
        lengths: elements to which each bucket is padded.
    """

    order: Int[Tensor, " batch"]
    rows: tuple[slice, ...]
    lengths: tuple[int, ...]

    @staticmethod
    def of(padding: Bool[Tensor, "batch length"]) -> Buckets:
        """The buckets for a padding mask whose padding stands at the ends."""
        counts, order = (~padding).sum(1).sort(descending=True, stable=True)
        each = len(order) if padding.is_cuda else -(-len(order) // _BUCKETS)
        rows = tuple(slice(first, first + each) for first in range(0, len(order), each))
        longest = counts[::each].clamp(min=1).tolist() if rows else []
        return Buckets(order, rows, tuple(map(int, longest)))

    def split(self, sequence: Shaped[Tensor, "batch length *rest"]) -> list[Tensor]:
        """The rows of each bucket, cut to its length."""
        ordered = sequence[self.order]
        return [ordered[rows, :length] for rows, length in zip(self.rows, self.lengths, strict=True)]

    def joined(self, parts: Sequence[Tensor], length: int) -> Float[Tensor, "batch length *rest"]:
        """What `split` took apart; zero behind the length of a bucket."""
        padded = [functional.pad(part, (0, 0, 0, length - part.shape[1])) for part in parts]
        return torch.cat(padded)[self.order.argsort()]


def encode(
    stack: nn.TransformerEncoder, sequence: Float[Tensor, "batch length width"], padding: Bool[Tensor, "batch length"]
) -> Float[Tensor, "batch length width"]:
    """What ``stack(sequence, src_key_padding_mask=padding)`` gives; elements that are padding hold anything finite.

    Args:
        stack: post-norm layers with exact GELU, batch first.
        sequence: padded at the ends.
        padding: true there.
    """
    buckets = Buckets.of(padding)
    parts = buckets.split(sequence)
    hidden_from = buckets.split(padding)
    shapes = [part.shape[:2] for part in parts]
    hidden = torch.cat([part.flatten(0, 1) for part in parts])
    seen = [None if not bool(one.any()) else ~one[:, None, None, :] for one in hidden_from]
    for layer in stack.layers:
        hidden = _layer(layer, hidden, shapes, seen)
    sizes = [rows * length for rows, length in shapes]
    encoded = [part.unflatten(0, shape) for part, shape in zip(hidden.split(sizes), shapes, strict=True)]
    return buckets.joined(encoded, sequence.shape[1])


def _layer(
    layer: nn.Module,
    hidden: Float[Tensor, "elements width"],
    shapes: Sequence[torch.Size],
    seen: Sequence[Tensor | None],
) -> Float[Tensor, "elements width"]:
    resting = layer.dropout.p if layer.training else 0.0
    mixed = _attention(layer.self_attn, hidden, shapes, seen)
    hidden = layer.norm1(hidden + dropout(mixed, resting))
    thought = layer.linear2(dropout(functional.gelu(layer.linear1(hidden)), resting))
    return layer.norm2(hidden + dropout(thought, resting))


def _attention(
    attention: nn.Module, hidden: Tensor, shapes: Sequence[torch.Size], seen: Sequence[Tensor | None]
) -> Float[Tensor, "elements width"]:
    resting = attention.dropout if attention.training else 0.0
    projected = functional.linear(hidden, attention.in_proj_weight, attention.in_proj_bias)
    mixed = []
    for part, shape, mask in zip(projected.split([a * b for a, b in shapes]), shapes, seen, strict=True):
        query, key, value = part.view(*shape, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
        one = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=resting)
        mixed.append(one.transpose(1, 2).flatten(2).flatten(0, 1))
    return attention.out_proj(torch.cat(mixed))
