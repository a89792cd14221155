"""How CondTextPoser is trained as published: PoseScript (arXiv 2210.11795), a conditional VAE in two stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import PerTerm, weighted_reconstruction
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.published_data import PoseBatch
from poseloom.tasks.common.published_recipe import TextReaderModel
from poseloom.tasks.common.published_text import encode_texts
from poseloom.tasks.common.published_vae import PublishedVaeLearner, VaeRecipe, WornData
from poseloom.tasks.common.reconstruction import reconstruction_terms, training_bounds
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig
from poseloom.tasks.generation.published_evaluate import GenerationJudges, held_out_figures
from poseloom.training import Task


@dataclass(frozen=True)
class CondTextPoserModel:
    """Sizes of CondTextPoser.

    Args:
        latent: size of the VAE's latents.
        joints: 52, or 22 without hands.
        text: how texts are read.
    """

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextReaderModel = field(default_factory=TextReaderModel)


@dataclass(frozen=True)
class GenerationLoss:
    """Weights of the loss.

    Args:
        reconstruction: weight of the errors of vertices, joints and rotations.
        divergence: weight of KL(pose || text).
        pose_prior: multiplies it for KL(pose || N(0, 1)).
        text_prior: multiplies it for KL(text || N(0, 1)).
    """

    reconstruction: PerTerm = field(default_factory=lambda: PerTerm(4.0, 2.0, 2.0))
    divergence: float = within(0.1, 0, 1e6)
    pose_prior: float = within(0.01, 0, 1e6)
    text_prior: float = within(0.01, 0, 1e6)


@dataclass(frozen=True)
class CondTextPoserRecipe(VaeRecipe):
    """How CondTextPoser is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        loss: weights.
        pose_lr_factors: factor of the learning rate of pose encoder and decoder, by stage; 1 where none is given.
        judges: retrieval models.
    """

    model: CondTextPoserModel = field(default_factory=CondTextPoserModel)
    data: WornData = field(default_factory=WornData)
    loss: GenerationLoss = field(default_factory=GenerationLoss)
    judges: GenerationJudges = field(default_factory=GenerationJudges)


class CondTextPoserLearner(PublishedVaeLearner):
    """CondTextPoser on poses and texts of a table."""

    kind = "CondTextPoser"
    recipe: CondTextPoserRecipe
    model: CondTextPoser

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        return CondTextPoser(CondTextPoserConfig(sizes.latent, sizes.joints, text))

    def pose_parts(self) -> list[nn.Module]:
        return [self.model.pose_encoder, self.model.pose_decoder]

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        return held_out_figures(self.model, self.wearer, batches, self.recipe.protocol, self.recipe.judges)

    def measured(self, batch: PoseBatch, floor: float) -> dict[str, Tensor]:
        """See the base; the divergence is weighted, not floored."""
        weights = self.recipe.loss
        posterior, conditional = self.model.encode_poses(batch.poses), encode_texts(self.model, batch.texts)
        decoded = self.model.decode(posterior.rsample())
        terms = reconstruction_terms(self.model, self.wearer, batch.poses, decoded)
        to_text = divergence(posterior, conditional)
        pose_prior, text_prior = divergence(posterior).mean(), divergence(conditional).mean()
        priors = weights.pose_prior * pose_prior + weights.text_prior * text_prior
        total = weighted_reconstruction(terms, weights.reconstruction) + weights.divergence * (to_text.mean() + priors)
        bounds = training_bounds(terms, to_text)
        return {"total": total, "kl_text": to_text.mean(), "kl_prior": pose_prior, **bounds}


TASK = Task("generation", "text -> pose, as published", CondTextPoserRecipe, CondTextPoserLearner)
