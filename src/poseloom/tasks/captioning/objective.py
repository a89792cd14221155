"""How the small captioning model is trained: to say the paragraph that the rules write of a pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from poseloom.facts.measured import SEEN_ON, MeasuredFacts
from poseloom.language import describe
from poseloom.tasks.captioning.evaluate import held_out_figures
from poseloom.tasks.captioning.model import CaptioningModelConfig, captioning_model
from poseloom.tasks.common.examples import PoseData, PosePool
from poseloom.tasks.common.judge import Judge
from poseloom.tasks.common.saying import SpeakerLearner
from poseloom.tasks.common.text_learner import Examples
from poseloom.tasks.common.warm_start import WarmStart, give_weights, known_facts
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class CaptioningRecipe(Recipe):
    """How the captioning model is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
        judge: of what it says.
        start: weights to begin with: those of a model that learns on.
    """

    without_effect: ClassVar[dict[str, str]] = {
        "data.partly": "its texts tell the whole pose, in paragraphs",
        "data.clipped": "its texts are whole sentences",
    }

    model: CaptioningModelConfig = field(default_factory=CaptioningModelConfig)
    data: PoseData = field(default_factory=PoseData)
    judge: Judge = field(default_factory=Judge)
    start: WarmStart = field(default_factory=WarmStart)


class CaptioningLearner(SpeakerLearner):
    """The small model, with texts that are new in every epoch."""

    monitor = Monitor("facts", "max")
    recipe: CaptioningRecipe

    def __init__(self, recipe: CaptioningRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = captioning_model(len(self.words), recipe.model)
        give_weights(recipe.start, self.model)

    def examples(self, seed: int, count: int, data: PoseData) -> Examples:
        poses = self.pool.drawn(seed, count)
        return (poses.rotations, self.facts.numbers(poses)), describe(poses, seed=seed % (1 << 31))

    @cached_property
    def facts(self) -> MeasuredFacts:
        known = known_facts(self.start)
        return (
            MeasuredFacts(tuple(known)) if known else MeasuredFacts.of_poses(self.pool.drawn(self.recipe.seed, SEEN_ON))
        )

    def validate(self) -> dict[str, float]:
        return held_out_figures(
            self.model, self.words, self.facts, self.pool.held_out[: self.recipe.data.quick], Judge()
        )

    def evaluate(self, split: str) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.facts, self.pool.held_out, self.recipe.judge)


TASK = Task("captioning", "pose -> text", CaptioningRecipe, CaptioningLearner)
