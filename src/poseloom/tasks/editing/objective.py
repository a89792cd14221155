"""How the small editing model is trained: from noise, the original and the instruction, say the changed pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from poseloom.tasks.editing.evaluate import held_out_figures
from poseloom.tasks.editing.model import EditingModel, EditingModelConfig
from poseloom.tasks.pair_examples import PairData, PairPool, written_pairs
from poseloom.tasks.text_learner import Examples, TextLearner
from poseloom.tasks.warm_start import WarmStart, give_text_encoder
from poseloom.training import Monitor, ParameterGroup, Recipe, Stage, Task

_SCALED_BY = 20_000
"""Poses from which the scale of the numbers is taken."""


@dataclass(frozen=True)
class EditingRecipe(Recipe):
    """How the editing model is trained.

    Args:
        model: its sizes.
        data: poses of which pairs are made; their instructions are written by rule.
        start: weights to begin with: those of a pair retrieval model.
    """

    model: EditingModelConfig = field(default_factory=EditingModelConfig)
    data: PairData = field(default_factory=PairData)
    start: WarmStart = field(default_factory=WarmStart)


class EditingLearner(TextLearner):
    """The small editing model, with pairs and instructions that are new in every epoch."""

    monitor = Monitor("facts", "max")
    recipe: EditingRecipe
    model: EditingModel

    def __init__(self, recipe: EditingRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = EditingModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)

    def examples(self, seed: int, count: int, data: PairData) -> Examples:
        first, second = self.pool.drawn(seed, count)
        return (first.rotations, second.rotations), written_pairs(first, second, seed, data.partly, data.clipped)

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.recipe.start.learns_in(stage.name))
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.pool.poses.drawn(self.recipe.seed, _SCALED_BY).rotations)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        first, second, words = batch
        return self.model.losses(words, first, second)

    def validate(self) -> dict[str, float]:
        quick = self.recipe.data.quick
        return held_out_figures(self.model, self.words, tuple(one[:quick] for one in self.pool.held_out))  # type: ignore[arg-type]

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        fresh = [*self.model.flow.parameters(), *self.model.pose_encoder.parameters()]
        return [
            ParameterGroup(fresh),
            ParameterGroup(list(self.model.text_encoder.parameters()), lr_factor=self.recipe.start.lr_factor),
        ]


TASK = Task("editing", "pose and instruction -> pose", EditingRecipe, EditingLearner)
