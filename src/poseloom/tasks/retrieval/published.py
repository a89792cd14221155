"""The published text-pose retrieval model: PoseText of PoseScript (arXiv 2210.11795) and PoseEmbroider (2409.06535)."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder

INITIAL_TEMPERATURE = 10.0
"""First value of the learned factor on the scores: an inverse temperature, not its logarithm, and not bounded."""


@dataclass(frozen=True)
class PoseTextConfig:
    """The defaults are those of ``ret_distilbert_dataPSA2ftPSH2``; PoseEmbroider's has 22 joints."""

    latent: int = within(512, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextEncoderChoice = field(default_factory=TextEncoderChoice)


class PoseText(nn.Module):
    """Poses and texts as vectors of length 1 whose dot products say how well they fit."""

    def __init__(self, config: PoseTextConfig | None = None):
        super().__init__()
        self.config = config or PoseTextConfig()
        self.loss_weight = nn.Parameter(torch.full((1,), INITIAL_TEMPERATURE))
        self.pose_encoder = PoseEncoder(self.config.latent, joints=self.config.joints, role=Role.RETRIEVAL)
        self.text_encoder = build_text_encoder(self.config.text, self.config.latent, Role.RETRIEVAL)

    def encode_poses(self, poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch latent"]:
        """Axis-angle poses in radians, z up and without heading as the model was trained, to unit vectors."""
        return self.pose_encoder(poses)

    def encode_texts(
        self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]
    ) -> Float[Tensor, "batch latent"]:
        """Token ids to unit vectors; `lengths` count the start and end tokens."""
        return self.text_encoder(tokens, lengths)

    def scores(
        self, texts: Float[Tensor, "texts latent"], poses: Float[Tensor, "poses latent"]
    ) -> Float[Tensor, "texts poses"]:
        """Scaled dot products: what the contrastive losses take."""
        return self.loss_weight * texts @ poses.T
