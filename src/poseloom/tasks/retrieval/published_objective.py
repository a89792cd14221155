"""How PoseText is trained as published: PoseScript (arXiv 2210.11795), two stages, symmetric contrastive loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from poseloom.base.ranges import within
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.common.contrast import PublishedContrastiveLearner, SharedSpaceRecipe
from poseloom.tasks.common.published_data import PoseBatch
from poseloom.tasks.common.published_recipe import ReadingData
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig
from poseloom.tasks.retrieval.published_replaced import Replaced
from poseloom.training import Task


@dataclass(frozen=True)
class PoseTextData(ReadingData):
    """A table of poses with texts.

    Args:
        generator: trained text-to-pose model whose poses are learned from in place of the table's (for recall G/R);
            none where it is empty.
        generated: poses that it draws for each text, of which one is taken at random.
    """

    generator: str = ""
    generated: int = within(5, 1, 999)


@dataclass(frozen=True)
class PoseTextRecipe(SharedSpaceRecipe):
    """How PoseText is trained and measured.

    Args:
        data: the table; stages choose its texts.
    """

    data: PoseTextData = field(default_factory=PoseTextData)


class PoseTextLearner(PublishedContrastiveLearner):
    """PoseText on poses and texts of a table."""

    kind = "PoseText"
    directions = ("text_to_pose", "pose_to_text")
    recipe: PoseTextRecipe
    model: PoseText

    def __init__(self, recipe: PoseTextRecipe):
        super().__init__(recipe)
        if recipe.data.generator:
            self.items = Replaced(self.items, recipe.data.generator, recipe.data.generated)

    def built(self, text: TextEncoderChoice) -> nn.Module:
        sizes = self.recipe.model
        return PoseText(PoseTextConfig(sizes.latent, sizes.joints, text))

    def targets(self, batch: Any) -> Float[Tensor, "batch latent"]:
        poses: PoseBatch = batch
        return self.model.encode_poses(poses.poses)


TASK = Task("retrieval", "text <-> pose, as published", PoseTextRecipe, PoseTextLearner)
