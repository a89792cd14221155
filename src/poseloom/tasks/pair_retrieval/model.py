"""Instructions and pairs of poses in one space: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.features import PairTower, PoseTowerConfig
from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder


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


class PairRetrievalModel(nn.Module):
    """A pair of poses and its instruction lie close together: unit vectors, compared by their dot product.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: PairRetrievalModelConfig):
        super().__init__()
        self.text_encoder = ConvTextEncoder(words, config.text)
        self.text_head = nn.Linear(config.text.outputs, config.latent)
        self.pair_encoder = PairTower(config.latent, config.pair)

    def embed_texts(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch latent"]:
        """Word ids -> unit vectors."""
        return functional.normalize(self.text_head(self.text_encoder(words)).float(), dim=-1)

    def embed_pairs(
        self, first: Float[Tensor, "batch joints 3"], second: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch latent"]:
        """Axis-angle rotations, the first pose's heading removed from both -> unit vectors."""
        return functional.normalize(self.pair_encoder(first, second).float(), dim=-1)

    def forward(
        self,
        words: Int[Tensor, "batch length"],
        first: Float[Tensor, "batch joints 3"],
        second: Float[Tensor, "batch joints 3"],
    ) -> Float[Tensor, "batch batch"]:
        """Dot products; row i is text i, column j pair j."""
        return self.embed_texts(words) @ self.embed_pairs(first, second).T
