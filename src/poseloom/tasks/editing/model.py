"""A pose changed by an instruction: the small model that poseloom ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.pose.fact_classifier import ClaimJudge, Wanted, doubt_of, toward
from poseloom.nn.pose.features import PoseTower, PoseTowerConfig
from poseloom.nn.pose.flow import FlowConfig, Guide, Origin, PoseFlow
from poseloom.nn.text.convolutions import ConvTextConfig, ConvTextEncoder
from poseloom.nn.text.words import PAD
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import rotvec_to_rotmat

_STILL = 1e-4
"""Radians from which a rotation is another one."""


@dataclass(frozen=True)
class EditingModelConfig:
    """Sizes of the model.

    Args:
        text: the text encoder.
        facts: numbers of what an instruction states, besides its words.
        pose: the encoder of the pose that is changed.
        seen: numbers that tell the flow of that pose, besides its rotations.
        flow: what moves noise to poses.
        judge: the network that says which claims of an instruction hold of a pair.
        measured: claims that it knows.
        steps: of a drawn pose's path.
        guidance: how strongly the instruction steers; 1 as it was learned.
        spread: of the noise that a path begins with; less than 1 for likelier poses.
        nudges: toward what the instruction claims, in each later step of the path.
        nudge: length of one, in normalised rotation numbers.
    """

    text: ConvTextConfig = field(default_factory=ConvTextConfig)
    facts: int = 768
    pose: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(width=256, blocks=1, geometry=True))
    seen: int = 256
    flow: FlowConfig = field(default_factory=lambda: FlowConfig(width=384))
    judge: PoseTowerConfig = field(
        default_factory=lambda: PoseTowerConfig(width=192, blocks=1, geometry=True, levels=4)
    )
    measured: int = 768
    steps: int = 4
    guidance: float = 1.0
    spread: float = 0.7
    nudges: int = 3
    nudge: float = 0.7


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
        self.moved = nn.Sequential(
            nn.Linear(config.text.outputs + config.facts, config.seen), nn.GELU(), nn.Linear(config.seen, BODY_JOINTS)
        )
        self.flow = PoseFlow(config.text.outputs + config.facts + config.seen, config.flow, from_origin=True)
        self.judge = ClaimJudge(config.measured, config.judge)

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
        judged: tuple[Tensor, Tensor, Tensor],
    ) -> dict[str, Tensor]:
        """See `PoseFlow.losses`; ``moves``: how badly it is known which joints an instruction moves; ``judge``: which
        claims hold of pairs of the first pose and a judged one.

        Args:
            words, facts: of the instructions.
            first, second: the pairs.
            judged: other second poses, places of claims, and whether they hold: see `ClaimJudge`.
        """
        condition = self.condition(words, facts, first)
        moves = ((second - first).abs() > _STILL).any(-1)[:, :BODY_JOINTS]
        losses = self.flow.losses(second, condition, Origin(first, moves))
        losses["moves"] = functional.binary_cross_entropy_with_logits(self._moves(condition).float(), moves.float())
        losses["judge"] = self.judge.losses(first, *judged)
        return losses | {"total": losses["total"] + losses["moves"] + losses["judge"]}

    def _moves(self, condition: Float[Tensor, "batch condition"]) -> Float[Tensor, "batch 22"]:
        """How likely each joint moves, as logits; the pose itself has no say in it."""
        return self.moved(condition[:, : -self.config.seen])

    @torch.no_grad()
    def draw(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch facts"],
        wanted: Wanted,
        first: Float[Tensor, "batch joints 3"],
        samples: int,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several changed poses for each original; the first pose must have no heading."""
        config = self.config
        condition = self.condition(words, facts, first).repeat_interleave(samples, dim=0)
        guide = Guide(spread=config.spread)
        if config.guidance != 1:
            nothing = self.condition(torch.full_like(words[:, :1], PAD), torch.zeros_like(facts), first)
            guide = Guide(config.guidance, nothing.repeat_interleave(samples, dim=0), config.spread)
        origin = Origin(first.repeat_interleave(samples, dim=0), self._moves(condition) > 0)
        nudged = self._nudged(wanted, origin) if config.nudges and bool(wanted.any()) else None
        drawn = self.flow.draw(condition, config.steps, generator, origin, guide, nudged)
        return drawn.unflatten(0, (-1, samples))

    def _nudged(self, wanted: Wanted, origin: Origin) -> Callable[[Tensor], Tensor]:
        """Moves numbers of the flow toward what instructions claim."""
        first = rotvec_to_rotmat(origin.rotations[:, :BODY_JOINTS])

        def doubt(numbers: Tensor) -> Tensor:
            return doubt_of(self.judge(first, self.flow.matrices(numbers)), wanted)

        return lambda numbers: toward(doubt, numbers, self.config.nudge, self.config.nudges)
