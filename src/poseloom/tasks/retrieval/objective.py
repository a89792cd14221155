"""How the small retrieval model is trained: each text must find its pose in the batch, and each pose its text."""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.tasks.common.examples import PoseData, PosePool, written
from poseloom.tasks.common.text_learner import ContrastiveLearner, Examples
from poseloom.tasks.retrieval.evaluate import held_out_figures
from poseloom.tasks.retrieval.model import RetrievalModel, RetrievalModelConfig
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class RetrievalRecipe(Recipe):
    """How the retrieval model is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
    """

    model: RetrievalModelConfig = field(default_factory=RetrievalModelConfig)
    data: PoseData = field(default_factory=PoseData)


class RetrievalLearner(ContrastiveLearner):
    """The small model, with texts that are new in every epoch."""

    monitor = Monitor("mrecall", "max")
    model: RetrievalModel

    def __init__(self, recipe: RetrievalRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = RetrievalModel(len(self.words), recipe.model)

    def examples(self, seed: int, count: int, data: PoseData) -> Examples:
        poses = self.pool.drawn(seed, count)
        return (poses.rotations,), written(poses, seed, data.partly, data.clipped)

    def validate(self) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.pool.held_out)


TASK = Task("retrieval", "text <-> pose", RetrievalRecipe, RetrievalLearner)
