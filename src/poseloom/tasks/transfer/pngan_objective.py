"""How PN-GAN is trained: least squares against a patch discriminator, and L1; the original's form and the port's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.data.splits import TRAIN
from poseloom.tasks.transfer.identities import open_identities
from poseloom.tasks.transfer.image_pool import ImagePool
from poseloom.tasks.transfer.learning import TransferLearner, TransferRecipe, all_of
from poseloom.tasks.transfer.losses import open_perceptual, scores_are
from poseloom.tasks.transfer.maps import JOINTS, pose_maps
from poseloom.tasks.transfer.models.inputs import FINAL, Picture
from poseloom.tasks.transfer.models.patn import PatnDiscriminator, PatnDiscriminatorConfig
from poseloom.tasks.transfer.models.pngan import PatchConfig, PatchDiscriminator, PnganConfig, PnganGenerator
from poseloom.tasks.transfer.models.units import give_first_weights
from poseloom.tasks.transfer.pairs import PairPictures, TransferBatch
from poseloom.tasks.transfer.start import start_with
from poseloom.training import Stage, Task, Turn

_PICTURE = 3


@dataclass(frozen=True)
class PnganModel:
    """Sizes of PN-GAN.

    Args:
        base: channels of the first convolution.
        blocks: residual blocks.
        two_branches: the PyTorch port's form, which sees the maps of both poses in an encoder of their own and judges
            pairs; without, the original's, which sees the picture of a skeleton.
        judge_base: channels of the discriminators' first convolution.
    """

    base: int = within(64, 1, 1024)
    blocks: int = within(9, 1, 64)
    two_branches: bool = False
    judge_base: int = within(64, 1, 1024)


@dataclass(frozen=True)
class PnganLoss:
    """Weights.

    Args:
        l1: of L1.
        masked_l1: of L1 + L1 within the mask; the port's in place of L1.
        perceptual: of VGG19's features; needs `vgg`.
        adversarial: of the patch discriminator's verdict.
        shape: of the verdict of a discriminator that sees the target's map as well (two branches).
        pool: pictures in the pool of the shape discriminator.
        identity: of the cross-entropy of who is seen, by a network of the user's; the port's is 1.
        vgg: file of torchvision's VGG19.
        identities: file of that network, see `poseloom.tasks.transfer.identities`.
        real_is_source: the discriminator takes the source for the real picture, as the original's code does; the target
            otherwise.
    """

    l1: float = within(10.0, 0, 1e6)
    masked_l1: float = within(0.0, 0, 1e6)
    perceptual: float = within(0.0, 0, 1e6)
    adversarial: float = within(1.0, 0, 1e6)
    shape: float = within(0.0, 0, 1e6)
    pool: int = within(50, 0, 100_000)
    identity: float = within(0.0, 0, 1e6)
    vgg: str = ""
    identities: str = ""
    real_is_source: bool = False


@dataclass(frozen=True)
class PnganStart:
    """Weights to begin with; drawn at random where a path is empty.

    Args:
        generator, discriminator: files of the original or the port, or models of ours.
    """

    generator: str = ""
    discriminator: str = ""


@dataclass(frozen=True)
class PnganRecipe(TransferRecipe):
    """How PN-GAN is trained and measured.

    Args:
        algorithm: tells these recipes from others of the task.
        model: its sizes.
        loss: weights.
        start: weights to begin with.
    """

    algorithm: str = "pngan"
    model: PnganModel = field(default_factory=PnganModel)
    loss: PnganLoss = field(default_factory=PnganLoss)
    start: PnganStart = field(default_factory=PnganStart)


class PnganLearner(TransferLearner):
    """The generator and its discriminators."""

    kind = "PN-GAN-G"
    kept_elsewhere = ("perceptual.", "identities.")
    recipe: PnganRecipe
    model: PnganGenerator

    def __init__(self, recipe: PnganRecipe):
        super().__init__(recipe)
        sizes, weights = recipe.model, recipe.loss
        start_with(self.model, recipe.start.generator)
        channels = 2 * _PICTURE if sizes.two_branches else _PICTURE
        self.discriminator = PatchDiscriminator(PatchConfig(sizes.judge_base, channels))
        if sizes.two_branches:
            give_first_weights(self.model, "normal")
            give_first_weights(self.discriminator, "normal")
        start_with(self.discriminator, recipe.start.discriminator)
        self.shape_judge: PatnDiscriminator | None = None
        if weights.shape:
            judge = PatnDiscriminatorConfig(_PICTURE + JOINTS, sizes.judge_base, instance=True, sigmoid=False)
            self.shape_judge = PatnDiscriminator(judge)
            give_first_weights(self.shape_judge, "normal")
        self.perceptual = open_perceptual(weights.vgg, weights.perceptual)
        self.identities = open_identities(weights.identities, weights.identity, self._people())
        self.pool = ImagePool(weights.pool)

    def built(self) -> nn.Module:
        sizes = self.recipe.model
        channels = 2 * JOINTS if sizes.two_branches else _PICTURE
        return PnganGenerator(PnganConfig(sizes.base, sizes.blocks, channels, sizes.two_branches))

    def _people(self) -> int:
        """How many people the training pairs show; they are counted only where somebody tells them apart."""
        return PairPictures(self.recipe.data, TRAIN).people if self.recipe.loss.identity else 0

    def turns(self, stage: Stage) -> Sequence[Turn]:
        turns = [
            Turn("generator", all_of(self.model), self._generator_losses),
            Turn("discriminator", all_of(self.discriminator), self._judge_losses),
        ]
        if self.shape_judge is not None:
            turns.append(Turn("shape", all_of(self.shape_judge), self._shape_losses))
        return turns

    def run_state(self) -> dict[str, Any]:
        return self.pool.state() if self.shape_judge is not None else {}

    def load_run_state(self, state: dict[str, Any]) -> None:
        self.pool.load(state)

    def _generator_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        weights, made = self.recipe.loss, self.generate(batch)[FINAL]
        self.keep_made(batch, {FINAL: made})
        terms = {"l1": functional.l1_loss(made, batch.target), "fooled": scores_are(self._verdict(made, batch), 1.0)}
        total = weights.l1 * terms["l1"] + weights.adversarial * terms["fooled"]
        if weights.masked_l1:
            terms["masked_l1"] = self.image_loss(made, batch, 1.0)
            total = total + weights.masked_l1 * terms["masked_l1"]
        if self.perceptual is not None:
            terms["perceptual"] = self.perceptual(made, batch.target)
            total = total + weights.perceptual * terms["perceptual"]
        if self.identities is not None:
            terms["identity"] = self.identities.loss(made, batch.people)
            total = total + weights.identity * terms["identity"]
        if self.shape_judge is not None:
            terms["shape"] = scores_are(self.shape_judge(self._with_map(made, batch)), 1.0)
            total = total + weights.shape * terms["shape"]
        return {"total": total, **terms}

    def _judge_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        real = batch.inputs.source if self.recipe.loss.real_is_source else batch.target
        wrong = scores_are(self._verdict(self.made(batch), batch), 0.0)
        right = scores_are(self._verdict(real, batch), 1.0)
        return {"total": wrong + right, "made": wrong, "real": right}

    def _shape_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        judge: Any = self.shape_judge
        wrong = scores_are(judge(self.pool.drawn(self._with_map(self.made(batch), batch))), 0.0)
        right = scores_are(judge(self._with_map(batch.target, batch)), 1.0)
        return {"total": (wrong + right) / 2, "made": wrong, "real": right}

    def _verdict(self, picture: Picture, batch: TransferBatch) -> Tensor:
        seen = torch.cat([picture, batch.inputs.source], 1) if self.recipe.model.two_branches else picture
        return self.discriminator(seen)

    def _with_map(self, picture: Picture, batch: TransferBatch) -> Tensor:
        return torch.cat([picture, pose_maps(batch.inputs.target_keypoints, batch.inputs.size, "gaussian")], 1)


TASK = Task("transfer", "PN-GAN", PnganRecipe, PnganLearner)
