"""What the sign generators share: text encodings, drafts, transformer encoders, and what a model must offer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.tasks.sign.clips import SignBatch
from poseloom.tasks.sign.drafts import Draft, fill_missing_points, held_still
from poseloom.tasks.sign.tokens import HAM2POSE_TOKENS, HamNoSysTokenizer, Tokens

MOST_STEPS = 1000
"""Refinements of one sequence: what the first generation's README names as the upper end."""


@dataclass(frozen=True, eq=False)
class TextEncoding:
    """A batch of encoded texts.

    Args:
        values: a vector for each token.
        padding: true where there is no token.
    """

    values: Float[Tensor, "batch length width"]
    padding: Bool[Tensor, "batch length"]

    def mean(self, *, with_padding: bool = False) -> Float[Tensor, "batch width"]:
        """Mean over the tokens; over the padding too, as released systems have it, where that is asked for."""
        if with_padding:
            return self.values.mean(1)
        kept = (~self.padding)[..., None].to(self.values.dtype)
        return (self.values * kept).sum(1) / kept.sum(1)


class SizesOfFrames(Protocol):
    """Sizes that every model's configuration names."""

    @property
    def keypoints(self) -> int: ...
    @property
    def dims(self) -> int: ...
    @property
    def max_frames(self) -> int: ...


class SignModel(nn.Module, ABC):
    """Text -> predicted length, and a stream of whole keypoint sequences that get better step by step.

    Coordinates are in shoulder widths, the middle of the shoulders at the origin (see `clips`).

    Args:
        config: its sizes.
    """

    tokenizer: HamNoSysTokenizer = HAM2POSE_TOKENS
    max_symbols: int
    default_steps = 10

    def __init__(self, config: SizesOfFrames):
        super().__init__()
        self.sizes = config

    @abstractmethod
    def encode_text(self, tokens: Tokens) -> TextEncoding:
        """The texts' encodings."""

    @abstractmethod
    def lengths(self, text: TextEncoding) -> Float[Tensor, "batch"]:
        """Predicted numbers of frames, as the network gives them."""

    @abstractmethod
    def refinements(
        self, text: TextEncoding, draft: Draft, steps: int, guidance: float = 0.0
    ) -> Iterator[Float[Tensor, "batch frames keypoints d"]]:
        """The draft, then the sequence after each of `steps` refinements.

        Args:
            text: encodings.
            draft: what to begin with.
            steps: how many.
            guidance: how far to go beyond what the model says without a text; models that do not know it ignore it.
        """

    def draft(
        self,
        values: Float[Tensor, "batch frames keypoints d"],
        known: Bool[Tensor, "batch frames keypoints"],
        padding: Bool[Tensor, "batch frames"],
    ) -> Draft:
        """A draft of sequences of which some points are known; see `drafts.filled`."""
        return fill_missing_points(values, known, padding)

    def start(
        self,
        first: Float[Tensor, "batch keypoints d"],
        seen: Bool[Tensor, "batch keypoints"],
        lengths: Int[Tensor, "batch"],
    ) -> Draft:
        """A draft of start frames that are held still.

        Args:
            first: the frames.
            seen: points of them that are known.
            lengths: frames of each sequence.
        """
        still = held_still(first, seen, lengths)
        return self.draft(still.values, still.known, still.padding)

    def measure(self, batch: SignBatch) -> None:
        """Take scales of the data from many clips; only some models need it."""

    def frames_of(self, text: TextEncoding) -> Int[Tensor, "batch"]:
        """Predicted lengths as whole frames, from 1 to the longest that the model can make."""
        return self.lengths(text).round().clamp(1, self.sizes.max_frames).long()

    def tokens(self, texts: list[str]) -> Tokens:
        """Ids of texts, on the model's device.

        Raises:
            PoseloomError: a symbol that HamNoSys has not, or a text longer than the model takes.
        """
        longest = max(len(text) for text in texts)
        if longest + 1 > self.max_symbols:
            raise PoseloomError(
                f"HamNoSys: {longest:,} symbols are too many for this model, at most {self.max_symbols - 1}; give it "
                "one sign at a time and compose them"
            )
        return self.tokenizer.batch(texts, next(self.parameters()).device)


def check_steps(steps: int, most: int = MOST_STEPS) -> None:
    """Refuse a number of refinements that no model makes.

    Raises:
        PoseloomError: it is not from 1 to `most`.
    """
    if not 1 <= steps <= most:
        raise PoseloomError(f"steps is {steps}, expected 1 to {most:,} refinements")


class Encoder(nn.Module):
    """Post-norm encoder layers with ReLU, batch first, no final norm (state names ``layers.i``, as in torch).

    Without gradients it computes the same faster: what the last layer is not asked for is left out, and attention
    takes no padding where there is none.
    """

    def __init__(self, width: int, layers: int, heads: int, feed_forward: int, dropout: float = 0.1):
        super().__init__()

        def layer() -> nn.TransformerEncoderLayer:
            return nn.TransformerEncoderLayer(width, heads, feed_forward, dropout, batch_first=True)

        self.layers = nn.ModuleList([layer() for _ in range(layers)])

    def forward(
        self, rows: Float[Tensor, "batch length width"], padding: Bool[Tensor, "batch length"], kept: int | None = None
    ) -> Float[Tensor, "batch kept width"]:
        """Args:
        rows: the elements of the sequences.
        padding: true where a row is none.
        kept: the first so many rows are wanted; all by default.
        """
        kept = rows.shape[1] if kept is None else kept
        if self.training or torch.is_grad_enabled():
            for layer in self.layers:
                rows = layer(rows, src_key_padding_mask=padding)
            return rows[:, :kept]
        seen = None if not padding.any() else ~padding[:, None, None]
        for index, layer in enumerate(self.layers):
            rows = _fast_layer(layer, rows, seen, kept if index == len(self.layers) - 1 else rows.shape[1])
        return rows


def _fast_layer(layer: Any, rows: Tensor, seen: Tensor | None, kept: int) -> Tensor:
    """One layer without dropout, for the first `kept` rows."""
    attention = layer.self_attn
    width, heads = attention.embed_dim, attention.num_heads
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    asked = rows[:, :kept]
    if kept == rows.shape[1]:
        queries, keys, values = F.linear(rows, weight, bias).split(width, -1)
    else:
        queries = F.linear(asked, weight[:width], bias[:width])
        keys, values = F.linear(rows, weight[width:], bias[width:]).split(width, -1)
    split = [part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (queries, keys, values)]
    found = F.scaled_dot_product_attention(split[0], split[1], split[2], attn_mask=seen).transpose(1, 2).flatten(2)
    rows = layer.norm1(asked + attention.out_proj(found))
    return layer.norm2(layer.linear2(layer.linear1(rows).relu_()).add_(rows))


def head(inputs: int, middle: int, outputs: int, activation: type[nn.Module]) -> nn.Sequential:
    """Linear, activation, linear (state names ``0`` and ``2``)."""
    return nn.Sequential(nn.Linear(inputs, middle), activation(), nn.Linear(middle, outputs))
