"""How PoseBGenerator is trained as published: PoseFix (arXiv 2309.08480), a conditional VAE in two stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from torch import Tensor, nn

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import PerTerm, free_bits, per_coefficient_bound
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.published_data import PairBatch
from poseloom.tasks.common.published_recipe import ReadingData, TextReaderModel
from poseloom.tasks.common.published_vae import PublishedVaeLearner, VaeRecipe, WornData
from poseloom.tasks.common.reconstruction import reconstruction_terms, training_bounds
from poseloom.tasks.editing.published import PoseBGenerator, PoseBGeneratorConfig
from poseloom.tasks.editing.published_evaluate import EditingJudges, held_out_figures, pose_b_distribution
from poseloom.training import Task


@dataclass(frozen=True)
class PoseBGeneratorModel:
    """Sizes of PoseBGenerator.

    Args:
        latent: size of the VAE's latents.
        text_latent: size of an instruction's vector.
        joints: 52, or 22 without hands.
        fusion: tirg (released) or concat-mlp.
        text: how instructions are read.
    """

    latent: int = within(32, 1, WIDEST)
    text_latent: int = within(128, 1, WIDEST)
    joints: int = within(52, 1, 999)
    fusion: Literal["tirg", "concat-mlp"] = "tirg"
    text: TextReaderModel = field(default_factory=TextReaderModel)


@dataclass(frozen=True)
class EditedData(WornData):
    """A table of pairs with instructions, and the body that wears the poses.

    Args:
        copies: share of training pairs whose instruction is emptied and whose pose B is pose A; 0 in the release.
    """

    stage_keys: ClassVar[tuple[str, ...]] = (*ReadingData.stage_keys, "copies")

    copies: float = within(0.0, 0, 1)

    def __post_init__(self) -> None:
        if not 0 <= self.copies <= 1:
            raise PoseloomError(f"recipe: data.copies: expected a share from 0 to 1, got {self.copies}")


@dataclass(frozen=True)
class EditingLoss:
    """Weights of the loss.

    Args:
        reconstruction: weight of the errors of vertices, joints and rotations.
        floor: nats below which KL(pose B || prediction) of a pair costs no less, in training.
        pose_prior: weight of KL(pose B || N(0, 1)).
    """

    reconstruction: PerTerm = field(default_factory=PerTerm)
    floor: float = within(10.0, 0, 1e6)
    pose_prior: float = within(0.0, 0, 1e6)


@dataclass(frozen=True)
class PoseBGeneratorRecipe(VaeRecipe):
    """How PoseBGenerator is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        loss: weights.
        pose_lr_factors: factor of the learning rate of pose encoder, decoder and posterior, by stage; 1 where none is
            given.
        judges: a retrieval model.
    """

    model: PoseBGeneratorModel = field(default_factory=PoseBGeneratorModel)
    data: EditedData = field(default_factory=EditedData)
    loss: EditingLoss = field(default_factory=EditingLoss)
    judges: EditingJudges = field(default_factory=EditingJudges)


class PoseBGeneratorLearner(PublishedVaeLearner):
    """PoseBGenerator on pairs and instructions of a table."""

    kind = "PoseBGenerator"
    pairs = True
    recipe: PoseBGeneratorRecipe
    model: PoseBGenerator

    @property
    def floor(self) -> float:
        return self.recipe.loss.floor

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        config = PoseBGeneratorConfig(sizes.latent, sizes.text_latent, sizes.joints, sizes.fusion, text)
        return PoseBGenerator(config)

    def pose_parts(self) -> list[nn.Module]:
        model = self.model
        return [model.pose_encoder, model.pose_decoder, model.pose_decoder_distribution_layer]

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        recipe = self.recipe
        return held_out_figures(self.model, self.wearer, batches, self.items.maker, recipe.protocol, recipe.judges)

    def measured(self, batch: PairBatch, floor: float) -> dict[str, Tensor]:
        weights = self.recipe.loss
        posterior = self.model.posterior(self.model.embed_poses(batch.after))
        conditional = pose_b_distribution(self.model, batch)
        decoded = self.model.decode(posterior.rsample())
        terms = reconstruction_terms(self.model, self.wearer, batch.after, decoded)
        apart, prior = divergence(posterior, conditional), divergence(posterior).mean()
        total = per_coefficient_bound(terms, free_bits(apart, floor), weights.reconstruction)
        total = total + weights.pose_prior * prior
        return {"total": total, "kl": apart.mean(), "kl_prior": prior, **training_bounds(terms, apart)}


TASK = Task("editing", "pose + instruction -> pose, as published", PoseBGeneratorRecipe, PoseBGeneratorLearner)
