"""How the small retrieval model is trained: each text must find its pose in the batch, and each pose its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor

from poseloom.pose.types import Pose
from poseloom.tasks.common.contrastive_learner import ContrastiveLearner
from poseloom.tasks.common.embedding import Embeddings
from poseloom.tasks.common.examples import PoseData, PosePool, write_descriptions
from poseloom.tasks.common.warm_start import WarmStart, give_text_encoder, give_weights
from poseloom.tasks.retrieval.evaluate import held_out_figures
from poseloom.tasks.retrieval.model import RetrievalModel, RetrievalModelConfig
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class RetrievalRecipe(Recipe):
    """How the retrieval model is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
        start: weights to begin with: those of a model that learns on.
    """

    model: RetrievalModelConfig = field(default_factory=RetrievalModelConfig)
    data: PoseData = field(default_factory=PoseData)
    start: WarmStart = field(default_factory=WarmStart)


@dataclass(frozen=True, eq=False)
class RetrievalBatch:
    """Poses and their texts.

    Args:
        poses: axis-angle rotations without heading.
        words: word ids of the texts.
    """

    poses: Float[Tensor, "batch joints 3"]
    words: Int[Tensor, "batch length"]


class RetrievalLearner(ContrastiveLearner):
    """The small model, with texts that are new in every epoch."""

    pool: PosePool
    monitor = Monitor("mrecall", "max")
    model: RetrievalModel

    def __init__(self, recipe: RetrievalRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = RetrievalModel(len(self.words), recipe.model)
        give_text_encoder(recipe.start, self.model.text_encoder)
        give_weights(recipe.start, self.model)

    def written(self, examples: Pose, seed: int, data: PoseData) -> list[str]:
        return write_descriptions(examples, seed, data.partial_texts, data.telegraphic, data.paraphrased)

    def batch(self, examples: Pose, texts: list[str], seed: int) -> RetrievalBatch:
        return RetrievalBatch(examples.rotations, self.word_ids(texts))

    def embedded(self, batch: RetrievalBatch) -> Embeddings:
        return self.model(batch.words, batch.poses)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out)


TASK = Task("retrieval", "text <-> pose", RetrievalRecipe, RetrievalLearner)
