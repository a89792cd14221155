"""How the small editing model is trained: from noise, the original and the instruction, say the changed pose."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.facts.measured_pairs import PairClaims
from poseloom.facts.named_limbs import keep_unnamed_limbs
from poseloom.facts.stated import facts_of_instruction, instructed_claims, unread
from poseloom.nn.pose.flow import OriginalPose
from poseloom.nn.pose.losses import claim_loss, flow_losses
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.types import Pose
from poseloom.tasks.common.flow_learner import JITTER, FlowLearner
from poseloom.tasks.common.pair_examples import Pair, PairData, PairPool, write_instructions
from poseloom.tasks.common.warm_start import WarmStart
from poseloom.tasks.editing.evaluate import held_out_figures
from poseloom.tasks.editing.model import EditingModel, EditingModelConfig
from poseloom.training import Monitor, Recipe, Task

_CLASSIFIED = 32
"""Claims that are classified of each pair."""
_STILL = 1e-4
"""Radians from which a rotation is another one."""


@dataclass(frozen=True)
class EditingData(PairData):
    """Pairs to learn from, and pairs that are held out.

    Args:
        procedural: poses drawn from the embedded stances.
        files: motion or pose files of any format that poseloom reads; all their frames are used.
        tables: folders of tables with poses; their split train, or all rows where there are no splits.
        held_out: a file that names pairs to validate on; procedural pairs where it is empty.
        validation: number of pairs to validate on.
        quick: how many of them are validated on between epochs, where the whole protocol takes long.
        batches: number of batches that count as an epoch.
        partial_texts: share of the instructions that tell only some of the changes.
        telegraphic: share of the instructions that are not whole sentences, in the words that people type.
        paraphrased: share of the instructions in other words and another order.
        human_texts: share of the pairs that come from `tables`, with what people wrote of them.
        vocabulary_texts: texts from which the vocabulary is read.
        mixed: has no meaning here: see `strangers`, and limbs that are exchanged in the other pairs.
        moments: share of the pairs that are two moments of a motion, where there are motions.
        strangers: share of the pairs of which one pose has nothing to do with the other.
        settled: leave the limbs that no change names as they were: what is not named must stay.
        condition_dropout: share of the pairs that come without an instruction: what guidance leads away from.
    """

    stage_keys: ClassVar[tuple[str, ...]] = (*PairData.stage_keys, "settled", "condition_dropout")

    settled: bool = True
    condition_dropout: float = within(0.0, 0, 1)


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


@dataclass(frozen=True, eq=False)
class EditingBatch:
    """Pairs of poses and their instructions, and pairs whose claims the classifier learns.

    Args:
        first, second: axis-angle rotations, the first pose's heading removed from both.
        words: word ids of the instructions.
        facts: what the instructions state.
        classified: other second poses of the same first ones.
        claims: places of some claims.
        holds: whether these hold of first and classified poses; NaN where nobody knows.
    """

    first: Float[Tensor, "batch joints 3"]
    second: Float[Tensor, "batch joints 3"]
    words: Int[Tensor, "batch length"]
    facts: Float[Tensor, "batch facts"]
    classified: Float[Tensor, "batch joints 3"]
    claims: Int[Tensor, "batch claims"]
    holds: Float[Tensor, "batch claims"]


class EditingLearner(FlowLearner):
    """The small editing model, with pairs and instructions that are new in every epoch."""

    pool: PairPool
    monitor = Monitor("facts", "max")
    reads = staticmethod(facts_of_instruction)
    asks = staticmethod(instructed_claims)
    recipe: EditingRecipe
    model: EditingModel

    def __init__(self, recipe: EditingRecipe):
        super().__init__(recipe)
        self.pool = PairPool(recipe.data)
        self.model = EditingModel(len(self.words), recipe.model)
        self.warm()

    def examples(self, seed: int, count: int, data: EditingData) -> Pair:
        first, second = self.pool.sample(seed, count)
        return first, keep_unnamed_limbs(first, second) if data.settled else second

    def written(self, examples: Pair, seed: int, data: EditingData) -> list[str]:
        return write_instructions(*examples, seed, data.partial_texts, data.telegraphic, data.paraphrased)

    def batch(self, examples: Pair, texts: list[str], seed: int) -> EditingBatch:
        first, second = examples
        words, facts = self.words_and_facts(texts)
        other = _jittered(first, second, seed)
        claims, holds = self.claims.judged(first, other, _CLASSIFIED, seed)
        return EditingBatch(first.rotations, second.rotations, words, facts, other.rotations, claims, holds)

    def poses(self, seed: int, count: int) -> Float[Tensor, "poses joints 3"]:
        return self.pool.poses.sample(seed, count).rotations

    def classified_names(self) -> tuple[str, ...]:
        return self.claims.names(self.recipe.model.measured)

    @cached_property
    def claims(self) -> PairClaims:
        """The claims that the model learns to classify."""
        return PairClaims.of_texts(self._some_texts(), self.recipe.model.measured)

    def losses(self, batch: EditingBatch) -> dict[str, Tensor]:
        """See `flow_losses`; ``moves``: how badly it is known which joints an instruction moves; ``classifier``: which
        claims hold of the classified pairs."""
        condition = self.model(batch.words, unread(batch.facts), batch.first)
        moves = ((batch.second - batch.first).abs() > _STILL).any(-1)[:, :BODY_JOINTS]
        losses = flow_losses(self.model.flow, batch.second, condition.vectors, OriginalPose(batch.first, moves))
        losses["moves"] = functional.binary_cross_entropy_with_logits(condition.moves.float(), moves.float())
        losses["classifier"] = claim_loss(
            self.model.classifier, batch.first, batch.classified, batch.claims, batch.holds
        )
        return losses | {"total": losses["total"] + losses["moves"] + losses["classifier"]}

    def held_out_figures(self, most: int | None) -> dict[str, float]:
        first, second = self.pool.held_out
        return held_out_figures(self.model, self.text_numbers, (first[:most], second[:most]))


def _jittered(first: Pose, second: Pose, seed: int) -> Pose:
    """Second poses, half of them not quite right where they move, as those on the flow's path are."""
    generator = torch.Generator().manual_seed(seed)
    size, chosen = torch.rand(2, len(first), 1, 1, generator=generator)
    moves = (first.rotations != second.rotations).any(-1, keepdim=True)
    noise = torch.randn(second.rotations.shape, generator=generator)
    return Pose(second.rotations + JITTER * size * (chosen < 0.5) * moves * noise)


TASK = Task("editing", "pose and instruction -> pose", EditingRecipe, EditingLearner)
