"""How PG2 and Mobile PG2 are trained: a coarse picture by masked L1, then its details against a discriminator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.tasks.transfer.learning import TransferLearner, TransferRecipe, all_of
from poseloom.tasks.transfer.losses import logits_are, pg2_judge
from poseloom.tasks.transfer.maps import JOINTS
from poseloom.tasks.transfer.models.inputs import COARSE, FINAL, Picture
from poseloom.tasks.transfer.models.pg2 import CoarseConfig, DetailConfig, Pg2, Pg2Config
from poseloom.tasks.transfer.models.pg2_discriminator import DcganConfig, DcganDiscriminator
from poseloom.tasks.transfer.models.units import FirstWeights, give_first_weights
from poseloom.tasks.transfer.pairs import TransferBatch
from poseloom.tasks.transfer.released import tidied_pg2
from poseloom.tasks.transfer.start import start_with
from poseloom.training import Stage, Task, Turn

FIRST, SECOND = "coarse", "detail"
"""Names of the stages."""
_PICTURE = 3


@dataclass(frozen=True)
class Pg2Model:
    """Sizes of PG2; the defaults are those for Market-1501.

    Args:
        base: channels of the first level.
        levels: scales of stage 1; 6 for pictures of 256 x 256.
        code: size of stage 1's bottleneck.
        detail_levels: scales of stage 2; 4 for 256 x 256.
        skips_left_out: finest levels of stage 2 whose features its decoder does not see; 0 for 256 x 256.
        separable: depthwise-separable convolutions: Mobile PG2.
        maps: gaussian as in the port, disc as in the paper, or point.
        judge_base: channels of the discriminator's first convolution.
        judge_layers: its convolutions; 5 for 256 x 256.
        first_detail, first_judge: first weights of stage 2 and of the discriminator.
    """

    base: int = within(128, 1, 4096)
    levels: int = within(5, 1, 12)
    code: int = within(64, 1, 65_536)
    detail_levels: int = within(3, 1, 12)
    skips_left_out: int = within(1, 0, 12)
    separable: bool = False
    maps: str = "gaussian"
    judge_base: int = within(64, 1, 4096)
    judge_layers: int = within(4, 1, 10)
    first_detail: FirstWeights = "xavier"
    first_judge: FirstWeights = "tflib"


@dataclass(frozen=True)
class Pg2Loss:
    """Weights.

    Args:
        image: of the masked L1 in stage 2.
        mask_ratio: of L1 within the mask, in both stages.
        adversarial: of the discriminator's verdict in stage 2.
        joint_judging: the discriminator sees all pictures in one batch, whose statistics its norms take: as the paper's
            TensorFlow code; the port judges them one after another.
    """

    image: float = within(10.0, 0, 1e6)
    mask_ratio: float = within(1.0, 0, 1e6)
    adversarial: float = within(1.0, 0, 1e6)
    joint_judging: bool = False


@dataclass(frozen=True)
class Pg2Start:
    """Weights to begin with; drawn at random where a path is empty.

    Args:
        generator1, generator2, discriminator: files of the port (G1, G2, D), or models of ours.
    """

    generator1: str = ""
    generator2: str = ""
    discriminator: str = ""


@dataclass(frozen=True)
class Pg2Recipe(TransferRecipe):
    """How PG2 is trained and measured.

    Args:
        algorithm: tells these recipes from others of the task.
        model: its sizes.
        loss: weights.
        start: weights to begin with.
    """

    algorithm: str = "pg2"
    model: Pg2Model = field(default_factory=Pg2Model)
    loss: Pg2Loss = field(default_factory=Pg2Loss)
    start: Pg2Start = field(default_factory=Pg2Start)


class Pg2Learner(TransferLearner):
    """Both generators, and the discriminator of the second."""

    kind = "PG2"
    stage_names = (FIRST, SECOND)
    recipe: Pg2Recipe
    model: Pg2

    def __init__(self, recipe: Pg2Recipe):
        super().__init__(recipe)
        sizes, start = recipe.model, recipe.start
        start_with(self.model.generator1, start.generator1, tidied_pg2, "generator1.")
        self.discriminator: DcganDiscriminator | None = None
        if self.model.generator2 is not None:
            give_first_weights(self.model.generator2, sizes.first_detail)
            start_with(self.model.generator2, start.generator2, tidied_pg2, "generator2.")
            size = recipe.data.size
            self.discriminator = DcganDiscriminator(DcganConfig(sizes.judge_base, sizes.judge_layers, *size))
            give_first_weights(self.discriminator, sizes.first_judge)
            start_with(self.discriminator, start.discriminator)
        self._stage = recipe.stages[-1].name

    def built(self) -> nn.Module:
        sizes = self.recipe.model
        maps = _PICTURE if sizes.maps == "skeleton" else JOINTS
        height, width = self.recipe.data.size
        coarse = CoarseConfig(_PICTURE + maps, sizes.base, sizes.levels, sizes.code, height, width, sizes.separable)
        detail = DetailConfig(2 * _PICTURE, sizes.base, sizes.detail_levels, sizes.skips_left_out, sizes.separable)
        stages = 2 if any(stage.name == SECOND for stage in self.recipe.stages) else 1
        return Pg2(Pg2Config(coarse, detail, stages, sizes.maps))

    def begin(self, stage: Stage) -> None:
        self._stage = stage.name
        self.model.generator1.requires_grad_(stage.name == FIRST)

    def turns(self, stage: Stage) -> Sequence[Turn]:
        if stage.name == FIRST:
            return [Turn("generator1", all_of(self.model.generator1), self._coarse_losses)]
        assert self.model.generator2 is not None and self.discriminator is not None
        return [
            Turn("generator2", all_of(self.model.generator2), self._detail_losses),
            Turn("discriminator", all_of(self.discriminator), self._judge_losses),
        ]

    def generate(self, batch: TransferBatch) -> dict[str, Picture]:
        """Of stage 1 alone while that is learned."""
        return {FINAL: self._coarse(batch)} if self._stage == FIRST else self.model.generate(batch.inputs)

    def _coarse(self, batch: TransferBatch) -> Picture:
        return self.model.coarse(batch.inputs.source, batch.inputs.target_map(self.recipe.model.maps))

    def _coarse_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        return {"total": self.image_loss(self._coarse(batch), batch, self.recipe.loss.mask_ratio)}

    def _detail_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        weights, judge, second = self.recipe.loss, self.discriminator, self.model.generator2
        assert judge is not None and second is not None
        with torch.no_grad():
            coarse = self._coarse(batch)
        final = coarse + second(batch.inputs.source, coarse)
        self.keep_made(batch, {COARSE: coarse, FINAL: final})
        image = self.image_loss(final, batch, weights.mask_ratio)
        fooled = logits_are(self._verdicts(final, batch)[0], 1.0)
        return {"total": weights.image * image + weights.adversarial * fooled, "image": image, "fooled": fooled}

    def _judge_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        made, target, source = self._verdicts(self.made(batch), batch, all_three=True)
        return {"total": pg2_judge(made, target, source), "real": target.mean(), "made": made.mean()}

    def _verdicts(self, made: Picture, batch: TransferBatch, *, all_three: bool = False) -> list[Tensor]:
        judge: Any = self.discriminator
        pictures = [made, batch.target, batch.inputs.source]
        if self.recipe.loss.joint_judging:
            return list(judge(torch.cat(pictures)).split(len(made)))
        return [judge(one) for one in (pictures if all_three else pictures[:1])]


TASK = Task("transfer", "PG2 and Mobile PG2", Pg2Recipe, Pg2Learner)
