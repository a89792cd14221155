"""Texts and poses in one space: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.features import PoseTower, PoseTowerConfig
from poseloom.nn.text.convolutions import ConvTextConfig
from poseloom.tasks.common.embedding import EmbeddingModel, Embeddings, unit
from poseloom.tasks.common.embedding import in_parts as in_parts


@dataclass(frozen=True)
class RetrievalModelConfig:
    """Sizes of the model.

    Args:
        latent: size of the shared space.
        text: the text encoder.
        pose: the pose encoder.
    """

    latent: int = within(256, 1, WIDEST)
    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    pose: PoseTowerConfig = field(default_factory=PoseTowerConfig)


class RetrievalModel(EmbeddingModel):
    """A pose and its description lie close together: unit vectors, compared by their dot product.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: RetrievalModelConfig):
        super().__init__(words, config.text, config.latent)
        self.pose_encoder = PoseTower(config.latent, config.pose)

    def embed_poses(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch latent"]:
        """Axis-angle rotations without heading -> unit vectors."""
        return unit(self.pose_encoder(rotations))

    def forward(self, words: Int[Tensor, "batch length"], rotations: Float[Tensor, "batch joints 3"]) -> Embeddings:
        """The vectors of texts and of their poses."""
        return Embeddings(self.embed_texts(words), self.embed_poses(rotations))
