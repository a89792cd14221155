"""Transformers that say a pose: teacher forcing for training, one word at a time with a cache for decoding.

Two ways of showing them the pose: `CrossAttentionDecoder` (every layer looks at the pose tokens; the released models)
and `PromptDecoder` (the pose tokens stand before the words). State names are those of the released PoseScript and
PoseFix text generators (arXiv 2210.11795, 2309.08480).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import DEEPEST, WIDEST, within
from poseloom.nn.layers.transformers import PositionalEncoding, decoder_stack, encoder_stack, padding_mask

LONGEST_TEXT = 200
"""Tokens of the longest text that the published models say, start included."""


@dataclass(frozen=True)
class TextDecoderConfig:
    """Sizes of a text decoder; the defaults are the released ones, which have 8 heads.

    Args:
        words: size of the vocabulary, special words included.
        pad, start, end, unknown: their ids.
    """

    words: int
    width: int = within(512, 1, WIDEST)
    layers: int = within(4, 1, DEEPEST)
    heads: int = within(8, 1, 999)
    feed_forward: int = within(1024, 1, WIDEST)
    dropout: float = within(0.1, 0, 1)
    pad: int = 0
    start: int = 1
    end: int = 2
    unknown: int = 3


@dataclass
class DecoderCache:
    """What the words so far left behind: keys and values of every layer's self-attention, and the pose.

    Args:
        keys, values: (batch, heads, steps, width / heads) for each layer; filled up to `position`.
        position: number of elements that stand in them.
        prompt: pose tokens that still have to be read, (batch, P, width); None once they are.
        memory: for each layer what its cross-attention adds (one pose token), or the keys and values (several).
    """

    keys: list[Tensor]
    values: list[Tensor]
    position: int = 0
    prompt: Tensor | None = None
    memory: list[tuple[Tensor, ...]] = field(default_factory=list)

    def select(self, rows: Int[Tensor, "rows"]) -> DecoderCache:
        """The cache of some rows, each any number of times: for beams, or to leave finished texts out."""
        return DecoderCache(
            [self._rows_of(keys, rows) for keys in self.keys],
            [self._rows_of(values, rows) for values in self.values],
            self.position,
            None if self.prompt is None else self.prompt[rows],
            [tuple(part[rows] for part in parts) for parts in self.memory],
        )

    def _rows_of(self, table: Tensor, rows: Int[Tensor, "rows"]) -> Tensor:
        chosen = table.new_empty(len(rows), *table.shape[1:])  # what was not filled is not copied
        chosen[:, :, : self.position] = table[rows, :, : self.position]
        return chosen


class TextDecoder(nn.Module):
    """What both kinds share: word table, positions, the stack, and the map to words (not tied to the table).

    Args:
        config: sizes.
        saved_positions: see `PositionalEncoding`.
    """

    transformer_decoder: nn.TransformerDecoder | nn.TransformerEncoder

    def __init__(self, config: TextDecoderConfig, *, saved_positions: bool = True):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.words, config.width)
        self.positional_encoding = PositionalEncoding(config.width, config.dropout, saved=saved_positions)
        self.final_layer = nn.Linear(config.width, config.words)

    def embed(self, tokens: Int[Tensor, "batch length"]) -> Float[Tensor, "batch length width"]:
        """Word vectors times the square root of their size; no positions yet."""
        return self.embedding(tokens) * math.sqrt(self.config.width)

    def forward(
        self,
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
        memory: Float[Tensor, "batch poses width"],
    ) -> Float[Tensor, "batch length words"]:
        """Logits of the next word at every position (teacher forcing)."""
        raise NotImplementedError

    def begin(self, memory: Float[Tensor, "batch poses width"], *, longest: int = LONGEST_TEXT) -> DecoderCache:
        """A cache with the poses read and room for `longest` words."""
        heads = self.config.heads
        steps = longest + memory.shape[1]
        shape = (len(memory), heads, steps, self.config.width // heads)
        layers = range(self.config.layers)
        return DecoderCache([memory.new_zeros(shape) for _ in layers], [memory.new_zeros(shape) for _ in layers])

    def advance(self, cache: DecoderCache, tokens: Int[Tensor, "batch"]) -> Float[Tensor, "batch words"]:
        """Read one more word of each text; the logits of the next one. The cache is changed in place."""
        sequence = self.embed(tokens[:, None])
        if cache.prompt is not None:  # the pose tokens and the start token see each other
            sequence, cache.prompt = torch.cat([cache.prompt, sequence], dim=1), None
        hidden = self.positional_encoding(sequence, start=cache.position)
        for place, layer in enumerate(self.transformer_decoder.layers):
            hidden = self._layer_step(layer, hidden, cache, place)
        cache.position += sequence.shape[1]
        return self.final_layer(hidden[:, -1])

    def _layer_step(self, layer: nn.Module, hidden: Tensor, cache: DecoderCache, place: int) -> Tensor:
        raise NotImplementedError


class CrossAttentionDecoder(TextDecoder):
    """Every layer attends to the words so far, then to the pose tokens. The released text generators."""

    def __init__(self, config: TextDecoderConfig, *, saved_positions: bool = True):
        super().__init__(config, saved_positions=saved_positions)
        self.transformer_decoder = decoder_stack(
            config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=config.dropout,
        )
        self.encoder_positional_encoding = PositionalEncoding(config.width, config.dropout, saved=saved_positions)

    def forward(
        self,
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
        memory: Float[Tensor, "batch poses width"],
    ) -> Float[Tensor, "batch length words"]:
        hidden = self.transformer_decoder(
            self.positional_encoding(self.embed(tokens)),
            self._placed(memory),
            tgt_mask=later_elements(tokens.shape[1], tokens.device),
            tgt_key_padding_mask=padding_mask(lengths, tokens.shape[1]),
        )
        return self.final_layer(hidden)

    def begin(self, memory: Float[Tensor, "batch poses width"], *, longest: int = LONGEST_TEXT) -> DecoderCache:
        cache = super().begin(memory, longest=longest)
        placed = self._placed(memory)
        cache.memory = [_read_memory(layer.multihead_attn, placed) for layer in self.transformer_decoder.layers]
        return cache

    def _placed(self, memory: Tensor) -> Tensor:
        # a single pose token gets no position, as published
        return memory if memory.shape[1] == 1 else self.encoder_positional_encoding(memory)

    def _layer_step(self, layer: nn.Module, hidden: Tensor, cache: DecoderCache, place: int) -> Tensor:
        hidden = layer.norm1(hidden + _attend_words(layer.self_attn, hidden, cache, place))
        hidden = layer.norm2(hidden + _attend_memory(layer.multihead_attn, hidden, cache.memory[place]))
        return layer.norm3(hidden + _feed_forward(layer, hidden))


class PromptDecoder(TextDecoder):
    """The pose tokens stand before the words and see each other and the start token fully."""

    def __init__(self, config: TextDecoderConfig, *, saved_positions: bool = True):
        super().__init__(config, saved_positions=saved_positions)
        self.transformer_decoder = encoder_stack(
            config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            dropout=config.dropout,
        )

    def forward(
        self,
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
        memory: Float[Tensor, "batch poses width"],
    ) -> Float[Tensor, "batch length words"]:
        poses = memory.shape[1]
        length = poses + tokens.shape[1]
        hidden_from = later_elements(length, tokens.device)
        hidden_from[: poses + 1, : poses + 1] = False
        hidden = self.transformer_decoder(
            self.positional_encoding(torch.cat([memory, self.embed(tokens)], dim=1)),
            mask=hidden_from,
            src_key_padding_mask=padding_mask(poses + lengths, length),
        )
        return self.final_layer(hidden[:, poses:])

    def begin(self, memory: Float[Tensor, "batch poses width"], *, longest: int = LONGEST_TEXT) -> DecoderCache:
        cache = super().begin(memory, longest=longest)
        cache.prompt = memory
        return cache

    def _layer_step(self, layer: nn.Module, hidden: Tensor, cache: DecoderCache, place: int) -> Tensor:
        hidden = layer.norm1(hidden + _attend_words(layer.self_attn, hidden, cache, place))
        return layer.norm2(hidden + _feed_forward(layer, hidden))


class TokenAdapter(nn.Module):
    """A pose's vector (or that of a comparison) as the one token that a text decoder sees."""

    def __init__(self, latent: int, width: int):
        super().__init__()
        self.encoder_hidden_state_adaptor = nn.Linear(latent, width)

    def forward(self, vectors: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1 width"]:
        return self.encoder_hidden_state_adaptor(vectors)[:, None]


class DecoderMode(Enum):
    """How a decoder is shown the pose, by the name that checkpoints use."""

    CROSS_ATTENTION = "crossattention"
    PROMPT = "prompt"


_KINDS: dict[DecoderMode, Callable[[TextDecoderConfig], TextDecoder]] = {
    DecoderMode.CROSS_ATTENTION: CrossAttentionDecoder,
    DecoderMode.PROMPT: PromptDecoder,
}


def build_text_decoder(mode: DecoderMode, config: TextDecoderConfig) -> TextDecoder:
    """The decoder of a mode."""
    return _KINDS[mode](config)


def later_elements(length: int, device: torch.device) -> Bool[Tensor, "length length"]:
    """True where the column comes after the row: what a causal mask hides."""
    return torch.ones(length, length, dtype=torch.bool, device=device).triu(1)


# -- one step of torch's layers, with the cache ------------------------------------------------------------------


def _attend_words(attention: nn.Module, hidden: Tensor, cache: DecoderCache, place: int) -> Tensor:
    """Self-attention of new elements to all so far. A block of several may see each other: only the prompt is one."""
    query, key, value = (
        part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
        for part in functional.linear(hidden, attention.in_proj_weight, attention.in_proj_bias).chunk(3, dim=-1)
    )
    end = cache.position + hidden.shape[1]
    cache.keys[place][:, :, cache.position : end] = key
    cache.values[place][:, :, cache.position : end] = value
    mixed = functional.scaled_dot_product_attention(
        query, cache.keys[place][:, :, :end], cache.values[place][:, :, :end]
    )
    return attention.out_proj(mixed.transpose(1, 2).flatten(2))


def _read_memory(attention: nn.Module, memory: Tensor) -> tuple[Tensor, ...]:
    """What cross-attention needs of the pose tokens. With one token the weights are 1, so that is its whole result."""
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    width = memory.shape[-1]
    if memory.shape[1] == 1:
        value = functional.linear(memory, weight[2 * width :], bias[2 * width :])
        return (attention.out_proj(value),)
    both = functional.linear(memory, weight[width:], bias[width:]).chunk(2, dim=-1)
    return tuple(part.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for part in both)


def _attend_memory(attention: nn.Module, hidden: Tensor, memory: tuple[Tensor, ...]) -> Tensor:
    if len(memory) == 1:
        return memory[0]
    width = hidden.shape[-1]
    query = functional.linear(hidden, attention.in_proj_weight[:width], attention.in_proj_bias[:width])
    query = query.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
    mixed = functional.scaled_dot_product_attention(query, *memory)
    return attention.out_proj(mixed.transpose(1, 2).flatten(2))


def _feed_forward(layer: nn.Module, hidden: Tensor) -> Tensor:
    return layer.linear2(functional.gelu(layer.linear1(hidden)))
