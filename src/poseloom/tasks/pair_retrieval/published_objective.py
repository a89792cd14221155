"""How PairText is trained as published: PoseFix (arXiv 2309.08480), two stages, symmetric contrastive loss."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.contrast import PublishedContrastiveLearner, SharedSpaceRecipe
from poseloom.tasks.common.published_data import PairBatch
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig
from poseloom.training import Task


class PairTextLearner(PublishedContrastiveLearner):
    """PairText on pairs and instructions of a table."""

    kind = "PairText"
    pairs = True
    directions = ("text_to_pair", "pair_to_text")
    model: PairText

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        return PairText(PairTextConfig(sizes.latent, sizes.joints, text))

    def targets(self, batch: Any) -> Float[Tensor, "batch latent"]:
        pairs: PairBatch = batch
        return self.model.encode_pairs(pairs.before, pairs.after)


TASK = Task("pair_retrieval", "instruction <-> pair of poses, as published", SharedSpaceRecipe, PairTextLearner)
