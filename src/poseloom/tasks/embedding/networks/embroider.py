"""PoseEmbroider (arXiv 2409.06535): a learned token that gathers any set of modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.pose.encoder import UnitLength
from poseloom.tasks.embedding.modalities import MODALITIES, Subset
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.front import SharedSpace, Vectors
from poseloom.tasks.embedding.networks.projections import mini_mlp

_TOKEN_DEVIATION = 1e-6
_HEADS, _DROPOUT, _EPSILON = 4, 0.1, 1e-6


class _Sum(nn.Module):
    """The modalities' tokens added up; the first token, the gathering one, is left out."""

    def forward(self, sequence: Float[Tensor, "batch tokens latent"]) -> Float[Tensor, "batch latent"]:
        return sequence[:, 1:].sum(1)


class PoseEmbroider(SharedSpace):
    """Any modalities -> one token -> its projections into each of them.

    The released transformer core has half the width of the space, one layer, four heads.
    """

    def __init__(self, config: EmbeddingConfig | None = None):
        super().__init__(config or EmbeddingConfig())
        latent = self.config.latent
        self.intermodality_token = nn.Parameter(_TOKEN_DEVIATION * torch.randn(1, 1, latent))
        for one in MODALITIES:
            self.register_parameter(f"modality_encoding_{one}", nn.Parameter(torch.zeros(1, 1, latent)))
        self.embroider_core = _transformer_core(latent) if self._gathers else _perceptron_core(latent)
        if self._gathers:
            self.norm = nn.LayerNorm(latent, eps=_EPSILON)
        if self.config.heads:
            for one in MODALITIES:
                self.add_module(f"modality_projection_{one}", mini_mlp(latent, latent, latent))

    @property
    def _gathers(self) -> bool:
        return self.config.core == "transformer"

    def encoding(self, modality: str) -> Float[Tensor, " latent"]:
        """What tells the core of which modality a vector is."""
        return self.get_parameter(f"modality_encoding_{modality}")[0, 0]

    def with_encodings(self, vectors: Mapping[str, Tensor]) -> Vectors:
        """Vectors as the core sees them; the released training compares with these, see `EmbeddingLearner`."""
        return {one: value + self.encoding(one) for one, value in vectors.items()}

    def tokens(self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset]) -> dict[Subset, Tensor]:
        """The token of each set; sets of one size go through the core together."""
        told = self.with_encodings(vectors)
        found: dict[Subset, Tensor] = {}
        for size in sorted({len(one) for one in subsets}):
            alike = [one for one in subsets if len(one) == size]
            gathered = self._core([[told[name] for name in one] for one in alike])
            found.update(zip(alike, gathered.chunk(len(alike)), strict=True))
        return {one: found[one] for one in subsets}

    def _core(self, sets: list[list[Tensor]]) -> Float[Tensor, "all latent"]:
        asked = torch.cat([torch.stack(one, dim=1) for one in sets])
        sequence = torch.cat([self.intermodality_token.expand(len(asked), -1, -1), asked], dim=1)
        if not self._gathers:
            return self.embroider_core(sequence)
        first, layer, last = self.embroider_core
        return self.norm(last(layer(first(sequence))[:, 0]))

    def projections(self, token: Float[Tensor, "batch latent"]) -> Vectors:
        """A token seen as each of the modalities."""
        if not self.config.heads:
            same = functional.normalize(token, dim=-1) if self.config.unit else token
            return dict.fromkeys(MODALITIES, same)
        return {one: self.unit(self.get_submodule(f"modality_projection_{one}")(token)) for one in MODALITIES}

    def questions(self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset]) -> dict[Subset, Vectors]:
        """The projections of each set's token; all tokens are projected together."""
        tokens = self.tokens(vectors, subsets)
        made = self.projections(torch.cat(list(tokens.values())))
        parts = {name: value.chunk(len(subsets)) for name, value in made.items()}
        return {one: {name: part[place] for name, part in parts.items()} for place, one in enumerate(subsets)}


def _transformer_core(latent: int) -> nn.Sequential:
    half = latent // 2
    layer = nn.TransformerEncoderLayer(half, _HEADS, latent, _DROPOUT, activation="gelu", batch_first=True)
    return nn.Sequential(nn.Linear(latent, half), layer, nn.Linear(half, latent))


def _perceptron_core(latent: int) -> nn.Sequential:
    return nn.Sequential(_Sum(), mini_mlp(latent, latent, latent), UnitLength())
