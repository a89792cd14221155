"""A lean text encoder: words, depthwise convolutions over their neighbours, mean and maximum over the text.

A rule-like sentence is understood from a few words around each word; at the same quality this costs a fraction of
attention on a CPU, and it reads texts of any length.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.nn.text.words import PAD

_SIXTEENTH = 4
"""Bits by which numbers of rows are rounded up: kernels are made and kept for every shape that is met."""


@dataclass(frozen=True)
class ConvTextConfig:
    """Sizes of the text encoder.

    Args:
        width: how many numbers a word's vector has.
        layers: number of layers of convolutions; each sees `kernel` words more.
        kernel: words that a convolution spans.
        outputs: size of the text's vector.
        dropout: share of the text's hidden vector that rests in training.
    """

    width: int = within(192, 1, WIDEST)
    layers: int = within(3, 0, DEEPEST)
    kernel: int = within(7, 1, 999)
    outputs: int = within(512, 1, WIDEST)
    dropout: float = within(0.0, 0, 1)


class ConvTextEncoder(nn.Module):
    """Word ids -> one vector a text; an empty text has a vector as well."""

    def __init__(self, words: int, config: ConvTextConfig):
        super().__init__()
        width = config.width
        self.kernel = config.kernel
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.3)
        self.layers = nn.ModuleList(_Layer(width, config.kernel) for _ in range(config.layers))
        self.summary = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, config.outputs), nn.GELU(), nn.Dropout(config.dropout)
        )

    def forward(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch outputs"]:
        packed = _Packed.of(words, self.kernel // 2)
        real = packed.real[:, None]
        hidden = self.embedding(packed.words)
        for layer in self.layers:
            hidden = layer(hidden, real)
        return self.summary(torch.cat([packed.mean(hidden), packed.greatest(hidden)], dim=-1))


class _Layer(nn.Module):
    """Mix a word with its neighbours, channel by channel, then think about it alone."""

    def __init__(self, width: int, kernel: int):
        super().__init__()
        self.reach = kernel // 2
        self.norm = nn.LayerNorm(width)
        self.neighbours = nn.Conv1d(width, width, kernel, groups=width)
        self.alone = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, hidden: Float[Tensor, "rows width"], real: Bool[Tensor, "rows 1"]) -> Tensor:
        return hidden + self.alone(self._mixed(self.norm(hidden) * real))

    def _mixed(self, rows: Float[Tensor, "rows width"]) -> Float[Tensor, "rows width"]:
        """The convolution along the rows; as one of a picture of one line it needs no transposed copies."""
        line = rows[None, None].permute(0, 3, 1, 2)
        conv = self.neighbours
        padding = (0, self.reach)
        mixed = functional.conv2d(line, conv.weight[:, :, None], conv.bias, padding=padding, groups=conv.groups)
        return mixed[0, :, 0].T


@dataclass(frozen=True, eq=False)
class _Packed:
    """Texts one after another, parted by gaps that no convolution reaches across: padding costs nothing.

    Args:
        words: ids, padding in the gaps.
        spans: rows of each text and the gap behind it; the last one's is longer.
    """

    words: Int[Tensor, " rows"]
    spans: Int[Tensor, " batch"]

    @classmethod
    def of(cls, words: Int[Tensor, "batch length"], gap: int) -> _Packed:
        places = torch.arange(1, words.shape[1] + 1, device=words.device)
        lengths = (places * (words != PAD)).amax(1) if words.shape[1] else places.new_zeros(len(words))
        spans = lengths + max(1, gap)
        starts = spans.cumsum(0) - spans
        rows = int(spans.sum())
        over = -rows % (1 << max(_SIXTEENTH, rows.bit_length() - _SIXTEENTH))
        spans[-1] += over
        packed = words.new_full((rows + over,), PAD)
        inside = places <= lengths[:, None]
        packed[(starts[:, None] + places - 1)[inside]] = words[inside]
        return cls(packed, spans)

    @property
    def real(self) -> Bool[Tensor, " rows"]:
        return self.words != PAD

    def mean(self, hidden: Float[Tensor, "rows width"]) -> Float[Tensor, "batch width"]:
        """Mean over each text's words; zeros where there is none."""
        weights = self.real[:, None].to(hidden.dtype)
        return self._reduced(hidden * weights, "sum") / self._reduced(weights, "sum").clamp(min=1)

    def greatest(self, hidden: Float[Tensor, "rows width"]) -> Float[Tensor, "batch width"]:
        """Maximum over each text's words; zeros where there is none."""
        found = self._reduced(hidden.masked_fill(~self.real[:, None], -torch.inf), "max")
        return torch.where(found.isinf(), torch.zeros_like(found), found)

    def _reduced(self, rows: Tensor, how: str) -> Tensor:
        return torch.segment_reduce(rows.float(), how, lengths=self.spans, axis=0, unsafe=True)
