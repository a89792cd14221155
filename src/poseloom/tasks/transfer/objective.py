"""How poseloom's own small generator is trained: pixels and structure, then also a patch discriminator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.metrics.ssim import SsimVariant, ssim
from poseloom.tasks.transfer.learning import TransferLearner, TransferRecipe, all_of
from poseloom.tasks.transfer.losses import edge_l1, masked_l1, scores_are
from poseloom.tasks.transfer.maps import JOINTS, pose_maps
from poseloom.tasks.transfer.models.inputs import FINAL, Picture
from poseloom.tasks.transfer.models.pngan import PatchConfig, PatchDiscriminator
from poseloom.tasks.transfer.models.warped import WarpedConfig, WarpedGenerator
from poseloom.tasks.transfer.pairs import TransferBatch
from poseloom.tasks.transfer.start import start_with
from poseloom.training import Stage, Task, Turn

_PICTURE = 3
_STRUCTURE = SsimVariant(data_range=2.0)
"""SSIM of pictures of -1 to 1."""


@dataclass(frozen=True)
class WarpedLoss:
    """Weights.

    Args:
        l1: of L1.
        mask_ratio: of L1 within the mask, times `l1`.
        structure: of 1 - SSIM.
        edges: of L1 between differences of neighbouring pixels.
        adversarial: of a patch discriminator's verdict in the stages that are named; nobody judges where it is 0.
        sharp_stages: stages in which it judges.
        judge_base: channels of the discriminator's first convolution.
    """

    l1: float = within(1.0, 0, 1e6)
    mask_ratio: float = within(2.0, 0, 1e6)
    structure: float = within(0.5, 0, 1e6)
    edges: float = within(0.5, 0, 1e6)
    adversarial: float = within(0.02, 0, 1e6)
    sharp_stages: list[str] = field(default_factory=lambda: ["sharp"])
    judge_base: int = within(32, 1, 1024)


@dataclass(frozen=True)
class WarpedStart:
    """Weights to begin with; drawn at random where the path is empty.

    Args:
        generator: a model of ours; transfer is the one that poseloom ships.
    """

    generator: str = ""


@dataclass(frozen=True)
class WarpedRecipe(TransferRecipe):
    """How poseloom's own generator is trained and measured.

    Args:
        model: its sizes.
        loss: weights.
        start: weights to begin with.
    """

    model: WarpedConfig = field(default_factory=WarpedConfig)
    loss: WarpedLoss = field(default_factory=WarpedLoss)
    start: WarpedStart = field(default_factory=WarpedStart)


class WarpedLearner(TransferLearner):
    """The small generator, and a discriminator that sees the target's map as well."""

    kind = "warped"
    recipe: WarpedRecipe
    model: nn.Module

    def __init__(self, recipe: WarpedRecipe):
        super().__init__(recipe)
        self.discriminator = PatchDiscriminator(PatchConfig(recipe.loss.judge_base, _PICTURE + JOINTS))

    def built(self) -> nn.Module:
        model = self.first_generator()
        start_with(model, self.recipe.start.generator)
        return model

    def first_generator(self) -> nn.Module:
        """The generator with weights drawn at random."""
        return WarpedGenerator(self.recipe.model)

    def turns(self, stage: Stage) -> Sequence[Turn]:
        turns = [Turn("generator", all_of(self.model), self._generator_losses)]
        if self._sharp(stage):
            turns.append(Turn("discriminator", all_of(self.discriminator), self._judge_losses))
        return turns

    def _sharp(self, stage: Stage) -> bool:
        return self.recipe.loss.adversarial > 0 and stage.name in self.recipe.loss.sharp_stages

    def _generator_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        weights, made = self.recipe.loss, self.generate(batch)[FINAL]
        self.keep_made(batch, {FINAL: made})
        terms = {
            "l1": masked_l1(made, batch.target, batch.target_mask, weights.mask_ratio),
            "structure": 1 - ssim(batch.target, made, _STRUCTURE).mean().float(),
            "edges": edge_l1(made, batch.target),
        }
        total = sum(getattr(weights, name) * term for name, term in terms.items())
        if self._sharp(self.recipe.stages[self.position.stage]):
            terms["fooled"] = scores_are(self._verdict(made, batch), 1.0)
            total = total + weights.adversarial * terms["fooled"]
        return {"total": total, **terms}

    def _judge_losses(self, batch: TransferBatch) -> dict[str, Tensor]:
        wrong = scores_are(self._verdict(self.made(batch), batch), 0.0)
        right = scores_are(self._verdict(batch.target, batch), 1.0)
        return {"total": (wrong + right) / 2, "made": wrong, "real": right}

    def _verdict(self, picture: Picture, batch: TransferBatch) -> Tensor:
        pose = pose_maps(batch.inputs.target_keypoints, batch.inputs.size, self.model.config.maps)
        return self.discriminator(torch.cat([picture, pose], 1))


TASK = Task("transfer", "a person in another pose", WarpedRecipe, WarpedLearner)
