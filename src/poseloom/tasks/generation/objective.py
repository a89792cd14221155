"""How the small generator is trained: from any point between noise and a pose, say the pose that the text tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from poseloom.tasks.examples import PoseData, PosePool, written
from poseloom.tasks.generation.evaluate import held_out_figures
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.tasks.text_learner import Examples, TextLearner
from poseloom.tasks.warm_start import WarmStart, give_text_encoder
from poseloom.training import Monitor, ParameterGroup, Recipe, Stage, Task

_SCALED_BY = 20_000
"""Poses from which the scale of the numbers is taken."""
_SAMPLES = 32
"""Poses drawn for each text, of which the nearest counts."""


@dataclass(frozen=True)
class GenerationRecipe(Recipe):
    """How the generator is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
        start: weights to begin with.
    """

    model: GenerationModelConfig = field(default_factory=GenerationModelConfig)
    data: PoseData = field(default_factory=PoseData)
    start: WarmStart = field(default_factory=WarmStart)


class GenerationLearner(TextLearner):
    """The small generator, with texts that are new in every epoch."""

    monitor = Monitor("best_mpje", "min")
    recipe: GenerationRecipe
    model: GenerationModel

    def __init__(self, recipe: GenerationRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = GenerationModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)

    def examples(self, seed: int, count: int, data: PoseData) -> Examples:
        poses = self.pool.drawn(seed, count)
        return (poses.rotations,), written(poses, seed, data.partly, data.clipped)

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.recipe.start.lr_factor > 0)
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.pool.drawn(self.recipe.seed, _SCALED_BY).rotations)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        rotations, words = batch
        return self.model.losses(words, rotations)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out[: self.recipe.data.quick], _SAMPLES)

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out, _SAMPLES)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [
            ParameterGroup(list(self.model.flow.parameters())),
            ParameterGroup(list(self.model.text_encoder.parameters()), lr_factor=self.recipe.start.lr_factor),
        ]


TASK = Task("generation", "text -> pose", GenerationRecipe, GenerationLearner)
