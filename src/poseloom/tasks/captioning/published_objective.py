"""How DescriptionGenerator is trained as published: PoseScript (arXiv 2210.11795), teacher forcing in two stages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.tasks.captioning.published import DescriptionGenerator, DescriptionGeneratorConfig
from poseloom.tasks.captioning.published_evaluate import CaptioningJudges, held_out_figures
from poseloom.tasks.common.published_recipe import PublishedRecipe, TableData
from poseloom.tasks.common.published_saying import DecoderSizes, PublishedSayingLearner, SayingProtocol
from poseloom.training import Task


@dataclass(frozen=True)
class DescriptionGeneratorModel:
    """Sizes of DescriptionGenerator.

    Args:
        latent: size of a pose's vector.
        joints: 52, or 22 without hands.
        decoder: says the pose.
    """

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    decoder: DecoderSizes = field(default_factory=DecoderSizes)


@dataclass(frozen=True)
class DescriptionGeneratorRecipe(PublishedRecipe):
    """How DescriptionGenerator is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        protocol: how its texts are measured.
        judges: a retrieval model and a generator.
    """

    model: DescriptionGeneratorModel = field(default_factory=DescriptionGeneratorModel)
    data: TableData = field(default_factory=TableData)
    protocol: SayingProtocol = field(default_factory=SayingProtocol)
    judges: CaptioningJudges = field(default_factory=CaptioningJudges)


class DescriptionGeneratorLearner(PublishedSayingLearner):
    """DescriptionGenerator on poses and texts of a table."""

    kind = "DescriptionGenerator"
    recipe: DescriptionGeneratorRecipe
    model: DescriptionGenerator

    def _model(self) -> nn.Module:
        sizes = self.recipe.model
        decoder = sizes.decoder.config(self._known)
        return DescriptionGenerator(DescriptionGeneratorConfig(sizes.latent, sizes.joints, sizes.decoder.kind, decoder))

    def seen(self, batch: Any) -> tuple[Tensor, ...]:
        return (batch.poses,)

    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        return held_out_figures(self.spoken(batches), batches, self.recipe.protocol, self.recipe.judges)


TASK = Task("captioning", "pose -> text, as published", DescriptionGeneratorRecipe, DescriptionGeneratorLearner)
