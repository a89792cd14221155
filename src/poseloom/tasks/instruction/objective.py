"""How the small instruction model is trained: to say what the rules write of a pair of poses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from poseloom.facts.measured import SEEN_ON
from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.language import instruct
from poseloom.tasks.common.judge import Judge
from poseloom.tasks.common.pair_examples import PairData, PairPool
from poseloom.tasks.common.saying import SpeakerLearner
from poseloom.tasks.common.text_learner import Examples
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
        judge: of what it says.
        start: weights to begin with: those of a model that learns on.
    """

    without_effect: ClassVar[dict[str, str]] = {
        "data.partly": "its texts tell all changes",
        "data.clipped": "its texts are whole sentences",
        "data.mixed": "pairs always exchange limbs; set data.strangers or data.moments",
    }

    model: InstructionModelConfig = field(default_factory=InstructionModelConfig)
    data: PairData = field(default_factory=PairData)
    judge: Judge = field(default_factory=Judge)
    start: WarmStart = field(default_factory=WarmStart)


class InstructionLearner(SpeakerLearner):
    """The small model, with pairs that are new in every epoch."""

    monitor = Monitor("facts", "max")
    recipe: InstructionRecipe

    def __init__(self, recipe: InstructionRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = instruction_model(len(self.words), recipe.model)
        give_weights(recipe.start, self.model)

    def examples(self, seed: int, count: int, data: PairData) -> Examples:
        first, second = self.pool.drawn(seed, count)
        numbers = self.facts.numbers(first, second)
        return (first.rotations, second.rotations, numbers), instruct(first, second, seed=seed % (1 << 31))

    @cached_property
    def facts(self) -> MeasuredChanges:
        known = known_facts(self.start)
        return (
            MeasuredChanges(tuple(known))
            if known
            else MeasuredChanges.of_pairs(*self.pool.drawn(self.recipe.seed, SEEN_ON))
        )

    def validate(self) -> dict[str, float]:
        quick = self.recipe.data.quick
        pairs = (self.pool.held_out[0][:quick], self.pool.held_out[1][:quick])
        return held_out_figures(self.model, self.words, self.facts, pairs, Judge())

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.facts, self.pool.held_out, self.recipe.judge)


TASK = Task("instruction", "pose pair -> text", InstructionRecipe, InstructionLearner)
