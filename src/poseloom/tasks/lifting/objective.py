"""How the lifter is trained: on drawn people as the landmarks' network sees them, half of them mirrored, all shaken."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import torch
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import within
from poseloom.pose import BODY_JOINTS
from poseloom.pose.joints import PARENTS
from poseloom.pose.kinematics import forward_kinematics
from poseloom.pose.skeleton import rest_offsets
from poseloom.tasks.common.stage_data import stage_data
from poseloom.tasks.keypoints.body import POINTS
from poseloom.tasks.lifting.batch import LiftingBatch, batch_of, carried_joints
from poseloom.tasks.lifting.evaluate import figures_of
from poseloom.tasks.lifting.lending import lent_people
from poseloom.tasks.lifting.model import Lifter, LifterConfig, LifterOutput
from poseloom.tasks.lifting.pairs import read_pairs
from poseloom.tasks.lifting.poses import captured_poses
from poseloom.training import Batches, Learner, MadeBatches, Monitor, Recipe, Share, Task

_HELD_OUT = 10
"""Each of so many shards, the last one, is never trained on."""


@dataclass(frozen=True)
class PairData:
    """Pairs to learn from.

    Args:
        pairs: folder of pairs, as `tools/lifting_pairs.py` makes it.
        batches: number of batches that count as an epoch.
        shaken: noise on landmarks in the picture, of the region's side.
        shaken_world: noise on landmarks in space, metres.
        lent: share of each batch that was never drawn: other poses with the errors of people of the pairs.
        lent_people: how many of these are made.
        poses: motion file of captured poses for them; sampled poses alone where none is named.
    """

    pairs: str = ""
    batches: int = within(100, 1, 10_000_000)
    shaken: float = within(0.004, 0, 1)
    shaken_world: float = within(0.008, 0, 1)
    lent: float = within(0.0, 0, 1)
    lent_people: int = within(160_000, 1, 10_000_000)
    poses: str = ""


@dataclass(frozen=True)
class LossWeights:
    """How much each loss counts.

    Args:
        carried: distance of the joints that the rotations give, metres.
        joints: distance of the joints that are told directly, metres.
        turned: rotations in space, and in the parents' axes.
        errors: likelihood of the errors under those that are foreseen.
    """

    carried: float = within(1.0, 0, 1000)
    joints: float = within(1.0, 0, 1000)
    turned: float = within(0.05, 0, 1000)
    errors: float = within(0.01, 0, 1000)


@dataclass(frozen=True)
class LiftingRecipe(Recipe):
    """How the lifter is trained.

    Args:
        model: its sizes.
        data: pairs to learn from.
        losses: weights of the losses.
    """

    model: LifterConfig = field(default_factory=LifterConfig)
    data: PairData = field(default_factory=PairData)
    losses: LossWeights = field(default_factory=LossWeights)


def held_out_shard(number: int) -> bool:
    """Whether a shard is never trained on."""
    return number % _HELD_OUT == _HELD_OUT - 1


class LiftingLearner(Learner):
    """The lifter, and the pairs that it learns from."""

    monitor = Monitor("direct_mm", "min")
    recipe: LiftingRecipe
    model: Lifter

    def __init__(self, recipe: LiftingRecipe):
        super().__init__(recipe)
        self.model = Lifter(recipe.model)

    @cached_property
    def _every(self) -> tuple[LiftingBatch, LiftingBatch]:
        if not self.recipe.data.pairs:
            raise PoseloomError("recipe: data.pairs: is empty; name a folder of pairs, see tools/lifting_pairs.py")
        folder = Path(self.recipe.data.pairs)
        held = batch_of(read_pairs(folder, held_out_shard))
        return batch_of(read_pairs(folder, lambda number: not held_out_shard(number))), held

    @property
    def training_pairs(self) -> LiftingBatch:
        """Pairs to learn from."""
        return self._every[0]

    @property
    def held_out(self) -> LiftingBatch:
        """Pairs that are never trained on."""
        return self._every[1]

    @cached_property
    def _lent(self) -> LiftingBatch:
        data = self.recipe.data
        captured = captured_poses(Path(data.poses)) if data.poses else None
        return lent_people(self.training_pairs, data.lent_people, captured, self.recipe.seed)

    def batches(self, share: Share) -> Batches:
        data: PairData = stage_data(self.recipe, share.stage)
        return MadeBatches(partial(self._drawn, data), share, data.batches)

    def begin(self, stage: object) -> None:
        if stage is self.recipe.stages[0]:
            self.model.measure(self.training_pairs.numbers)

    def _drawn(self, data: PairData, seed: int, count: int) -> LiftingBatch:
        generator = torch.Generator().manual_seed(seed % (1 << 62))
        lent = round(count * data.lent)
        rows = torch.randint(len(self.training_pairs), (count - lent,), generator=generator)
        batch = self.training_pairs[rows].mirrored(torch.rand(count - lent, generator=generator) < 0.5)
        if lent:
            others = self._lent[torch.randint(len(self._lent), (lent,), generator=generator)]
            batch = LiftingBatch.joined([batch, others])
        spread = torch.zeros(POINTS, 8)
        spread[:, :3], spread[:, 4:7] = 2 * data.shaken, 2 * data.shaken_world
        noise = torch.randn(count, POINTS, 8, generator=generator) * spread
        numbers = batch.numbers + torch.nn.functional.pad(noise.flatten(1), (0, 2))
        return LiftingBatch(numbers, batch.local, batch.joints)

    def losses(self, batch: LiftingBatch) -> dict[str, Tensor]:
        return lifting_losses(self.model(batch.numbers), batch, self.recipe.losses)

    def validate(self) -> dict[str, float]:
        output = self.model(self.held_out.numbers)
        return figures_of(output, carried_joints(output.local), self.held_out.local, self.held_out.joints)


def lifting_losses(output: LifterOutput, batch: LiftingBatch, weights: LossWeights) -> dict[str, Tensor]:
    """The losses of a batch by name; `total` is their weighted sum."""
    offsets = rest_offsets()[:BODY_JOINTS].to(output.local)
    glob, carried = forward_kinematics(output.local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    truly, _ = forward_kinematics(batch.local, offsets, PARENTS[:BODY_JOINTS], offsets.new_zeros(3))
    apart = (output.joints - batch.joints).norm(dim=-1)
    turn = (output.local - batch.local).square().sum((-1, -2)).add(1e-8).sqrt() * 2**-0.5
    losses = {
        "carried": (carried - batch.joints).norm(dim=-1).mean(),
        "joints": apart.mean(),
        "turned": chordal(glob, truly) + chordal(output.local, batch.local),
        "errors": likelihood(apart.detach(), output.place_error) + likelihood(turn.detach(), output.turn_error),
    }
    total = sum((getattr(weights, name) * value for name, value in losses.items()), apart.new_zeros(()))
    return {"total": total, **losses}


def chordal(one: Tensor, other: Tensor) -> Tensor:
    """Mean square of the chordal distance of rotations."""
    return (one - other).square().sum((-1, -2)).mean()


def likelihood(error: Tensor, foreseen: Tensor) -> Tensor:
    """Negative logarithm, for errors that are distributed exponentially about the mean that is foreseen."""
    return (error / foreseen + foreseen.log()).mean()


TASK = Task("lifting", "landmarks -> poses in space", LiftingRecipe, LiftingLearner)
