"""How CondTextPoser is trained as published: PoseScript (arXiv 2210.11795), a conditional VAE in two stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.gaussian import divergence
from poseloom.nn.losses import PerTerm, evidence_bounds, weighted_reconstruction
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.published_data import PoseBatch
from poseloom.tasks.common.published_learner import ReadingLearner, groups_with, mean_of
from poseloom.tasks.common.published_recipe import PublishedRecipe, ReadingData, TextReaderModel, check_stages
from poseloom.tasks.common.published_text import encode_texts
from poseloom.tasks.common.reconstruction import PUBLISHED_TERMS, reconstruction_terms
from poseloom.tasks.common.surfaces import Wearer
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig
from poseloom.tasks.generation.published_evaluate import GenerationJudges, SampleProtocol, held_out_figures
from poseloom.training import Monitor, ParameterGroup, Stage, Task


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
class BodyData(ReadingData):
    """A table of poses with texts, and the body that wears them.

    Args:
        body: model file of SMPL-H, as published; the free body, whose figures are its own, where it is empty.
    """

    body: str = ""


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
class CondTextPoserRecipe(PublishedRecipe):
    """How CondTextPoser is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        loss: weights.
        pose_lr_factors: factor of the learning rate of pose encoder and decoder, by stage; 1 where none is given.
        protocol: how many samples are drawn.
        judges: retrieval models.
    """

    model: CondTextPoserModel = field(default_factory=CondTextPoserModel)
    data: BodyData = field(default_factory=BodyData)
    loss: GenerationLoss = field(default_factory=GenerationLoss)
    pose_lr_factors: dict[str, float] = field(default_factory=dict)
    protocol: SampleProtocol = field(default_factory=SampleProtocol)
    judges: GenerationJudges = field(default_factory=GenerationJudges)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_stages(self, "pose_lr_factors", self.pose_lr_factors)


class CondTextPoserLearner(ReadingLearner):
    """CondTextPoser on poses and texts of a table."""

    kind = "CondTextPoser"
    monitor = Monitor("total", "min")
    recipe: CondTextPoserRecipe
    model: CondTextPoser

    def __init__(self, recipe: CondTextPoserRecipe):
        super().__init__(recipe)
        self.wearer = Wearer(recipe.data.body)

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        return CondTextPoser(CondTextPoserConfig(sizes.latent, sizes.joints, text))

    def losses(self, batch: Any) -> dict[str, Tensor]:
        return self._measured(batch)

    def validated(self, batches: Iterator[Any]) -> dict[str, float]:
        return mean_of([(len(batch.poses), self._measured(batch)) for batch in batches])

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        return held_out_figures(self.model, self.wearer, batches, self.recipe.protocol, self.recipe.judges)

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        factor = self.recipe.pose_lr_factors.get(stage.name, 1.0)
        return groups_with(self, [self.model.pose_encoder, self.model.pose_decoder], factor)

    def _measured(self, batch: PoseBatch) -> dict[str, Tensor]:
        weights = self.recipe.loss
        posterior, conditional = self.model.encode_poses(batch.poses), encode_texts(self.model, batch.texts)
        decoded = self.model.decode(posterior.rsample())
        terms = reconstruction_terms(self.model, self.wearer, batch.poses, decoded)
        to_text, pose_prior, text_prior = (
            divergence(posterior, conditional),
            divergence(posterior),
            divergence(conditional),
        )
        priors = weights.pose_prior * pose_prior.mean() + weights.text_prior * text_prior.mean()
        total = weighted_reconstruction(terms, weights.reconstruction)
        total = total + weights.divergence * (to_text.mean() + priors)
        bounds = {f"elbo_{PUBLISHED_TERMS[name]}": one for name, one in evidence_bounds(terms, to_text).items()}
        return {"total": total, "kl_text": to_text.mean(), "kl_prior": pose_prior.mean(), **bounds}


TASK = Task("generation", "text -> pose, as published", CondTextPoserRecipe, CondTextPoserLearner)
