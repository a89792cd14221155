"""Aligner, the baseline of PoseEmbroider (arXiv 2409.06535): modalities are brought together pair by pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from poseloom.tasks.embedding.modalities import MODALITIES, Subset
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.embroider import PoseEmbroider
from poseloom.tasks.embedding.networks.front import SharedSpace, Vectors


class Aligner(SharedSpace):
    """A question of several modalities is the mean of their vectors, brought back to length 1."""

    def __init__(self, config: EmbeddingConfig | None = None):
        super().__init__(config or EmbeddingConfig("aligner", external_projection="mediummlpxs"))

    def tokens(self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset]) -> dict[Subset, Tensor]:
        return {one: self.unit(torch.stack([vectors[name] for name in one]).mean(0)) for one in subsets}

    def questions(
        self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset], targets: Sequence[str] = MODALITIES
    ) -> dict[Subset, Vectors]:
        """The same vector, whatever is looked for."""
        return {one: dict.fromkeys(targets, token) for one, token in self.tokens(vectors, subsets).items()}


def build_space(config: EmbeddingConfig) -> SharedSpace:
    """The model of a configuration."""
    return PoseEmbroider(config) if config.kind == "embroider" else Aligner(config)
