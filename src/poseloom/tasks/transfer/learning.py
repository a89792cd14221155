"""What all learners of this task share: pairs, validation, the protocol, pictures for loggers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from poseloom.base.errors import PoseloomError, closest
from poseloom.data.splits import TRAIN, VAL
from poseloom.images.files import to_bytes
from poseloom.metrics.picture_error import picture_l1
from poseloom.metrics.ssim import ssim
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.common.stage_data import check_effect, stage_data
from poseloom.tasks.transfer.evaluate import AT_ONCE, Protocol, Sums, held_out_figures
from poseloom.tasks.transfer.judges import Judges
from poseloom.tasks.transfer.losses import masked_l1
from poseloom.tasks.transfer.masks import evaluation_mask
from poseloom.tasks.transfer.models.inputs import FINAL, Picture
from poseloom.tasks.transfer.pairs import PairData, PairPictures, TransferBatch
from poseloom.tasks.transfer.pictures import as_bytes, grid, strip
from poseloom.training import Batches, DatasetBatches, Learner, Monitor, ParameterGroup, Recipe, Share, Stage
from poseloom.training.feed import on_device

GENERATOR, CONFIG, SOURCE = "generator", "config", "source"
"""Keys of a card's extras: which of the architectures, its sizes, the recipe that it is of."""
_SHOWN = 8
"""Pairs in a picture for loggers."""


@dataclass(frozen=True)
class TransferRecipe(Recipe):
    """What the recipes of all generators share.

    Args:
        data: pairs of pictures.
        protocol: how made pictures are measured.
        judges: networks of the user's that judge them as well.
        keep: best: the checkpoint with the least L1 counts, which favours blurred pictures; last: the end of the stage,
            as published.
    """

    data: PairData = field(default_factory=PairData)
    protocol: Protocol = field(default_factory=Protocol)
    judges: Judges = field(default_factory=Judges)
    keep: Literal["best", "last"] = "last"


class TransferLearner(Learner):
    """A generator on pairs of pictures. A subclass builds the networks and says who takes turns.

    Args:
        recipe: the recipe.
    """

    recipe: Any
    model: Any
    kind: str
    """Of the generator, in cards."""
    stage_names: tuple[str, ...] = ()
    """Names that stages may have, where names say what is learned; any where there are none."""

    def __init__(self, recipe: TransferRecipe):
        super().__init__(recipe)
        check_effect(recipe)
        self.monitor = Monitor("l1", "min") if recipe.keep == "best" else Monitor("steps", "max")
        self._check_stages()
        self.model = self.built()
        self._made: tuple[Any, dict[str, Picture]] | None = None

    @abstractmethod
    def built(self) -> nn.Module:
        """The generator with its first weights."""

    def batches(self, share: Share) -> Batches:
        pairs = PairPictures(self._data(share.stage), TRAIN, training=True, seed=share.seed)
        return DatasetBatches(pairs, share, pairs.batch)

    def made(self, batch: TransferBatch) -> Picture:
        """What the generator made of this batch in this step, without its gradients: discriminators judge that."""
        if self._made is None or self._made[0] is not batch:
            with torch.no_grad():
                self.keep_made(batch, self.generate(batch))
        assert self._made is not None
        return self._made[1][FINAL]

    def keep_made(self, batch: TransferBatch, pictures: dict[str, Picture]) -> None:
        """Remember what was made of a batch for the turns that follow."""
        self._made = batch, {name: one.detach() for name, one in pictures.items()}

    def generate(self, batch: TransferBatch) -> dict[str, Picture]:
        """What the generator makes of a batch, by stage."""
        return self.model.generate(batch.inputs)

    def validate(self) -> dict[str, float]:
        """L1, masked L1 (pictures of -1 to 1), SSIM and mask-SSIM of the first held-out pairs; steps taken so far."""
        sums = Sums()
        for batch in self._held_out(VAL, self.recipe.data.held_out):
            made, mask = self.generate(batch)[FINAL], evaluation_mask(batch.inputs.target_keypoints, batch.inputs.size)
            target, final = as_bytes(batch.target), as_bytes(made)
            sums.add(
                {
                    "l1": picture_l1(target, final),
                    "masked_l1": (made * mask - batch.target * mask).abs().mean((-3, -2, -1)),
                    "ssim": ssim(target, final),
                    "mask_ssim": ssim(target * mask.byte(), final * mask.byte()),
                }
            )
        return {**sums.means(), "steps": float(self.position.step)}

    def evaluate(self, split: str) -> dict[str, float]:
        """The protocol on a split; FID compares with all training pictures where the protocol is ``gfla``."""
        recipe = self.recipe
        batches = self._held_out(split, recipe.data.limit)
        references = self._training_pictures() if recipe.protocol.name == "gfla" and recipe.judges.inception else ()
        return held_out_figures(self.generate, batches, recipe.protocol, recipe.judges, references)

    def pictures(self) -> dict[str, Tensor]:
        """Strips of the first held-out pairs."""
        batch = next(iter(self._held_out(VAL, _SHOWN, _SHOWN)))
        return {"held out/pictures": to_bytes(grid(list(strip(batch, self.generate(batch)))))}

    def extras(self) -> dict[str, Any]:
        source = {"recipe": f"{self.recipe.task}/{self.recipe.name}"}
        sizes = {"height": self.recipe.data.height, "width": self.recipe.data.width, "frame": self.recipe.data.frame}
        return {GENERATOR: self.kind, CONFIG: config_to_plain(self.model.config), SOURCE: source, **sizes}

    def image_loss(self, made: Picture, batch: TransferBatch, ratio: float) -> Tensor:
        """PG2's pose mask loss."""
        return masked_l1(made, batch.target, batch.target_mask, ratio)

    def _held_out(self, split: str, most: int, size: int = AT_ONCE) -> Iterator[TransferBatch]:
        pairs = PairPictures(self._data(self.recipe.stages[self.position.stage]), split)
        return (on_device(batch, self.device) for batch in pairs.batches(size, most))

    def _training_pictures(self) -> Iterator[Tensor]:
        pairs = PairPictures(self.recipe.data, TRAIN)
        return (as_bytes(batch.target.to(self.device)) for batch in pairs.batches(AT_ONCE))

    def _data(self, stage: Stage) -> PairData:
        return stage_data(self.recipe, stage)

    def _check_stages(self) -> None:
        for stage in self.recipe.stages if self.stage_names else ():
            if stage.name not in self.stage_names:
                known, near = ", ".join(self.stage_names), closest(stage.name, list(self.stage_names))
                raise PoseloomError(f"recipe: stages: {stage.name!r} learns nothing here, expected {known}{near}")


def all_of(*modules: nn.Module) -> list[ParameterGroup]:
    """All parameters of networks, as one group."""
    return [ParameterGroup([parameter for module in modules for parameter in module.parameters()])]
