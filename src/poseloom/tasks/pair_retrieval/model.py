"""Instructions and pairs of poses in one space: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.features import PairTower, PoseTowerConfig
from poseloom.nn.text.convolutions import ConvTextConfig
from poseloom.tasks.common.embedding import EmbeddingModel, Embeddings, unit


@dataclass(frozen=True)
class PairRetrievalModelConfig:
    """Sizes of the model.

    Args:
        latent: size of the shared space.
        text: the text encoder.
        pair: the encoder of pairs.
    """

    latent: int = within(256, 1, WIDEST)
    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    pair: PoseTowerConfig = field(default_factory=PoseTowerConfig)


class PairRetrievalModel(EmbeddingModel):
    """A pair of poses and its instruction lie close together: unit vectors, compared by their dot product.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: PairRetrievalModelConfig):
        super().__init__(words, config.text, config.latent)
        self.pair_encoder = PairTower(config.latent, config.pair)

    def embed_pairs(
        self, first: Float[Tensor, "batch joints 3"], second: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch latent"]:
        """Axis-angle rotations, the first pose's heading removed from both -> unit vectors."""
        return unit(self.pair_encoder(first, second))

    def forward(
        self,
        words: Int[Tensor, "batch length"],
        first: Float[Tensor, "batch joints 3"],
        second: Float[Tensor, "batch joints 3"],
    ) -> Embeddings:
        """The vectors of instructions and of their pairs."""
        return Embeddings(self.embed_texts(words), self.embed_pairs(first, second))
