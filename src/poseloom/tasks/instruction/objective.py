"""How the small instruction model is trained: to say what the rules write of a pair of poses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.facts.measured import SEEN_ON
from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.language import instruct
from poseloom.tasks.common.examples import SAID, some_paraphrased
from poseloom.tasks.common.judge import Judge
from poseloom.tasks.common.pair_examples import Pair, PairData, PairPool
from poseloom.tasks.common.saying import Seen
from poseloom.tasks.common.speaker_learner import SpeakerLearner
from poseloom.tasks.common.warm_start import WarmStart, give_weights, known_facts
from poseloom.tasks.instruction.evaluate import held_out_figures
from poseloom.tasks.instruction.model import InstructionModelConfig, instruction_model
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class InstructionRecipe(Recipe):
    """How the instruction model is trained.

    Args:
        model: its sizes.
        data: poses of which pairs are made; their instructions are written by rule.
        judge: the retrieval model that judges its texts.
        start: weights to begin with: those of a model that learns on.
    """

    without_effect: ClassVar[dict[str, str]] = {
        "data.partial_texts": "its texts tell all changes",
        "data.telegraphic": "its texts are whole sentences",
        "data.mixed": "pairs always exchange limbs; set data.strangers or data.moments",
    }

    model: InstructionModelConfig = field(default_factory=InstructionModelConfig)
    data: PairData = field(default_factory=PairData)
    judge: Judge = field(default_factory=Judge)
    start: WarmStart = field(default_factory=WarmStart)


@dataclass(frozen=True, eq=False)
class InstructionBatch:
    """Pairs of poses and what is said of them.

    Args:
        first, second: axis-angle rotations, the first pose's heading removed from both.
        facts: measured changes.
        words: word ids, between start and end marks.
    """

    first: Float[Tensor, "batch joints 3"]
    second: Float[Tensor, "batch joints 3"]
    facts: Float[Tensor, "batch facts"]
    words: Int[Tensor, "batch length"]

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What the model takes."""
        return self.first, self.second, self.facts


class InstructionLearner(SpeakerLearner):
    """The small model, with pairs that are new in every epoch."""

    pool: PairPool
    monitor = Monitor("facts", "max")
    recipe: InstructionRecipe

    def __init__(self, recipe: InstructionRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = instruction_model(len(self.words), recipe.model)
        give_weights(recipe.start, self.model)

    def written(self, examples: Pair, seed: int, data: PairData) -> list[str]:
        texts = instruct(*examples, seed=seed % (1 << 31))
        return some_paraphrased(texts, data.paraphrased, np.random.default_rng(seed), SAID)

    def batch(self, examples: Pair, texts: list[str], seed: int) -> InstructionBatch:
        first, second = examples
        facts = self.facts.numbers(first, second)
        return InstructionBatch(first.rotations, second.rotations, facts, self.word_ids(texts))

    @cached_property
    def facts(self) -> MeasuredChanges:
        known = known_facts(self.start)
        return (
            MeasuredChanges(tuple(known))
            if known
            else MeasuredChanges.of_pairs(*self.pool.sample(self.recipe.seed, SEEN_ON))
        )

    def held_out_figures(self, most: int | None, judge: Judge) -> dict[str, float]:
        first, second = self.pool.held_out
        return held_out_figures(self.model, self.words, self.facts, (first[:most], second[:most]), judge)


TASK = Task("instruction", "pose pair -> text", InstructionRecipe, InstructionLearner)
