"""Poses drawn from words: the small model that poseloom ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.ranges import WIDEST, within
from poseloom.facts.measured import FACTS
from poseloom.nn.pose.fact_classifier import FactClassifier, Wanted
from poseloom.nn.pose.features import PoseTowerConfig
from poseloom.nn.pose.flow import Numbers, PoseFlow
from poseloom.nn.text.words import PAD
from poseloom.tasks.common.flow_model import FlowModel, FlowModelConfig


@dataclass(frozen=True)
class GenerationModelConfig(FlowModelConfig):
    """Sizes of the model.

    Args:
        facts: numbers of what a text states, besides its words.
        classifier: the network that says which facts hold of a pose.
    """

    facts: int = within(512, 0, WIDEST)
    classifier: PoseTowerConfig = field(
        default_factory=lambda: PoseTowerConfig(width=256, blocks=1, geometry=True, levels=8)
    )


class GenerationModel(FlowModel):
    """Text -> body poses without heading, by rectified flow.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    config: GenerationModelConfig
    classifier: FactClassifier

    def __init__(self, words: int, config: GenerationModelConfig):
        super().__init__(words, config)
        self.flow = PoseFlow(config.text.outputs + config.facts, config.flow)
        self.classifier = FactClassifier(FACTS, config.classifier)

    def condition(
        self, words: Int[Tensor, "batch length"], facts: Float[Tensor, "batch stated"]
    ) -> Float[Tensor, "batch condition"]:
        """What the flow is conditioned on."""
        return torch.cat([self.text_encoder(words), facts], dim=-1)

    @torch.no_grad()
    def sample_poses(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch stated"],
        wanted: Wanted,
        samples: int,
        generator: torch.Generator | Sequence[torch.Generator] | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several poses for each text, each with its own noise where there are several generators; an
        empty text asks for any pose."""

        def unconditional() -> Tensor:
            return self.condition(words.new_full((1, 1), PAD), torch.zeros_like(facts[:1]))

        def classified(numbers: Numbers) -> Tensor:
            return self.classifier(self.flow.matrices(numbers))

        return self.sample(self.condition(words, facts), unconditional, wanted, classified, samples, generator)
