"""The published contrastive learners: each text must find its own poses in the batch, and they their text."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.ranges import WIDEST, within
from poseloom.metrics.recall import two_way_recall
from poseloom.nn.losses import bbc, symmetric_bbc
from poseloom.tasks.common.published_learner import ReadingLearner, joined
from poseloom.tasks.common.published_recipe import PublishedRecipe, ReadingData, TextReaderModel
from poseloom.tasks.common.published_text import encode_texts
from poseloom.tasks.common.ranking import RankProtocol, ranking_figures
from poseloom.tasks.retrieval.evaluate import recall_figures
from poseloom.training import Monitor, gather_features

LOSSES = {"symbbc": symmetric_bbc, "bbc": bbc}
"""Released, and of the papers."""


@dataclass(frozen=True)
class SharedSpaceModel:
    """Sizes of a model that brings texts, and poses or pairs, into one space.

    Args:
        latent: size of the shared space.
        joints: 52, or 22 without hands (PoseEmbroider).
        text: how texts are read.
    """

    latent: int = within(512, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextReaderModel = field(default_factory=TextReaderModel)


@dataclass(frozen=True)
class SharedSpaceRecipe(PublishedRecipe):
    """How such a model is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        loss: symbbc (released) or bbc (papers).
        protocol: how R-precision is measured.
    """

    model: SharedSpaceModel = field(default_factory=SharedSpaceModel)
    data: ReadingData = field(default_factory=ReadingData)
    loss: Literal["symbbc", "bbc"] = "symbbc"
    protocol: RankProtocol = field(default_factory=RankProtocol)


class PublishedContrastiveLearner(ReadingLearner):
    """Scores are dot products times a learned factor; monitored by mRecall."""

    monitor = Monitor("mrecall", "max")
    recipe: SharedSpaceRecipe
    directions: tuple[str, str]
    """Names of text to target and of target to text."""

    @abstractmethod
    def targets(self, batch: Any) -> Float[Tensor, "batch latent"]:
        """Vectors of what the texts tell of."""

    def losses(self, batch: Any) -> dict[str, Tensor]:
        texts, targets = encode_texts(self.model, batch.texts), self.targets(batch)
        scores = self.model.scores(gather_features(texts), gather_features(targets))
        return {"total": LOSSES[self.recipe.loss](scores), "temperature": self.model.loss_weight.detach().mean()}

    def validated(self, batches: Iterator[Any]) -> dict[str, float]:
        texts, targets = self._vectors(batches)
        scores = self.model.loss_weight.cpu() * texts @ targets.T
        return {"total": float(bbc(scores)), **recall_figures(two_way_recall(texts, targets), *self.directions)}

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        texts, targets = self._vectors(iter(batches))
        seed = int(torch.randint(1 << 31, ()))
        return ranking_figures(texts, targets, self.recipe.protocol, seed, self.directions)

    def _vectors(self, batches: Iterator[Any]) -> tuple[Tensor, Tensor]:
        found = [(encode_texts(self.model, batch.texts), self.targets(batch)) for batch in batches]
        texts, targets = zip(*found, strict=True)
        return joined(list(texts)), joined(list(targets))
