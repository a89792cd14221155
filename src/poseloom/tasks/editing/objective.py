"""How the small editing model is trained: from noise, the original and the instruction, say the changed pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from poseloom.facts.measured_pairs import PairClaims
from poseloom.facts.named_limbs import settled
from poseloom.facts.stated import instructed, instructed_claims, unread
from poseloom.pose.types import Pose
from poseloom.tasks.common.pair_examples import Pair, PairData, PairPool, written_pairs
from poseloom.tasks.common.text_learner import Examples, ToldLearner
from poseloom.tasks.common.warm_start import WarmStart, give_text_encoder, give_weights
from poseloom.tasks.editing.evaluate import held_out_figures
from poseloom.tasks.editing.model import EditingModel, EditingModelConfig
from poseloom.training import Monitor, ParameterGroup, Recipe, Stage, Task

_SCALED_BY = 20_000
"""Poses from which the scale of the numbers is taken."""
_SHAKEN = 0.25
"""Radians, greatest standard deviation by which the rotations of judged poses are shaken."""
_JUDGED = 32
"""Claims that are judged of each pair."""
_WORDLESS = 1
"""Stream of the numbers that choose which pairs come without an instruction."""


@dataclass(frozen=True)
class EditingData(PairData):
    """Pairs to learn from, and pairs that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: tables of poses; their split train, or all rows where there are no splits.
        held_out: a file that names pairs to validate on; procedural pairs where it is empty.
        validation: number of pairs to validate on.
        quick: of them, those that are validated on between epochs where the whole protocol takes long.
        batches: that count as an epoch.
        partly: share of the instructions that tell only some of the changes.
        clipped: share of the instructions that are not whole sentences, in the words that people type.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: has no meaning here: see `strangers`, and limbs that are exchanged in the other pairs.
        moments: share of the pairs that are two moments of a motion, where there are motions.
        strangers: share of the pairs of which one pose has nothing to do with the other.
        settled: leave the limbs that no change names as they were: what is not named must stay.
        wordless: share of the pairs that come without an instruction: what guidance leads away from.
    """

    stage_keys: ClassVar[tuple[str, ...]] = (*PairData.stage_keys, "settled", "wordless")

    settled: bool = True
    wordless: float = 0.0


@dataclass(frozen=True)
class EditingRecipe(Recipe):
    """How the editing model is trained.

    Args:
        model: its sizes.
        data: poses of which pairs are made; their instructions are written by rule.
        start: weights to begin with: those of a pair retrieval model.
    """

    model: EditingModelConfig = field(default_factory=EditingModelConfig)
    data: EditingData = field(default_factory=EditingData)
    start: WarmStart = field(default_factory=WarmStart)


class EditingLearner(ToldLearner):
    """The small editing model, with pairs and instructions that are new in every epoch."""

    monitor = Monitor("facts", "max")
    reads = staticmethod(instructed)
    asks = staticmethod(instructed_claims)
    recipe: EditingRecipe
    model: EditingModel

    def __init__(self, recipe: EditingRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = EditingModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)
        give_weights(recipe.start, self.model)

    def examples(self, seed: int, count: int, data: EditingData) -> Examples:
        first, second = self._pairs(seed, count, data)
        texts = self._written(first, second, seed, data)
        shaken = self._shaken(first, second, seed)
        holding = self.claims.judged(first, shaken, _JUDGED, seed)
        return (first.rotations, second.rotations, shaken.rotations, *holding), texts

    def texts(self, seed: int, count: int, data: EditingData) -> list[str]:
        return self._written(*self._pairs(seed, count, data), seed, data)

    @property
    def fact_count(self) -> int:
        return self.recipe.model.facts

    def judged_names(self) -> tuple[str, ...]:
        return self.claims.names(self.recipe.model.measured)

    @cached_property
    def claims(self) -> PairClaims:
        """The claims that the model learns to judge."""
        return PairClaims.of_texts(self._some_texts(), self.recipe.model.measured)

    def _pairs(self, seed: int, count: int, data: EditingData) -> Pair:
        first, second = self.pool.drawn(seed, count)
        return first, settled(first, second) if data.settled else second

    @staticmethod
    def _shaken(first: Pose, second: Pose, seed: int) -> Pose:
        """Second poses that claims are judged of: half of them shaken where they move, as those on the path are."""
        generator = torch.Generator().manual_seed(seed)
        size, chosen = torch.rand(2, len(first), 1, 1, generator=generator)
        moves = (first.rotations != second.rotations).any(-1, keepdim=True)
        noise = torch.randn(second.rotations.shape, generator=generator)
        return Pose(second.rotations + _SHAKEN * size * (chosen < 0.5) * moves * noise)

    @staticmethod
    def _written(first: Pose, second: Pose, seed: int, data: EditingData) -> list[str]:
        texts = written_pairs(first, second, seed, data.partly, data.clipped)
        for row in np.flatnonzero(np.random.default_rng((seed, _WORDLESS)).random(len(first)) < data.wordless):
            texts[row] = ""
        return texts

    def begin(self, stage: Stage) -> None:
        self.model.text_encoder.requires_grad_(self.recipe.start.learns_in(stage.name))
        if not self.model.flow.is_measured:
            self.model.flow.measure(self.pool.poses.drawn(self.recipe.seed, _SCALED_BY).rotations)

    def losses(self, batch: Any) -> dict[str, Tensor]:
        first, second, *judged, words, facts = batch
        return self.model.losses(words, unread(facts), first, second, tuple(judged))

    def validate(self) -> dict[str, float]:
        quick = self.recipe.data.quick
        return held_out_figures(self.model, self.told, tuple(one[:quick] for one in self.pool.held_out))  # type: ignore[arg-type]

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.told, self.pool.held_out)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        encoder = {id(one) for one in self.model.text_encoder.parameters()}
        return [
            ParameterGroup([one for one in self.model.parameters() if id(one) not in encoder]),
            ParameterGroup(list(self.model.text_encoder.parameters()), lr_factor=self.recipe.start.lr_factor),
        ]


TASK = Task("editing", "pose and instruction -> pose", EditingRecipe, EditingLearner)
