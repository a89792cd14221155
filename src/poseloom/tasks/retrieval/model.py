"""Texts and poses in one space: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.features import PoseTower, PoseTowerConfig
from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder


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


class RetrievalModel(nn.Module):
    """A pose and its description lie close together: unit vectors, compared by their dot product.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: RetrievalModelConfig):
        super().__init__()
        self.text_encoder = ConvTextEncoder(words, config.text)
        self.text_head = nn.Linear(config.text.outputs, config.latent)
        self.pose_encoder = PoseTower(config.latent, config.pose)

    def embed_texts(self, words: Int[Tensor, "batch length"]) -> Float[Tensor, "batch latent"]:
        """Word ids -> unit vectors."""
        return functional.normalize(self.text_head(self.text_encoder(words)).float(), dim=-1)

    def embed_poses(self, rotations: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch latent"]:
        """Axis-angle rotations without heading -> unit vectors."""
        return functional.normalize(self.pose_encoder(rotations).float(), dim=-1)

    def forward(
        self, words: Int[Tensor, "batch length"], rotations: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch batch"]:
        """Dot products; row i is text i, column j pose j."""
        return self.embed_texts(words) @ self.embed_poses(rotations).T


@torch.no_grad()
def in_parts(function, *inputs: Tensor, size: int = 512) -> Tensor:  # type: ignore[no-untyped-def]
    """A function of batches over inputs of any length."""
    parts = zip(*(one.split(size) for one in inputs), strict=True)
    return torch.cat([function(*part) for part in parts])
