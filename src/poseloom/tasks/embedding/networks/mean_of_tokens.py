"""Linear layer, ReLU, dropout and mean over tokens as one step: what 192 tokens a picture need in training.

Done one after the other, each of them writes and reads an array of all tokens, 50 MB for a batch of 128; here a few
pictures at a time stay in the processor's cache, and what is kept for the gradient is one byte a number.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

_TOKENS_AT_ONCE = 384
_STEPS = 1 << 16
"""Of the random numbers that dropout compares with."""


class MeanOfTokens(torch.autograd.Function):
    """``mean over tokens of dropout(relu(tokens @ weight.T + bias))``."""

    @staticmethod
    def forward(
        ctx: Any,
        tokens: Float[Tensor, "batch tokens inside"],
        weight: Float[Tensor, "outside inside"],
        bias: Float[Tensor, " outside"],
        dropped: float,
    ) -> Float[Tensor, "batch outside"]:
        """Args: tokens; the layer's weight and bias; the probability that a number is dropped."""
        batch, count, _ = tokens.shape
        limit = round(dropped * _STEPS)
        factor = 1.0 / (count * (1 - limit / _STEPS))
        kept = torch.empty(batch, count, len(weight), dtype=torch.bool)
        means = tokens.new_empty(batch, len(weight))
        for part in _parts(batch, count):
            found = functional.linear(tokens[part], weight, bias)
            torch.gt(found, 0, out=kept[part])
            if limit:
                kept[part].logical_and_(_drawn(found, limit))
            torch.sum(found.mul_(kept[part]), dim=1, out=means[part])
        ctx.save_for_backward(tokens, weight, kept)
        ctx.factor = factor
        return means * factor

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        tokens, weight, kept = ctx.saved_tensors
        (gradient,) = gradients
        of_means = gradient * ctx.factor
        wanted = ctx.needs_input_grad[0]
        of_tokens = torch.empty_like(tokens) if wanted else None
        of_weight = torch.zeros_like(weight)
        for part in _parts(len(tokens), tokens.shape[1]):
            of_found = (kept[part] * of_means[part, None]).flatten(0, 1)
            of_weight.addmm_(of_found.mT, tokens[part].flatten(0, 1))
            if of_tokens is not None:
                torch.matmul(of_found, weight, out=of_tokens[part].flatten(0, 1))
        of_bias = (kept.sum(1) * of_means).sum(0)
        return of_tokens, of_weight, of_bias, None


def _parts(batch: int, tokens: int) -> list[slice]:
    """Some pictures at a time."""
    size = max(1, _TOKENS_AT_ONCE // max(1, tokens))
    return [slice(first, first + size) for first in range(0, batch, size)]


def _drawn(like: Tensor, limit: int) -> Bool[Tensor, "..."]:
    """Which numbers stay: 16 bits are drawn for each, two at a time."""
    words = torch.empty((like.numel() + 1) // 2, dtype=torch.int32).random_(-(1 << 31), 1 << 31)
    bits = words.view(torch.int16)[: like.numel()].view(like.shape)
    return bits >= limit - _STEPS // 2
