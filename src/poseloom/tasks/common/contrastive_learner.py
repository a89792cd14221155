"""How texts and what they tell of are brought together in one space."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.nn.losses import symmetric_bbc
from poseloom.tasks.common.embedding import Embeddings
from poseloom.tasks.common.text_learner import TextLearner
from poseloom.training import ParameterGroup, Stage, gather_features

_HOTTEST = 4.6
"""Greatest logarithm of the factor of the scores: a factor of 100, as in CLIP (Radford et al. 2021)."""
_FIRST_TEMPERATURE = 0.05


class ContrastiveLearner(TextLearner):
    """Each text must find its own poses in the batch, and they their text. The factor of the scores is learned."""

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        self.scale = nn.Parameter(torch.tensor(1 / _FIRST_TEMPERATURE).log())

    @abstractmethod
    def embedded(self, batch: Any) -> Embeddings:
        """The vectors of a batch."""

    def losses(self, batch: Any) -> dict[str, Tensor]:
        found = self.embedded(batch)
        scores = gather_features(found.texts) @ gather_features(found.items).T
        return {"total": symmetric_bbc(scores * self.scale.clamp(max=_HOTTEST).exp())}

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [ParameterGroup(list(self.model.parameters())), ParameterGroup([self.scale], decay=False)]
