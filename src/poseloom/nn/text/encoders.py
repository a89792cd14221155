"""Text encoders of the published models: token ids to a vector or to a Gaussian.

All share one call, ``encoder(tokens, lengths)``, and one way of ending, their `Role`:

- `FrozenTextEncoder`: hidden states of a frozen language model (DistilBERT in the released checkpoints), then a small
  transformer;
- `WordTransformerEncoder`: the same small transformer on a trainable word table (``glovetransf``);
- `WordGruEncoder`: word table and bidirectional GRU, the papers' configuration (``glovebigru``).

State names are those of the released PoseScript and PoseFix checkpoints (arXiv 2210.11795, 2309.08480).
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from poseloom.nn.layers.gaussian import GaussianHead, gaussian
from poseloom.nn.layers.transformers import PositionalEncoding, encoder_stack, masked_mean, padding_mask
from poseloom.nn.pose.encoder import HIDDEN, Role, UnitLength
from poseloom.nn.text.buckets import encode

WORD_VECTOR = 300
"""Size of a word's vector, GloVe's."""
_TOPPING_LAYERS = 4
_TOPPING_HEADS = 4
_TOPPING_FEED_FORWARD = 1024
_DROPOUT = 0.1


class Pooling(Enum):
    """How the small transformer's outputs become one vector."""

    AVERAGE = "avgp"
    """Mean over the real tokens, start and end included."""
    TOKENS = "augtokens"
    """A learned vector in front of the sequence for each output, and its own linear map."""


def encoder_width(role: Role, latent: int) -> int:
    """Width of a text encoder before its output layer: the latent size, but 512 in front of a Gaussian."""
    return HIDDEN if role is Role.GENERATIVE else latent


def output_layer(role: Role, width: int, latent: int) -> nn.Module:
    """The last layer that a role asks for."""
    return {
        Role.RETRIEVAL: UnitLength,
        Role.GENERATIVE: lambda: GaussianHead(width, latent),
        Role.MODIFIER: nn.Identity,
    }[role]()


class _TransformerTopping(nn.Module):
    """Projection, positions, four post-norm layers and pooling on a sequence of token features."""

    def __init__(self, features: int, latent: int, role: Role, pooling: Pooling):
        super().__init__()
        self.role = role
        self.pooling = pooling
        width = encoder_width(role, latent)
        self.projection = nn.Sequential(nn.ReLU(), nn.Linear(features, width))
        self.positional_encoding = PositionalEncoding(width, _DROPOUT)
        self.transformer_encoder = encoder_stack(
            width, layers=_TOPPING_LAYERS, heads=_TOPPING_HEADS, feed_forward=_TOPPING_FEED_FORWARD, dropout=_DROPOUT
        )
        if pooling is Pooling.AVERAGE:
            self.output_layer = output_layer(role, width, latent)
        else:
            outputs = 2 if role is Role.GENERATIVE else 1
            self.augm_tokens = nn.ParameterList(nn.Parameter(torch.randn(width)) for _ in range(outputs))
            self.augm_token_final_FC_layers = nn.ModuleList(nn.Linear(width, latent) for _ in range(outputs))

    def finish(self, features: Float[Tensor, "batch length features"], padding: Bool[Tensor, "batch length"]) -> Any:
        """Token features to the encoder's output; features that were computed before may come in here."""
        if self.pooling is Pooling.AVERAGE:
            return self.output_layer(self.pooled(features, padding))
        outputs = self._own_tokens(features, padding)
        if self.role is Role.GENERATIVE:  # the second token is the log-variance
            return gaussian(outputs[0], (0.5 * outputs[1]).exp())
        return UnitLength()(outputs[0]) if self.role is Role.RETRIEVAL else outputs[0]

    def pooled(
        self, features: Float[Tensor, "batch length features"], padding: Bool[Tensor, "batch length"]
    ) -> Float[Tensor, "batch width"]:
        """The vector before the output layer: what PoseEmbroider's frozen text encoder gives."""
        if self.pooling is Pooling.TOKENS:
            return self._own_tokens(features, padding)[0]
        sequence = self.positional_encoding(self.projection(features))
        return masked_mean(encode(self.transformer_encoder, sequence, padding), padding)

    def _own_tokens(self, features: Tensor, padding: Tensor) -> list[Tensor]:
        own = torch.stack(list(self.augm_tokens)).expand(len(features), -1, -1)
        sequence = self.positional_encoding(torch.cat([own, self.projection(features)], dim=1))
        seen = torch.cat([padding.new_zeros(own.shape[:2]), padding], dim=1)
        encoded = encode(self.transformer_encoder, sequence, seen)
        return [layer(encoded[:, place]) for place, layer in enumerate(self.augm_token_final_FC_layers)]


