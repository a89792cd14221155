"""How the small pair retrieval model is trained: an instruction must find its pair, and a pair its instruction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from poseloom.tasks.common.pair_examples import PairData, PairPool, written_pairs
from poseloom.tasks.common.text_learner import ContrastiveLearner, Examples
from poseloom.tasks.pair_retrieval.evaluate import held_out_figures
from poseloom.tasks.pair_retrieval.model import PairRetrievalModel, PairRetrievalModelConfig
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class PairRetrievalRecipe(Recipe):
    """How the pair retrieval model is trained.

    Args:
        model: its sizes.
        data: poses of which pairs are made; their instructions are written by rule.
    """

    without_effect: ClassVar[dict[str, str]] = {
        "data.mixed": "pairs always exchange limbs; set data.strangers or data.moments",
    }

    model: PairRetrievalModelConfig = field(default_factory=PairRetrievalModelConfig)
    data: PairData = field(default_factory=PairData)


class PairRetrievalLearner(ContrastiveLearner):
    """The small model, with pairs and instructions that are new in every epoch."""

    monitor = Monitor("mrecall", "max")
    model: PairRetrievalModel

    def __init__(self, recipe: PairRetrievalRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = PairRetrievalModel(len(self.words), recipe.model)

    def examples(self, seed: int, count: int, data: PairData) -> Examples:
        first, second = self.pool.drawn(seed, count)
        return (first.rotations, second.rotations), written_pairs(first, second, seed, data.partly, data.clipped)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out)


TASK = Task("pair_retrieval", "instruction <-> pose pair", PairRetrievalRecipe, PairRetrievalLearner)
