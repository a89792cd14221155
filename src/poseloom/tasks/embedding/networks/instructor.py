"""InstructionGenerator of PoseEmbroider (arXiv 2409.06535): how one vector of the space becomes another, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.layers.fusion import build_fusion
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig, TokenAdapter, build_text_decoder
from poseloom.nn.text.decoding import Decoded, Greedy, Strategy

PIECES = 30522
"""Of BERT's uncased vocabulary, which it says."""
START, END, UNKNOWN = 101, 102, 100
"""Ids of [CLS], [SEP] and [UNK] in it."""


def piece_decoder(
    words: int = PIECES, width: int = 512, layers: int = 4, heads: int = 8, feed_forward: int = 1024
) -> TextDecoderConfig:
    """Sizes of a decoder that says BERT's word pieces."""
    return TextDecoderConfig(words, width, layers, heads, feed_forward, start=START, end=END, unknown=UNKNOWN)


@dataclass(frozen=True)
class InstructorConfig:
    """The defaults are those of ``instructgen_model_poseembroider_bedlamfix_posefix``.

    Args:
        latent: size of the representation.
        comparison: size of the compared vector.
        fusion: tirg (released) or concat-mlp.
        mode: how the decoder is shown it.
        decoder: says it.
    """

    latent: int = within(512, 1, WIDEST)
    comparison: int = within(512, 1, WIDEST)
    fusion: str = "tirg"
    mode: DecoderMode = DecoderMode.CROSS_ATTENTION
    decoder: TextDecoderConfig = field(default_factory=piece_decoder)


class InstructionGenerator(nn.Module):
    """Two vectors of the space, of a first and a second pose -> an instruction."""

    def __init__(self, config: InstructorConfig | None = None):
        super().__init__()
        self.config = config or InstructorConfig()
        self.comparison_module = build_fusion(self.config.fusion, self.config.latent, self.config.latent)
        self.modality_input_adapter = TokenAdapter(self.config.comparison, self.config.decoder.width)
        self.text_decoder = build_text_decoder(self.config.mode, self.config.decoder)

    def compare(
        self, first: Float[Tensor, "batch latent"], second: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch latent"]:
        """The difference. The second vector is the main input of the fusion, the first modifies it."""
        return self.comparison_module(second, first)

    def memory(
        self, first: Float[Tensor, "batch latent"], second: Float[Tensor, "batch latent"]
    ) -> Float[Tensor, "batch 1 width"]:
        """The difference as the one token that the decoder sees."""
        return self.modality_input_adapter(self.compare(first, second))

    def forward(
        self,
        first: Float[Tensor, "batch latent"],
        second: Float[Tensor, "batch latent"],
        tokens: Int[Tensor, "batch length"],
        lengths: Int[Tensor, "batch"],
    ) -> Float[Tensor, "batch length words"]:
        """Logits of the next piece at every place of given texts."""
        return self.text_decoder(tokens, lengths, self.memory(first, second))

    def say(
        self,
        first: Float[Tensor, "batch latent"],
        second: Float[Tensor, "batch latent"],
        strategy: Strategy | None = None,
    ) -> Decoded:
        """Texts as ids; greedy unless another strategy is given. For a model in evaluation mode."""
        return (strategy or Greedy())(self.text_decoder, self.memory(first, second))
