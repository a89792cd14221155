"""How PairText is trained as published: PoseFix (arXiv 2309.08480), two stages, symmetric contrastive loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.contrast import PublishedContrastiveLearner
from poseloom.tasks.common.published_data import PairBatch
from poseloom.tasks.common.published_recipe import PublishedRecipe, ReadingData, TextReaderModel
from poseloom.tasks.common.ranking import RankProtocol
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig
from poseloom.training import Task


@dataclass(frozen=True)
class PairTextModel:
    """Sizes of PairText.

    Args:
        latent: size of the shared space.
        joints: 52, or 22 without hands (PoseEmbroider).
        text: how instructions are read.
    """

    latent: int = within(512, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextReaderModel = field(default_factory=TextReaderModel)


@dataclass(frozen=True)
class PairTextRecipe(PublishedRecipe):
    """How PairText is trained and measured.

    Args:
        model: its sizes.
        data: the table; stages choose its texts.
        loss: symbbc (released) or bbc (papers).
        protocol: protocol of R-precision.
    """

    model: PairTextModel = field(default_factory=PairTextModel)
    data: ReadingData = field(default_factory=ReadingData)
    loss: Literal["symbbc", "bbc"] = "symbbc"
    protocol: RankProtocol = field(default_factory=RankProtocol)


class PairTextLearner(PublishedContrastiveLearner):
    """PairText on pairs and instructions of a table."""

    kind = "PairText"
    pairs = True
    directions = ("text_to_pair", "pair_to_text")
    recipe: PairTextRecipe
    model: PairText

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        return PairText(PairTextConfig(sizes.latent, sizes.joints, text))

    def targets(self, batch: Any) -> Float[Tensor, "batch latent"]:
        pairs: PairBatch = batch
        return self.model.encode_pairs(pairs.before, pairs.after)


TASK = Task("pair_retrieval", "instruction <-> pair of poses, as published", PairTextRecipe, PairTextLearner)
