"""The published teller of corrections: FeedbackGenerator of PoseFix (arXiv 2309.08480)."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.fusion import build_fusion
from poseloom.nn.pose.encoder import PoseEncoder, Role
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig, TokenAdapter, build_text_decoder
from poseloom.nn.text.decoding import Decoded, Greedy, Strategy

WORDS = 2374
"""Size of the vocabulary ``vocPFAHPP`` of the released model."""


@dataclass(frozen=True)
class FeedbackGeneratorConfig:
    """The defaults are those of ``modgen_CAtransfPFAHPP_dataPFAftPFH``.

    Args:
        fusion: ``tirg`` or ``concat-mlp`` (``comparison_module_mode``).
    """

    latent: int = within(32, 1, WIDEST)
    joints: int = within(52, 1, 999)
    fusion: str = "tirg"
    mode: DecoderMode = DecoderMode.CROSS_ATTENTION
    decoder: TextDecoderConfig = field(default_factory=lambda: TextDecoderConfig(WORDS))


class FeedbackGenerator(nn.Module):
    """The difference of two poses as one token, said in words by a transformer."""

    def __init__(self, config: FeedbackGeneratorConfig | None = None):
        super().__init__()
        self.config = config or FeedbackGeneratorConfig()
        latent = self.config.latent
        self.pose_encoder = PoseEncoder(latent, joints=self.config.joints, role=Role.RETRIEVAL)
        self.comparison_module = build_fusion(self.config.fusion, latent, latent)
        self.modalityInputAdapter = TokenAdapter(latent, self.config.decoder.width)
        self.text_decoder = build_text_decoder(self.config.mode, self.config.decoder)

    def compare(
        self, before: Float[Tensor, "batch joints 3"], after: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch latent"]:
        """Axis-angle poses in radians to their difference. Pose B is the main input of the fusion, A modifies it."""
        return self.comparison_module(self.pose_encoder(after), self.pose_encoder(before))

    def memory(
        self, before: Float[Tensor, "batch joints 3"], after: Float[Tensor, "batch joints 3"]
    ) -> Float[Tensor, "batch 1 width"]:
        """The difference of two poses as the one token that the decoder sees."""
        return self.modalityInputAdapter(self.compare(before, after))

    def forward(
        self,
        before: Float[Tensor, "batch joints 3"],
        after: Float[Tensor, "batch joints 3"],
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
    ) -> Float[Tensor, "batch length words"]:
        """Logits of the next word at every position of the given texts."""
        return self.text_decoder(tokens, lengths, self.memory(before, after))

    def say(
        self,
        before: Float[Tensor, "batch joints 3"],
        after: Float[Tensor, "batch joints 3"],
        strategy: Strategy | None = None,
    ) -> Decoded:
        """Texts as token ids; greedy unless another strategy is given. For a model in evaluation mode."""
        return (strategy or Greedy())(self.text_decoder, self.memory(before, after))