class FrozenTextEncoder(_TransformerTopping):
    """Hidden states of a frozen language model, then the small transformer.

    Args:
        language_model: gives the hidden states; its parameters get no gradient.
        latent: size of the output.
        role: which output.
        pooling: how the sequence becomes one vector.
        frozen_dropout: the published training leaves the frozen model's dropout on; False turns it off, and then
            the hidden states of a text are always the same and may be computed once.
    """

    def __init__(
        self,
        language_model: nn.Module,
        latent: int,
        *,
        role: Role,
        pooling: Pooling = Pooling.AVERAGE,
        frozen_dropout: bool = False,
    ):
        super().__init__(language_model.width, latent, role, pooling)
        self.frozen_dropout = frozen_dropout
        self.pretrained_text_encoder = language_model.requires_grad_(False)

    def train(self, mode: bool = True) -> FrozenTextEncoder:
        super().train(mode)
        if not self.frozen_dropout:
            self.pretrained_text_encoder.eval()
        return self

    def forward(self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]) -> Any:
        """Vectors (batch, latent) or a `Normal`. `lengths` count the start and end tokens."""
        tokens, padding = trimmed(tokens, lengths)
        return self.finish(self.pretrained_text_encoder(tokens, padding), padding)

    def features(self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]) -> tuple[Tensor, Tensor]:
        """Hidden states and padding mask, to be kept and given to `finish` later."""
        tokens, padding = trimmed(tokens, lengths)
        with torch.no_grad():
            return self.pretrained_text_encoder(tokens, padding), padding


class WordTransformerEncoder(_TransformerTopping):
    """A trainable word table, then the small transformer (``glovetransf``)."""

    def __init__(self, vocabulary: int, latent: int, *, role: Role, pooling: Pooling = Pooling.AVERAGE):
        super().__init__(WORD_VECTOR, latent, role, pooling)
        self.embed = nn.Embedding(vocabulary, WORD_VECTOR)
        # the same table twice, as in the published states; loading puts the second one in force
        self.embed_sequential = nn.Sequential(self.embed, nn.Dropout(_DROPOUT))

    def forward(self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]) -> Any:
        """Vectors (batch, latent) or a `Normal`. `lengths` count the start and end tokens."""
        tokens, padding = trimmed(tokens, lengths)
        return self.finish(self.embed_sequential(tokens), padding)


class WordGruEncoder(nn.Module):
    """A trainable word table, then a bidirectional GRU whose last states are the text (``glovebigru``)."""

    def __init__(self, vocabulary: int, latent: int, *, role: Role):
        super().__init__()
        width = encoder_width(role, latent)
        self.embed = nn.Embedding(vocabulary, WORD_VECTOR)
        self.sent_enc = nn.GRU(WORD_VECTOR, width // 2, bidirectional=True, batch_first=True)
        self.output_layer = output_layer(role, width, latent)

    def forward(self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]) -> Any:
        """Vectors (batch, latent) or a `Normal`. `lengths` count the start and end tokens."""
        words = pack_padded_sequence(self.embed(tokens), lengths.cpu(), batch_first=True, enforce_sorted=False)
        _, last = self.sent_enc(words)
        return self.output_layer(torch.cat([last[0], last[1]], dim=-1))


def trimmed(
    tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]
) -> tuple[Int[Tensor, "batch longest"], Bool[Tensor, "batch longest"]]:
    """Tokens cut to the longest text of the batch, and their padding mask."""
    tokens = tokens[:, : int(lengths.max())]
    return tokens, padding_mask(lengths, tokens.shape[1])
