"""Poses drawn from words: the small model that poseloom ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.facts.measured import FACTS
from poseloom.nn.pose.fact_classifier import FactJudge, Wanted, doubt_of, toward
from poseloom.nn.pose.features import PoseTowerConfig
from poseloom.nn.pose.flow import FlowConfig, Guide, PoseFlow
from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder
from poseloom.nn.text.words import PAD


@dataclass(frozen=True)
class GenerationModelConfig:
    """Sizes of the model.

    Args:
        text: the text encoder.
        facts: numbers of what a text states, besides its words.
        flow: what moves noise to poses.
        judge: the network that says which facts hold of a pose.
        steps: of a drawn pose's path.
        guidance: how strongly the words steer; 1 as they were learned.
        spread: of the noise that a path begins with; less than 1 for likelier poses.
        nudges: toward what the text claims, in each later step of the path.
        nudge: length of one, in normalised rotation numbers.
    """

    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    facts: int = within(512, 0, WIDEST)
    flow: FlowConfig = field(default_factory=FlowConfig)
    judge: PoseTowerConfig = field(
        default_factory=lambda: PoseTowerConfig(width=256, blocks=1, geometry=True, levels=8)
    )
    steps: int = within(4, 1, 1000)
    guidance: float = within(1.0, 0, 100)
    spread: float = within(0.7, 0, 100)
    nudges: int = within(2, 0, 1000)
    nudge: float = within(0.7, 0, 100)


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
        self.judge = FactJudge(FACTS, config.judge)

    def condition(
        self, words: Int[Tensor, "batch length"], facts: Float[Tensor, "batch stated"]
    ) -> Float[Tensor, "batch condition"]:
        """What steers the flow."""
        return torch.cat([self.text_encoder(words), facts], dim=-1)

    def losses(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch stated"],
        rotations: Float[Tensor, "batch joints 3"],
        judged: tuple[Float[Tensor, "poses joints 3"], Float[Tensor, "poses measured"]],
    ) -> dict[str, Tensor]:
        """See `PoseFlow.losses`; ``judge``: how badly the facts of the judged poses are known."""
        losses = self.flow.losses(rotations, self.condition(words, facts))
        losses["judge"] = self.judge.losses(*judged)
        return losses | {"total": losses["total"] + losses["judge"]}

    @torch.no_grad()
    def draw(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch stated"],
        wanted: Wanted,
        samples: int,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several poses for each text; an empty text asks for any pose."""
        config = self.config
        condition = self.condition(words, facts).repeat_interleave(samples, dim=0)
        guide = Guide(spread=config.spread)
        if config.guidance != 1:
            nothing = self.condition(words.new_full((1, 1), PAD), torch.zeros_like(facts[:1]))
            guide = Guide(config.guidance, nothing, config.spread)
        nudged = self._nudged(wanted) if config.nudges and bool(wanted.any()) else None
        drawn = self.flow.draw(condition, config.steps, generator, guide=guide, nudged=nudged)
        return drawn.unflatten(0, (-1, samples))

    def _nudged(self, wanted: Wanted) -> Callable[[Tensor], Tensor]:
        """Moves numbers of the flow toward what texts claim."""

        def doubt(numbers: Tensor) -> Tensor:
            return doubt_of(self.judge(self.flow.matrices(numbers)), wanted)

        return lambda numbers: toward(doubt, numbers, self.config.nudge, self.config.nudges)
