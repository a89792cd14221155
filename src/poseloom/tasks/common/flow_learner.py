"""What the learners of generation and editing share: a flow, its classifier, and texts that are dropped at times."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from poseloom.tasks.common.flow_model import FlowModel
from poseloom.tasks.common.text_learner import FactTextLearner
from poseloom.tasks.common.warm_start import give_text_encoder, give_weights
from poseloom.training import ParameterGroup, Stage

_SCALED_BY = 20_000
"""Poses from which the scale of the flow's numbers is taken."""
JITTER = 0.25
"""Radians, greatest standard deviation of what is added to the rotations of classified poses."""
_DROPPED = 1
"""Stream of the numbers that choose which texts are dropped."""


class FlowLearner(FactTextLearner):
    """A flow that learns beside its classifier; the text encoder may come from a retrieval model and rest."""

    model: FlowModel

    @abstractmethod
    def poses(self, seed: int, count: int) -> Float[Tensor, "poses joints 3"]:
        """Rotations of poses to learn from."""

    def finished(self, texts: list[str], seed: int, data: Any) -> list[str]:
        return with_some_dropped(texts, data.condition_dropout, seed)

    @property
    def fact_count(self) -> int:
        return self.recipe.model.facts  # type: ignore[attr-defined]

    def warm(self) -> None:
        """Take over what the recipe's start names; called when the model is built."""
        give_text_encoder(self.start, self.model.text_encoder)
        give_weights(self.start, self.model)

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.start.learns_in(stage.name))
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.poses(self.recipe.seed, _SCALED_BY))

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        encoder = list(self.model.text_encoder.parameters())
        known = set(map(id, encoder))
        others = [one for one in self.model.parameters() if id(one) not in known]
        return [ParameterGroup(others), ParameterGroup(encoder, lr_factor=self.start.lr_factor)]

    @abstractmethod
    def held_out_figures(self, most: int | None) -> dict[str, float]:
        """The protocol on the first `most` of what is held out."""

    def validate(self) -> dict[str, float]:
        return self.held_out_figures(self.recipe.data.quick)  # type: ignore[attr-defined]

    def evaluate(self, split: str) -> dict[str, float]:
        return self.held_out_figures(None)


def with_some_dropped(texts: list[str], share: float, seed: int) -> list[str]:
    """Texts of which a share is empty: condition dropout, for classifier-free guidance (Ho & Salimans 2022)."""
    dropped = np.random.default_rng((seed, _DROPPED)).random(len(texts)) < share
    return ["" if drop else text for text, drop in zip(texts, dropped, strict=True)]
