"""A pose changed by an instruction: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.nn.conv_text import ConvTextConfig, ConvTextEncoder
from poseloom.nn.flow import FlowConfig, Guide, PoseFlow
from poseloom.nn.pose_features import PoseTower, PoseTowerConfig
from poseloom.nn.words import PAD


@dataclass(frozen=True)
class EditingModelConfig:
    """Sizes of the model.

    Args:
        text: the text encoder.
        facts: numbers of what an instruction states, besides its words.
        pose: the encoder of the pose that is changed.
        seen: numbers that tell the flow of that pose, besides its rotations.
        flow: what moves noise to poses.
        steps: of a drawn pose's path.
        guidance: how strongly the instruction steers; 1 as it was learned.
        spread: of the noise that a path begins with; less than 1 for likelier poses.
    """

    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    facts: int = 768
    pose: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(blocks=1, geometry=True))
    seen: int = 256
    flow: FlowConfig = field(default_factory=FlowConfig)
    steps: int = 8
    guidance: float = 1.0
    spread: float = 1.0


class EditingModel(nn.Module):
    """Pose and instruction -> changed body poses, by rectified flow from the original pose.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    def __init__(self, words: int, config: EditingModelConfig):
        super().__init__()
        self.config = config
        self.text_encoder = ConvTextEncoder(words, config.text)
        self.pose_encoder = PoseTower(config.seen, config.pose)
        self.flow = PoseFlow(config.text.outputs + config.facts + config.seen, config.flow, from_origin=True)

    def condition(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        first: Float[Tensor, "batch joints 3"],
    ) -> Float[Tensor, "batch condition"]:
        """What steers the flow."""
        return torch.cat([self.text_encoder(words), facts, self.pose_encoder(first)], dim=-1)

    def losses(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        first: Float[Tensor, "batch joints 3"],
        second: Float[Tensor, "batch joints 3"],
    ) -> dict[str, Tensor]:
        """See `PoseFlow.losses`."""
        return self.flow.losses(second, self.condition(words, facts, first), first)

    @torch.no_grad()
    def draw(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        first: Float[Tensor, "batch joints 3"],
        samples: int,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several changed poses for each original; the first pose must have no heading."""
        config = self.config
        condition = self.condition(words, facts, first).repeat_interleave(samples, dim=0)
        nothing = self.condition(torch.full_like(words[:, :1], PAD), torch.zeros_like(facts), first)
        guide = Guide(config.guidance, nothing.repeat_interleave(samples, dim=0), config.spread)
        origin = first.repeat_interleave(samples, dim=0)
        return self.flow.draw(condition, config.steps, generator, origin, guide).unflatten(0, (-1, samples))
