"""How PATN is trained: L1 and features of VGG19, and two discriminators, one for appearance, one for shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.tasks.transfer.image_pool import ImagePool
from poseloom.tasks.transfer.learning import TransferLearner, TransferRecipe, all_of
from poseloom.tasks.transfer.losses import open_perceptual, probabilities_are, scores_are
from poseloom.tasks.transfer.maps import JOINTS
from poseloom.tasks.transfer.models.inputs import FINAL, Picture
from poseloom.tasks.transfer.models.patn import (
    PatnConfig,
    PatnDiscriminator,
    PatnDiscriminatorConfig,
    PatnGenerator,
)
from poseloom.tasks.transfer.models.units import give_first_weights
from poseloom.tasks.transfer.pairs import TransferBatch
from poseloom.tasks.transfer.released import tidied_patn
from poseloom.tasks.transfer.start import start_with
from poseloom.training import Stage, Task, Turn

_PICTURE = 3


@dataclass(frozen=True)
class PatnModel:
    """Sizes and choices of PATN; the defaults are those for Market-1501.

    Args:
        base: channels of the generator's first convolution.
        blocks: attention blocks.
        instance: instance norm and least squares (DeepFashion), in place of batch norm and cross-entropy.
        dropout: in the blocks of generator and discriminators.
        maps: gaussian (Market-1501), or point, with which DeepFashion's weights were trained.
        judge_base: channels of the discriminators' first convolution.
        judge_blocks: residual blocks of the discriminators.
    """

    base: int = within(64, 1, 1024)
    blocks: int = within(9, 1, 64)
    instance: bool = False
    dropout: bool = True
    maps: str = "gaussian"
    judge_base: int = within(64, 1, 1024)
    judge_blocks: int = within(3, 0, 64)


@dataclass(frozen=True)
class PatnLoss:
    """Weights; the defaults are those for Market-1501, for DeepFashion they are 1, 1 and 5, and no pool.

    Args:
        l1: of L1.
        perceptual: of VGG19's features; needs `vgg`.
        adversarial: of the mean of both verdicts; also of the discriminators' losses.
        pool: made pictures that discriminators may judge again.
        vgg: file of torchvision's VGG19.
    """

    l1: float = within(10.0, 0, 1e6)
    perceptual: float = within(10.0, 0, 1e6)
    adversarial: float = within(5.0, 0, 1e6)
    pool: int = within(50, 0, 100_000)
    vgg: str = ""


@dataclass(frozen=True)
class PatnStart:
    """Weights to begin with; drawn at random where a path is empty.

    Args:
        generator: latest_net_netG.pth, or a model of ours.
        appearance, shape: the discriminators' files.
    """

    generator: str = ""
    appearance: str = ""
    shape: str = ""


@dataclass(frozen=True)
class PatnRecipe(TransferRecipe):
    """How PATN is trained and measured.

    Args:
        algorithm: tells these recipes from others of the task.
        model: its sizes and choices.
        loss: weights.
        start: weights to begin with.
    """

    algorithm: str = "patn"
    model: PatnModel = field(default_factory=PatnModel)
    loss: PatnLoss = field(default_factory=PatnLoss)
    start: PatnStart = field(default_factory=PatnStart)


class PatnLearner(TransferLearner):
    """The generator and both discriminators."""

    kind = "PATN-G"
    kept_elsewhere = ("perceptual.",)
    recipe: PatnRecipe
    model: PatnGenerator

    def __init__(self, recipe: PatnRecipe):
        super().__init__(recipe)
        self.appearance, self.shape = self._judge(2 * _PICTURE), self._judge(_PICTURE + JOINTS)
        for network in (self.model, self.appearance, self.shape):
            give_first_weights(network, "normal")
        start = recipe.start
        start_with(self.model, start.generator, tidied_patn)
        start_with(self.appearance, start.appearance, tidied_patn)
        start_with(self.shape, start.shape, tidied_patn)
        self.perceptual = open_perceptual(recipe.loss.vgg, recipe.loss.perceptual)
        self.pools = {"appearance": ImagePool(recipe.loss.pool), "shape": ImagePool(recipe.loss.pool)}

    def built(self) -> nn.Module:
        sizes = self.recipe.model
        return PatnGenerator(PatnConfig(sizes.base, sizes.blocks, sizes.instance, sizes.dropout, sizes.maps))

    def turns(self, stage: Stage) -> Sequence[Turn]:
        return [
            Turn("generator", all_of(self.model), self._generator_losses),
            Turn("appearance", all_of(self.appearance), self._appearance_losses),
            Turn("shape", all_of(self.shape), self._shape_losses),
        ]

    def run_state(self) -> dict[str, Any]:
        return {name: pool.state() for name, pool in self.pools.items()}

    def load_run_state(self, state: dict[str, Any]) -> None:
        for name, pool in self.pools.items():
            pool.load(state.get(name, {}))

    def _judge(self, channels: int) -> PatnDiscriminator:
        sizes = self.recipe.model
        config = PatnDiscriminatorConfig(
            channels, sizes.judge_base, sizes.judge_blocks, sizes.instance, not sizes.instance, sizes.dropout
        )
        return PatnDiscriminator(config)

    def _generator_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        weights, made = self.recipe.loss, self.generate(batch)[FINAL]
        self.keep_made(batch, {FINAL: made})
        terms = {
            "l1": functional.l1_loss(made, batch.target),
            "appearance": self._are(self.appearance(self._with_source(made, batch)), 1.0),
            "shape": self._are(self.shape(self._with_map(made, batch)), 1.0),
        }
        total = weights.l1 * terms["l1"] + weights.adversarial * (terms["appearance"] + terms["shape"]) / 2
        if self.perceptual is not None:
            terms["perceptual"] = self.perceptual(made, batch.target)
            total = total + weights.perceptual * terms["perceptual"]
        return {"total": total, **terms}

    def _appearance_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        made = self.pools["appearance"].drawn(self._with_source(self.made(batch), batch))
        return self._judged(self.appearance, made, self._with_source(batch.target, batch))

    def _shape_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        made = self.pools["shape"].drawn(self._with_map(self.made(batch), batch))
        return self._judged(self.shape, made, self._with_map(batch.target, batch))

    def _judged(self, judge: nn.Module, made: Tensor, real: Tensor) -> dict[str, Tensor]:
        right, wrong = self._are(judge(real), 1.0), self._are(judge(made), 0.0)
        return {"total": self.recipe.loss.adversarial * (right + wrong) / 2, "made": wrong, "real": right}

    def _are(self, scores: Tensor, real: float) -> Tensor:
        """All channels of the scores are compared with the label, as published."""
        return scores_are(scores, real) if self.recipe.model.instance else probabilities_are(scores, real)

    def _with_source(self, picture: Picture, batch: TransferBatch) -> Tensor:
        return torch.cat([picture, batch.inputs.source], 1)

    def _with_map(self, picture: Picture, batch: TransferBatch) -> Tensor:
        return torch.cat([picture, batch.inputs.target_map(self.recipe.model.maps)], 1)


TASK = Task("transfer", "PATN", PatnRecipe, PatnLearner)
