"""How the small generator is trained: from any point between noise and a pose, say the pose that the text tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from poseloom.facts.measured import SEEN_ON, MeasuredFacts
from poseloom.facts.stated import described, described_claims, unread
from poseloom.pose.types import Pose, concatenate
from poseloom.tasks.common.examples import PoseData, PosePool, written
from poseloom.tasks.common.text_learner import Examples, ToldLearner
from poseloom.tasks.common.warm_start import WarmStart, give_text_encoder, give_weights
from poseloom.tasks.generation.evaluate import held_out_figures
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.training import Monitor, ParameterGroup, Recipe, Stage, Task

_SCALED_BY = 20_000
"""Poses from which the scale of the numbers is taken."""
_WORDLESS = 1
"""Stream of the numbers that choose which poses come without a text."""
_SHAKEN = 0.25
"""Radians, greatest standard deviation by which the rotations of judged poses are shaken."""
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

    stage_keys: ClassVar[tuple[str, ...]] = (*PoseData.stage_keys, "wordless")

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
    asks = staticmethod(described_claims)
    recipe: GenerationRecipe
    model: GenerationModel

    def __init__(self, recipe: GenerationRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = GenerationModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)
        give_weights(recipe.start, self.model)

    def examples(self, seed: int, count: int, data: GenerationData) -> Examples:
        poses = self.pool.drawn(seed, count)
        return (poses.rotations, *self._judged(poses, seed)), self._written(poses, seed, data)

    def texts(self, seed: int, count: int, data: GenerationData) -> list[str]:
        return self._written(self.pool.drawn(seed, count), seed, data)

    @property
    def fact_count(self) -> int:
        return self.recipe.model.facts

    def judged_names(self) -> tuple[str, ...]:
        return self.measured.names

    @cached_property
    def measured(self) -> MeasuredFacts:
        """The facts that the model learns to judge."""
        return MeasuredFacts.of_poses(self.pool.drawn(self.recipe.seed, SEEN_ON))

    def _judged(self, poses: Pose, seed: int) -> tuple[Tensor, Tensor]:
        """Poses that the facts are learned on, and their facts: as they are, and shaken as those on the path are."""
        generator = torch.Generator().manual_seed(seed)
        shaking = _SHAKEN * torch.rand(len(poses), 1, 1, generator=generator)
        shaken = poses.rotations + shaking * torch.randn(poses.rotations.shape, generator=generator)
        both = concatenate([poses, Pose(shaken)])
        return both.rotations, self.measured.numbers(both)

    def _written(self, poses: Pose, seed: int, data: GenerationData) -> list[str]:
        texts = written(poses, seed, data.partly, data.clipped)
        for row in np.flatnonzero(np.random.default_rng((seed, _WORDLESS)).random(len(poses)) < data.wordless):
            texts[row] = ""
        return texts

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.recipe.start.learns_in(stage.name))
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.pool.drawn(self.recipe.seed, _SCALED_BY).rotations)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        rotations, judged, measured, words, facts = batch
        return self.model.losses(words, unread(facts), rotations, (judged, measured))

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.told, self.pool.held_out[: self.recipe.data.quick], _SAMPLES)

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.told, self.pool.held_out, _SAMPLES)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [
            ParameterGroup([*self.model.flow.parameters(), *self.model.judge.parameters()]),
            ParameterGroup(list(self.model.text_encoder.parameters()), lr_factor=self.recipe.start.lr_factor),
        ]


TASK = Task("generation", "text -> pose", GenerationRecipe, GenerationLearner)
