"""The published pose generators: CondTextPoser of PoseScript (arXiv 2210.11795), PoseVAE of PoseEmbroider."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Normal

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.gaussian import standard_normal
from poseloom.nn.pose.decoder import JointRotations, PoseDecoder
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder


@dataclass(frozen=True)
class PoseVaeConfig:
    """The defaults are those of ``posevae_model_bedlamscript``."""

    latent: int = within(32, 1, WIDEST)
    joints: int = within(22, 1, 999)


@dataclass(frozen=True)
class CondTextPoserConfig:
    """The defaults are those of ``gen_distilbert_dataPSA2ftPSH2``."""

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    text: TextEncoderChoice = field(default_factory=TextEncoderChoice)


class PoseVae(nn.Module):
    """A variational auto-encoder of poses.

    ``decsigma_*`` are the learned log-scales of the reconstruction losses on vertices, joints and rotations.
    """

    def __init__(self, config: PoseVaeConfig | None = None):
        super().__init__()
        self.config = config or PoseVaeConfig()
        self.decsigma_v2v = nn.Parameter(torch.zeros(1))
        self.decsigma_jts = nn.Parameter(torch.zeros(1))
        self.decsigma_rot = nn.Parameter(torch.zeros(1))
        self.pose_encoder = PoseEncoder(self.config.latent, joints=self.config.joints, role=Role.GENERATIVE)
        self.pose_decoder = PoseDecoder(self.config.latent, joints=self.config.joints)

    def encode_poses(self, poses: Float[Tensor, "batch joints 3"]) -> Normal:
        """Axis-angle poses in radians to Gaussians over latents."""
        return self.pose_encoder(poses)

    def decode(self, latents: Float[Tensor, "*batch latent"]) -> JointRotations:
        """Latents to rotations."""
        return self.pose_decoder(latents)

    def prior(self, count: int) -> Normal:
        """N(0, 1) over latents, (count, latent): poses without a text."""
        return standard_normal((count, self.config.latent), self.decsigma_rot)


class CondTextPoser(nn.Module):
    """A variational auto-encoder of poses whose latents a text predicts as well.

    Training draws from both Gaussians and decodes both; a pose for a text is a draw from the text's, or its mean.
    ``decsigma_*`` as in `PoseVae`.
    """

    def __init__(self, config: CondTextPoserConfig | None = None):
        super().__init__()
        self.config = config or CondTextPoserConfig()
        latent, joints = self.config.latent, self.config.joints
        self.pose_encoder = PoseEncoder(latent, joints=joints, role=Role.GENERATIVE)
        self.pose_decoder = PoseDecoder(latent, joints=joints)
        self.text_encoder = build_text_encoder(self.config.text, latent, Role.GENERATIVE)
        self.decsigma_v2v = nn.Parameter(torch.zeros(1))
        self.decsigma_jts = nn.Parameter(torch.zeros(1))
        self.decsigma_rot = nn.Parameter(torch.zeros(1))

    def encode_poses(self, poses: Float[Tensor, "batch joints 3"]) -> Normal:
        """Axis-angle poses in radians to Gaussians over latents."""
        return self.pose_encoder(poses)

    def encode_texts(self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]) -> Normal:
        """Token ids to Gaussians over latents; for an empty text take `prior` instead, as published."""
        return self.text_encoder(tokens, lengths)

    def decode(self, latents: Float[Tensor, "*batch latent"]) -> JointRotations:
        """Latents to rotations."""
        return self.pose_decoder(latents)

    def prior(self, count: int) -> Normal:
        """N(0, 1) over latents, (count, latent): poses without a text."""
        return standard_normal((count, self.config.latent), self.decsigma_rot)
