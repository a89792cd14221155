"""The published describer of poses: DescriptionGenerator of PoseScript (arXiv 2210.11795)."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig, TokenAdapter, build_text_decoder
from poseloom.nn.text.decoding import Decoded, Greedy, Strategy

WORDS = 2158
"""Size of the vocabulary ``vocPSA2H2`` of the released model."""


@dataclass(frozen=True)
class DescriptionGeneratorConfig:
    """The defaults are those of ``capgen_CAtransfPSA2H2_dataPSA2ftPSH2``."""

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    mode: DecoderMode = DecoderMode.CROSS_ATTENTION
    decoder: TextDecoderConfig = field(default_factory=lambda: TextDecoderConfig(WORDS))


class DescriptionGenerator(nn.Module):
    """A pose as one token, said in words by a transformer."""

    def __init__(self, config: DescriptionGeneratorConfig | None = None):
        super().__init__()
        self.config = config or DescriptionGeneratorConfig()
        self.pose_encoder = PoseEncoder(self.config.latent, joints=self.config.joints, role=Role.RETRIEVAL)
        self.modalityInputAdapter = TokenAdapter(self.config.latent, self.config.decoder.width)
        self.text_decoder = build_text_decoder(self.config.mode, self.config.decoder)

    def memory(self, poses: Float[Tensor, "batch joints 3"]) -> Float[Tensor, "batch 1 width"]:
        """Axis-angle poses in radians to the one token that the decoder sees."""
        return self.modalityInputAdapter(self.pose_encoder(poses))

    def forward(
        self,
        poses: Float[Tensor, "batch joints 3"],
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
    ) -> Float[Tensor, "batch length words"]:
        """Logits of the next word at every position of the given texts."""
        return self.text_decoder(tokens, lengths, self.memory(poses))

    def say(self, poses: Float[Tensor, "batch joints 3"], strategy: Strategy | None = None) -> Decoded:
        """Texts as token ids; greedy unless another strategy is given. For a model in evaluation mode."""
        return (strategy or Greedy())(self.text_decoder, self.memory(poses))
