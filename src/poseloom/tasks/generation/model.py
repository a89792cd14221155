"""Poses drawn from words: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.nn.conv_text import ConvTextConfig, ConvTextEncoder
from poseloom.nn.flow import FlowConfig, Guide, PoseFlow
from poseloom.nn.words import PAD


@dataclass(frozen=True)
class GenerationModelConfig:
    """Sizes of the model.

    Args:
        text: the text encoder.
        facts: numbers of what a text states, besides its words.
        flow: what moves noise to poses.
        steps: of a drawn pose's path.
        guidance: how strongly the words steer; 1 as they were learned.
        spread: of the noise that a path begins with; less than 1 for likelier poses.
    """

    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    facts: int = 512
    flow: FlowConfig = field(default_factory=FlowConfig)
    steps: int = 8
    guidance: float = 1.0
    spread: float = 1.0


class GenerationModel(nn.Module):
    """Text -> body poses without heading, by rectified flow.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: GenerationModelConfig):
        super().__init__()
        self.config = config
        self.text_encoder = ConvTextEncoder(words, config.text)
        self.flow = PoseFlow(config.text.outputs + config.facts, config.flow)

    def condition(
        self, words: Int[Tensor, "batch length"], facts: Float[Tensor, "batch facts"]
    ) -> Float[Tensor, "batch condition"]:
        """What steers the flow."""
        return torch.cat([self.text_encoder(words), facts], dim=-1)

    def losses(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        rotations: Float[Tensor, "batch joints 3"],
    ) -> dict[str, Tensor]:
        """See `PoseFlow.losses`."""
        return self.flow.losses(rotations, self.condition(words, facts))

    @torch.no_grad()
    def draw(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        samples: int,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several poses for each text; an empty text asks for any pose."""
        config = self.config
        condition = self.condition(words, facts).repeat_interleave(samples, dim=0)
        nothing = self.condition(words.new_full((1, 1), PAD), torch.zeros_like(facts[:1]))
        guide = Guide(config.guidance, nothing, config.spread)
        return self.flow.draw(condition, config.steps, generator, guide=guide).unflatten(0, (-1, samples))
