"""The published instruction-pair retrieval model: PairText of PoseFix (arXiv 2309.08480) and PoseEmbroider."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.fusion import Concatenation
from poseloom.nn.pose.encoder import PoseEncoder, Role, UnitLength
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder

INITIAL_TEMPERATURE = 10.0
"""First value of the learned factor on the scores, as for the text-pose model."""


@dataclass(frozen=True)
class PairTextConfig:
    """The defaults are those of ``modret_distilbert_dataPFAftPFH``; PoseEmbroider's has 22 joints."""

    latent: int = within(512, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextEncoderChoice = field(default_factory=TextEncoderChoice)


class PairText(nn.Module):
    """Pairs of poses and instructions as vectors of length 1 whose dot products say how well they fit."""

    def __init__(self, config: PairTextConfig | None = None):
        super().__init__()
        self.config = config or PairTextConfig()
        latent = self.config.latent
        self.loss_weight = nn.Parameter(torch.full((1,), INITIAL_TEMPERATURE))
        self.pose_encoder = PoseEncoder(latent, joints=self.config.joints, role=Role.RETRIEVAL)
        self.pose_mlp = nn.Sequential(
            Concatenation(),
            nn.Linear(2 * latent, 2 * latent),
            nn.LeakyReLU(),
            nn.Linear(2 * latent, latent),
            nn.LeakyReLU(),
            nn.Linear(latent, latent),
            nn.LeakyReLU(),
            UnitLength(),
        )
        self.text_encoder = build_text_encoder(self.config.text, latent, Role.RETRIEVAL)

    def encode_pairs(
        self, before: Float[Tensor, "batch joints 3"], after: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch latent"]:
        """Pairs of axis-angle poses in radians to unit vectors. Batch norm sees the two poses in two calls."""
        return self.pose_mlp((self.pose_encoder(before), self.pose_encoder(after)))

    def encode_texts(
        self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]
    ) -> Float[Tensor, "batch latent"]:
        """Token ids to unit vectors; `lengths` count the start and end tokens."""
        return self.text_encoder(tokens, lengths)

    def scores(
        self, texts: Float[Tensor, "texts latent"], pairs: Float[Tensor, "pairs latent"]
    ) -> Float[Tensor, "texts pairs"]:
        """Scaled dot products: what the contrastive losses take."""
        return self.loss_weight * texts @ pairs.T
