"""The front that PoseEmbroider and Aligner share: frozen features of each modality become vectors of one space."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import PoseloomError
from poseloom.tasks.embedding.modalities import IMAGE, MODALITIES, Subset, subset_of
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.projections import LayerPlus, encoder_projection, external_projection

INITIAL_TEMPERATURE = 10.0
"""First value of the learned factor on the scores: an inverse temperature, as in PoseText."""
_LEAST_DEVIATION = 0.1
"""Added to the deviation of features."""
_TOKENS = 3
"""Axes of features that are tokens."""
Vectors = dict[str, Tensor]
"""Modality -> vectors of the space, (batch, latent)."""


class Projected(nn.Module):
    """A modality's projection, under the name that the released weights have."""

    def __init__(self, modality: str, config: EmbeddingConfig):
        super().__init__()
        self.inner = f"{modality}_projection"
        self.add_module(
            self.inner, encoder_projection(config.encoder_projection, config.width(modality), config.latent)
        )
        self.standardised = modality == IMAGE and config.standardised_images
        if self.standardised:
            width = config.width(modality)
            self.register_buffer("feature_mean", torch.zeros(width))
            self.register_buffer("feature_scale", torch.ones(width))

    def standardise(self, features: Float[Tensor, "rows *tokens width"]) -> None:
        """Take mean and deviation from features of training; what hardly varies keeps away from dividing by nothing."""
        rows = features.flatten(0, -2).double()
        self.get_buffer("feature_mean").copy_(rows.mean(0))
        self.get_buffer("feature_scale").copy_(1 / (rows.std(0) + _LEAST_DEVIATION))

    def forward(self, features: Tensor) -> Float[Tensor, "batch latent"]:
        """Features (batch, width), or tokens (batch, tokens, width), which are projected first and averaged then."""
        if self.standardised:
            features = (features - self.get_buffer("feature_mean")) * self.get_buffer("feature_scale")
        projection = getattr(self, self.inner)
        if features.dim() != _TOKENS:
            return projection(features)
        if isinstance(projection, LayerPlus):
            return projection.mean_of_tokens(features)
        return projection(features).mean(1)


class SharedSpace(nn.Module):
    """What both models offer: vectors of modalities, and vectors of questions that mix them.

    Args:
        config: sizes and choices.
    """

    def __init__(self, config: EmbeddingConfig):
        super().__init__()
        self.config = config
        self.temperature = nn.Parameter(torch.full((1,), INITIAL_TEMPERATURE))
        for one in MODALITIES:
            self.add_module(f"{one}_encoder", Projected(one, config))
            if config.external_projection != "none":
                self.add_module(
                    f"{one}_external_encoder_proj", external_projection(config.external_projection, config.latent)
                )

    def embed(self, features: Mapping[str, Tensor]) -> Vectors:
        """Frozen features of some modalities -> vectors of the space: what collections are made of.

        Args:
            features: modality -> (batch, width), or (batch, tokens, width) of pictures.

        Raises:
            PoseloomError: no modality, an unknown one, or features of another size.
        """
        asked = subset_of(features)
        for one in asked:
            found, expected = features[one].shape[-1], self.config.width(one)
            if found != expected:
                problem = f"{one}: the model was made for features of {expected} numbers, got {found}"
                raise PoseloomError(f"{problem}; they are of another encoder")
        return {one: self._placed(one, features[one]) for one in asked}

    def _placed(self, modality: str, features: Tensor) -> Tensor:
        found = self.get_submodule(f"{modality}_encoder")(features)
        if self.config.external_projection != "none":
            found = self.get_submodule(f"{modality}_external_encoder_proj")(found)
        return self.unit(found)

    def unit(self, vectors: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch latent"]:
        """Vectors of length 1, where the model is made so."""
        return functional.normalize(vectors, dim=-1) if self.config.unit else vectors

    @abstractmethod
    def tokens(self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset]) -> dict[Subset, Tensor]:
        """One vector (batch, latent) for each of several sets of modalities: what models that hang on this take."""

    @abstractmethod
    def questions(
        self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset], targets: Sequence[str] = MODALITIES
    ) -> dict[Subset, Vectors]:
        """For each set of modalities, and each of the modalities that are looked for, the vectors that are compared."""
