"""How the small generator is trained: from any point between noise and a pose, say the pose that the text tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from poseloom.tasks.examples import PoseData, PosePool, written
from poseloom.tasks.generation.evaluate import held_out_figures
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.tasks.stated import described, unread
from poseloom.tasks.text_learner import Examples, ToldLearner
from poseloom.tasks.warm_start import WarmStart, give_text_encoder
from poseloom.training import Monitor, ParameterGroup, Recipe, Stage, Task

_SCALED_BY = 20_000
"""Poses from which the scale of the numbers is taken."""
_WORDLESS = 1
"""Stream of the numbers that choose which poses come without a text."""
_SAMPLES = 32
"""Poses drawn for each text, of which the nearest counts."""


@dataclass(frozen=True)
class GenerationData(PoseData):
    """Poses to learn from, and poses that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: tables of poses; their split train, or all rows where there are no splits.
        held_out: a file or table whose poses are validated on; procedural poses where it is empty.
        validation: number of poses to validate on.
        quick: of them, those that are validated on between epochs where the whole protocol takes long.
        batches: that count as an epoch.
        partly: share of the texts that tell only some of the pose, as people do.
        clipped: share of the texts that are not whole sentences, in the words that people type.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: share of the poses that have some limbs of another pose: what limbs do is learned apart.
        wordless: share of the poses that come without a text: any pose, and what guidance leads away from.
    """

    wordless: float = 0.0


@dataclass(frozen=True)
class GenerationRecipe(Recipe):
    """How the generator is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
        start: weights to begin with.
    """

    model: GenerationModelConfig = field(default_factory=GenerationModelConfig)
    data: GenerationData = field(default_factory=GenerationData)
    start: WarmStart = field(default_factory=WarmStart)


class GenerationLearner(ToldLearner):
    """The small generator, with texts that are new in every epoch."""

    monitor = Monitor("best_mpje", "min")
    reads = staticmethod(described)
    recipe: GenerationRecipe
    model: GenerationModel

    def __init__(self, recipe: GenerationRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = GenerationModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)

    def examples(self, seed: int, count: int, data: GenerationData) -> Examples:
        poses = self.pool.drawn(seed, count)
        texts = written(poses, seed, data.partly, data.clipped)
        for row in np.flatnonzero(np.random.default_rng((seed, _WORDLESS)).random(count) < data.wordless):
            texts[row] = ""
        return (poses.rotations,), texts

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.recipe.start.learns_in(stage.name))
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.pool.drawn(self.recipe.seed, _SCALED_BY).rotations)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        rotations, words, facts = batch
        return self.model.losses(words, unread(facts), rotations)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.told, self.pool.held_out[: self.recipe.data.quick], _SAMPLES)

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.told, self.pool.held_out, _SAMPLES)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [
            ParameterGroup(list(self.model.flow.parameters())),
            ParameterGroup(list(self.model.text_encoder.parameters()), lr_factor=self.recipe.start.lr_factor),
        ]


TASK = Task("generation", "text -> pose", GenerationRecipe, GenerationLearner)
