"""How the small generator is trained: from any point between noise and a pose, say the pose that the text tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.ranges import within
from poseloom.facts.measured import SEEN_ON, MeasuredFacts
from poseloom.facts.stated import described_claims, facts_of_description, unread
from poseloom.nn.pose.losses import fact_loss, flow_losses
from poseloom.pose.types import Pose, concatenate
from poseloom.tasks.common.examples import PoseData, PosePool, write_descriptions
from poseloom.tasks.common.flow_learner import JITTER, FlowLearner
from poseloom.tasks.common.warm_start import WarmStart
from poseloom.tasks.generation.evaluate import held_out_figures
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.training import Monitor, Recipe, Task

_SAMPLES = 32
"""Poses drawn for each text, of which the nearest counts."""


@dataclass(frozen=True)
class GenerationData(PoseData):
    """Poses to learn from, and poses that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: folders of tables with poses; their split train, or all rows where there are no splits.
        held_out: a file or table whose poses are validated on; procedural poses where it is empty.
        validation: number of poses to validate on.
        quick: how many of them are validated on between epochs, where the whole protocol takes long.
        batches: number of batches that count as an epoch.
        partial_texts: share of the texts that tell only some of the pose, as people do.
        telegraphic: share of the texts that are not whole sentences, in the words that people type.
        paraphrased: share of the texts in other words and another order.
        human_texts: share of the poses that come from `tables`, with what people wrote of them.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: share of the poses that have some limbs of another pose: what limbs do is learned apart.
        condition_dropout: share of the poses that come without a text: any pose, and what guidance leads away from.
    """

    stage_keys: ClassVar[tuple[str, ...]] = (*PoseData.stage_keys, "condition_dropout")

    condition_dropout: float = within(0.0, 0, 1)


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


@dataclass(frozen=True, eq=False)
class GenerationBatch:
    """Poses and their texts, and poses whose facts the classifier learns.

    Args:
        poses: axis-angle rotations without heading.
        words: word ids of the texts.
        facts: what the texts state.
        classified: as many poses, and as many jittered ones.
        holds: which facts hold of these.
    """

    poses: Float[Tensor, "batch joints 3"]
    words: Int[Tensor, "batch length"]
    facts: Float[Tensor, "batch facts"]
    classified: Float[Tensor, "classified joints 3"]
    holds: Float[Tensor, "classified measured"]


class GenerationLearner(FlowLearner):
    """The small generator, with texts that are new in every epoch."""

    pool: PosePool
    monitor = Monitor("best_mpjpe", "min")
    reads = staticmethod(facts_of_description)
    asks = staticmethod(described_claims)
    recipe: GenerationRecipe
    model: GenerationModel

    def __init__(self, recipe: GenerationRecipe):
        super().__init__(recipe)
        self.pool = PosePool(recipe.data)
        self.model = GenerationModel(len(self.words), recipe.model)
        self.warm()

    def written(self, examples: Pose, seed: int, data: GenerationData) -> list[str]:
        return write_descriptions(examples, seed, data.partial_texts, data.telegraphic, data.paraphrased)

    def batch(self, examples: Pose, texts: list[str], seed: int) -> GenerationBatch:
        both = concatenate([examples, _jittered(examples, seed)])
        words, facts = self.words_and_facts(texts)
        return GenerationBatch(examples.rotations, words, facts, both.rotations, self.measured.numbers(both))

    def poses(self, seed: int, count: int) -> Float[Tensor, "poses joints 3"]:
        return self.pool.sample(seed, count).rotations

    def classified_names(self) -> tuple[str, ...]:
        return self.measured.names

    @cached_property
    def measured(self) -> MeasuredFacts:
        """The facts that the model learns to classify."""
        return MeasuredFacts.of_poses(self.pool.sample(self.recipe.seed, SEEN_ON))

    def losses(self, batch: GenerationBatch) -> dict[str, Tensor]:
        """See `flow_losses`; ``classifier``: how badly the facts of the classified poses are known."""
        condition = self.model.condition(batch.words, unread(batch.facts))
        losses = flow_losses(self.model.flow, batch.poses, condition)
        losses["classifier"] = fact_loss(self.model.classifier, batch.classified, batch.holds)
        return losses | {"total": losses["total"] + losses["classifier"]}

    def held_out_figures(self, most: int | None) -> dict[str, float]:
        return held_out_figures(self.model, self.text_numbers, self.pool.held_out[:most], _SAMPLES)


def _jittered(poses: Pose, seed: int) -> Pose:
    """Poses as they are on the flow's path: not quite right."""
    generator = torch.Generator().manual_seed(seed)
    size = JITTER * torch.rand(len(poses), 1, 1, generator=generator)
    return Pose(poses.rotations + size * torch.randn(poses.rotations.shape, generator=generator))


TASK = Task("generation", "text -> pose", GenerationRecipe, GenerationLearner)
