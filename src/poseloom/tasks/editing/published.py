"""The published pose editor: PoseBGenerator of PoseFix (arXiv 2309.08480)."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Normal

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.fusion import build_fusion
from poseloom.nn.layers.gaussian import GaussianHead
from poseloom.nn.pose.decoder import JointRotations, PoseDecoder
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.nn.text.encoder_choice import TextEncoderChoice, build_text_encoder


@dataclass(frozen=True)
class PoseBGeneratorConfig:
    """The defaults are those of ``b_gen_distilbert_dataPFAftPFH``.

    Args:
        text_latent: size of a text's vector (``special_text_latentD``).
        fusion: ``tirg`` or ``concat-mlp`` (``correction_module_mode``).
    """

    latent: int = within(32, 1, WIDEST)
    text_latent: int = within(128, 1, WIDEST)
    joints: int = within(52, 1, 999)
    fusion: str = "tirg"
    text: TextEncoderChoice = field(default_factory=TextEncoderChoice)


class PoseBGenerator(nn.Module):
    """Pose A and an instruction to a Gaussian over the latents of pose B.

    ``decsigma_*`` are the learned log-scales of the reconstruction losses on vertices, joints and rotations.
    """

    def __init__(self, config: PoseBGeneratorConfig | None = None):
        super().__init__()
        self.config = config or PoseBGeneratorConfig()
        latent, text_latent, joints = self.config.latent, self.config.text_latent, self.config.joints
        self.pose_encoder = PoseEncoder(latent, joints=joints, role=Role.MODIFIER)
        self.pose_decoder = PoseDecoder(latent, joints=joints)
        self.pose_decoder_distribution_layer = GaussianHead(latent, latent)
        self.text_encoder = build_text_encoder(self.config.text, text_latent, Role.MODIFIER)
        self.correction_module = build_fusion(self.config.fusion, latent, text_latent)
        self.pose_text_fusion_distribution_layer = GaussianHead(latent, latent)
        self.decsigma_v2v = nn.Parameter(torch.zeros(1))
        self.decsigma_jts = nn.Parameter(torch.zeros(1))
        self.decsigma_rot = nn.Parameter(torch.zeros(1))

    def embed_poses(self, poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch latent"]:
        """Axis-angle poses in radians to plain vectors; A and B share this encoder."""
        return self.pose_encoder(poses)

    def encode_texts(
        self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"]
    ) -> Float[Tensor, "batch text_latent"]:
        """Token ids to plain vectors; `lengths` count the start and end tokens."""
        return self.text_encoder(tokens, lengths)

    def posterior(self, pose_vectors: Float[Tensor, "batch latent"]) -> Normal:
        """The Gaussian of a pose itself: of B in training, of A for the "pose similarity" evaluation."""
        return self.pose_decoder_distribution_layer(pose_vectors)

    def fuse(
        self, pose_vectors: Float[Tensor, "batch latent"], text_vectors: Float[Tensor, "batch text_latent"]
    ) -> Float[Tensor, "batch latent"]:
        """Pose A changed by the text."""
        return self.correction_module(pose_vectors, text_vectors)

    def predict(
        self,
        poses: Float[Tensor, "batch joints 3"],
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
    ) -> Normal:
        """The Gaussian of pose B for pose A and an instruction; an edit is a draw from it or its mean, decoded."""
        fused = self.fuse(self.embed_poses(poses), self.encode_texts(tokens, lengths))
        return self.pose_text_fusion_distribution_layer(fused)

    def decode(self, latents: Float[Tensor, "*batch latent"]) -> JointRotations:
        """Latents to rotations."""
        return self.pose_decoder(latents)
