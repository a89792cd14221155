"""A small BERT encoder that takes DistilBERT's weights as they are and MiniLM's by a change of names.

DistilBERT (Sanh et al., 2019) is BERT without token types and pooler. A BERT that is used with one token type is the
same network once its first token type vector has been added to every position vector.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import DEEPEST, WIDEST, within

_NORM_EPSILON = 1e-12


@dataclass(frozen=True)
class BertConfig:
    """Sizes of a BERT encoder; the defaults are DistilBERT's."""

    vocabulary: int = within(30_522, 1, 10_000_000)
    width: int = within(768, 1, WIDEST)
    layers: int = within(6, 1, DEEPEST)
    heads: int = within(12, 1, 999)
    feed_forward: int = within(3072, 1, WIDEST)
    positions: int = within(512, 1, 100_000)
    dropout: float = within(0.1, 0, 1)


DISTILBERT = BertConfig()
MINILM = BertConfig(width=384, feed_forward=1536)


class Bert(nn.Module):
    """Token ids to the last hidden states. State names are those of Hugging Face's ``DistilBertModel``."""

    def __init__(self, config: BertConfig = DISTILBERT):
        super().__init__()
        self.config = config
        self.embeddings = _Embeddings(config)
        self.transformer = nn.Module()
        self.transformer.layer = nn.ModuleList(_Layer(config) for _ in range(config.layers))

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return self.config.width

    def forward(
        self, tokens: Int[Tensor, "batch length"], padding: Bool[Tensor, "batch length"]
    ) -> Float[Tensor, "batch length width"]:
        """Args: padding: True where a token is no token; those are not attended to."""
        hidden = self.embeddings(tokens)
        seen = ~padding[:, None, None, :]
        for layer in self.transformer.layer:
            hidden = layer(hidden, seen)
        return hidden


class _Embeddings(nn.Module):
    def __init__(self, config: BertConfig):
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocabulary, config.width, padding_idx=0)
        self.position_embeddings = nn.Embedding(config.positions, config.width)
        self.LayerNorm = nn.LayerNorm(config.width, eps=_NORM_EPSILON)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        positions = self.position_embeddings.weight[: tokens.shape[1]]
        return self.dropout(self.LayerNorm(self.word_embeddings(tokens) + positions))


class _Attention(nn.Module):
    def __init__(self, config: BertConfig):
        super().__init__()
        self.heads = config.heads
        self.dropout = config.dropout
        self.q_lin = nn.Linear(config.width, config.width)
        self.k_lin = nn.Linear(config.width, config.width)
        self.v_lin = nn.Linear(config.width, config.width)
        self.out_lin = nn.Linear(config.width, config.width)

    def forward(self, hidden: Tensor, seen: Tensor) -> Tensor:
        query, key, value = (
            linear(hidden).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for linear in (self.q_lin, self.k_lin, self.v_lin)
        )
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, dropout_p=dropout)
        return self.out_lin(mixed.transpose(1, 2).flatten(2))


class _FeedForward(nn.Module):
    def __init__(self, config: BertConfig):
        super().__init__()
        self.dropout = nn.Dropout(config.dropout)
        self.lin1 = nn.Linear(config.width, config.feed_forward)
        self.lin2 = nn.Linear(config.feed_forward, config.width)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.dropout(self.lin2(functional.gelu(self.lin1(hidden))))


class _Layer(nn.Module):
    def __init__(self, config: BertConfig):
        super().__init__()
        self.attention = _Attention(config)
        self.sa_layer_norm = nn.LayerNorm(config.width, eps=_NORM_EPSILON)
        self.ffn = _FeedForward(config)
        self.output_layer_norm = nn.LayerNorm(config.width, eps=_NORM_EPSILON)

    def forward(self, hidden: Tensor, seen: Tensor) -> Tensor:
        hidden = self.sa_layer_norm(hidden + self.attention(hidden, seen))
        return self.output_layer_norm(hidden + self.ffn(hidden))


_BERT_NAMES = (
    (r"^encoder\.layer\.", "transformer.layer."),
    (r"\.attention\.self\.query\.", ".attention.q_lin."),
    (r"\.attention\.self\.key\.", ".attention.k_lin."),
    (r"\.attention\.self\.value\.", ".attention.v_lin."),
    (r"\.attention\.output\.dense\.", ".attention.out_lin."),
    (r"\.attention\.output\.LayerNorm\.", ".sa_layer_norm."),
    (r"\.intermediate\.dense\.", ".ffn.lin1."),
    (r"\.output\.dense\.", ".ffn.lin2."),
    (r"\.output\.LayerNorm\.", ".output_layer_norm."),
)
"""Pattern in a name of Hugging Face's ``BertModel`` -> what `Bert` has in its place; tried from top to bottom."""

_UNUSED = ("pooler.", "embeddings.position_ids")
_TOKEN_TYPES = "embeddings.token_type_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"


def from_bert_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a ``BertModel`` (MiniLM's, for one) under `Bert`'s names, without pooler and token types."""
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.startswith(_UNUSED) or name == _TOKEN_TYPES:
            continue
        new = name
        for pattern, replacement in _BERT_NAMES:
            new = re.sub(pattern, replacement, new)
        renamed[new] = value
    renamed[_POSITIONS] = renamed[_POSITIONS] + state[_TOKEN_TYPES][0]
    return renamed
