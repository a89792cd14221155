"""How the small pair retrieval model is trained: an instruction must find its pair, and a pair its instruction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from jaxtyping import Float, Int
from torch import Tensor

from poseloom.tasks.common.contrastive_learner import ContrastiveLearner
from poseloom.tasks.common.embedding import Embeddings
from poseloom.tasks.common.pair_examples import Pair, PairData, PairPool, write_instructions
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


@dataclass(frozen=True, eq=False)
class PairRetrievalBatch:
    """Pairs of poses and their instructions.

    Args:
        first, second: axis-angle rotations, the first pose's heading removed from both.
        words: word ids of the instructions.
    """

    first: Float[Tensor, "batch joints 3"]
    second: Float[Tensor, "batch joints 3"]
    words: Int[Tensor, "batch length"]


class PairRetrievalLearner(ContrastiveLearner):
    """The small model, with pairs and instructions that are new in every epoch."""

    pool: PairPool
    monitor = Monitor("mrecall", "max")
    model: PairRetrievalModel

    def __init__(self, recipe: PairRetrievalRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = PairRetrievalModel(len(self.words), recipe.model)

    def written(self, examples: Pair, seed: int, data: PairData) -> list[str]:
        return write_instructions(*examples, seed, data.partial_texts, data.telegraphic, data.paraphrased)

    def batch(self, examples: Pair, texts: list[str], seed: int) -> PairRetrievalBatch:
        first, second = examples
        return PairRetrievalBatch(first.rotations, second.rotations, self.word_ids(texts))

    def embedded(self, batch: PairRetrievalBatch) -> Embeddings:
        return self.model(batch.words, batch.first, batch.second)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out)


TASK = Task("pair_retrieval", "instruction <-> pose pair", PairRetrievalRecipe, PairRetrievalLearner)
