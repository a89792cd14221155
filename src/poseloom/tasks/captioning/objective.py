"""How the small captioning model is trained: to say the paragraph that the rules write of a pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.facts.measured import SEEN_ON, MeasuredFacts
from poseloom.language import describe
from poseloom.pose.types import Pose
from poseloom.tasks.captioning.evaluate import held_out_figures
from poseloom.tasks.captioning.model import CaptioningModelConfig, captioning_model
from poseloom.tasks.common.examples import SAID, PoseData, PosePool, some_paraphrased
from poseloom.tasks.common.judge import Judge
from poseloom.tasks.common.saying import Seen
from poseloom.tasks.common.speaker_learner import SpeakerLearner
from poseloom.tasks.common.warm_start import WarmStart, give_weights, known_facts
from poseloom.training import Monitor, Recipe, Task


@dataclass(frozen=True)
class CaptioningRecipe(Recipe):
    """How the captioning model is trained.

    Args:
        model: its sizes.
        data: poses to learn from; their texts are written by rule.
        judge: the retrieval model that judges its texts.
        start: weights to begin with: those of a model that learns on.
    """

    without_effect: ClassVar[dict[str, str]] = {
        "data.partial_texts": "its texts tell the whole pose, in paragraphs",
        "data.telegraphic": "its texts are whole sentences",
    }

    model: CaptioningModelConfig = field(default_factory=CaptioningModelConfig)
    data: PoseData = field(default_factory=PoseData)
    judge: Judge = field(default_factory=Judge)
    start: WarmStart = field(default_factory=WarmStart)


@dataclass(frozen=True, eq=False)
class CaptioningBatch:
    """Poses and what is said of them.

    Args:
        poses: axis-angle rotations without heading.
        facts: what is measured of them.
        words: word ids, between start and end marks.
    """

    poses: Float[Tensor, "batch joints 3"]
    facts: Float[Tensor, "batch facts"]
    words: Int[Tensor, "batch length"]

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What the model takes."""
        return self.poses, self.facts


class CaptioningLearner(SpeakerLearner):
    """The small model, with texts that are new in every epoch."""

    pool: PosePool
    monitor = Monitor("facts", "max")
    recipe: CaptioningRecipe

    def __init__(self, recipe: CaptioningRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = captioning_model(len(self.words), recipe.model)
        give_weights(recipe.start, self.model)

    def written(self, examples: Pose, seed: int, data: PoseData) -> list[str]:
        texts = describe(examples, seed=seed % (1 << 31))
        return some_paraphrased(texts, data.paraphrased, np.random.default_rng(seed), SAID)

    def batch(self, examples: Pose, texts: list[str], seed: int) -> CaptioningBatch:
        return CaptioningBatch(examples.rotations, self.facts.numbers(examples), self.word_ids(texts))

    @cached_property
    def facts(self) -> MeasuredFacts:
        known = known_facts(self.start)
        return (
            MeasuredFacts(tuple(known))
            if known
            else MeasuredFacts.of_poses(self.pool.sample(self.recipe.seed, SEEN_ON))
        )

    def held_out_figures(self, most: int | None, judge: Judge) -> dict[str, float]:
        return held_out_figures(self.model, self.words, self.facts, self.pool.held_out[:most], judge)


TASK = Task("captioning", "pose -> text", CaptioningRecipe, CaptioningLearner)
