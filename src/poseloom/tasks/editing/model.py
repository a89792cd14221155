"""A pose changed by an instruction: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from poseloom.base.ranges import WIDEST, within
from poseloom.nn.pose.fact_classifier import ClaimClassifier, Wanted
from poseloom.nn.pose.features import PoseTower, PoseTowerConfig
from poseloom.nn.pose.flow import FlowConfig, Numbers, OriginalPose, PoseFlow
from poseloom.nn.text.words import PAD
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.rotations import rotvec_to_rotmat
from poseloom.tasks.common.flow_model import FlowModel, FlowModelConfig


@dataclass(frozen=True)
class EditingModelConfig(FlowModelConfig):
    """Sizes of the model.

    Args:
        facts: numbers of what an instruction states, besides its words.
        pose: the encoder of the pose that is changed.
        seen: numbers that tell the flow of that pose, besides its rotations.
        classifier: the network that says which claims of an instruction hold of a pair.
        measured: claims that it knows.
    """

    flow: FlowConfig = field(default_factory=lambda: FlowConfig(width=384))
    guidance_steps: int = within(3, 0, 1000)
    facts: int = within(768, 0, WIDEST)
    pose: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(width=256, blocks=1, geometry=True))
    seen: int = within(256, 1, WIDEST)
    classifier: PoseTowerConfig = field(
        default_factory=lambda: PoseTowerConfig(width=192, blocks=1, geometry=True, levels=4)
    )
    measured: int = within(768, 0, WIDEST)


@dataclass(frozen=True, eq=False)
class EditingCondition:
    """What an instruction and a pose say to the flow.

    Args:
        vectors: what the flow is conditioned on.
        moves: logits of the joints that the instruction moves; the pose itself has no say in it.
    """

    vectors: Float[Tensor, "batch condition"]
    moves: Float[Tensor, "batch 22"]


class EditingModel(FlowModel):
    """Pose and instruction -> changed body poses, by rectified flow from the original pose.

    Args:
        words: size of the vocabulary, special words included.
        config: sizes.
    """

    config: EditingModelConfig
    classifier: ClaimClassifier

    def __init__(self, words: int, config: EditingModelConfig):
        super().__init__(words, config)
        self.pose_encoder = PoseTower(config.seen, config.pose)
        self.moved = nn.Sequential(
            nn.Linear(config.text.outputs + config.facts, config.seen), nn.GELU(), nn.Linear(config.seen, BODY_JOINTS)
        )
        self.flow = PoseFlow(config.text.outputs + config.facts + config.seen, config.flow, from_origin=True)
        self.classifier = ClaimClassifier(config.measured, config.classifier)

    def forward(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch stated"],
        first: Float[Tensor, "batch joints 3"],
    ) -> EditingCondition:
        """What the flow is conditioned on, and the joints that it may move."""
        of_text = torch.cat([self.text_encoder(words), facts], dim=-1)
        return EditingCondition(torch.cat([of_text, self.pose_encoder(first)], dim=-1), self.moved(of_text))

    @torch.no_grad()
    def sample_poses(
        self,
        words: Int[Tensor, "batch length"],
        facts: Float[Tensor, "batch stated"],
        wanted: Wanted,
        first: Float[Tensor, "batch joints 3"],
        samples: int,
        generator: torch.Generator | None = None,
    ) -> Float[Tensor, "batch samples 22 3 3"]:
        """Rotations of several changed poses for each original; the first pose must have no heading."""
        condition = self(words, facts, first)
        originals = first.repeat_interleave(samples, dim=0)
        origin = OriginalPose(originals, (condition.moves > 0).repeat_interleave(samples, dim=0))
        before = rotvec_to_rotmat(originals[:, :BODY_JOINTS])

        def unconditional() -> Tensor:
            nothing = self(torch.full_like(words[:, :1], PAD), torch.zeros_like(facts), first)
            return nothing.vectors.repeat_interleave(samples, dim=0)

        def classified(numbers: Numbers) -> Tensor:
            return self.classifier(before, self.flow.matrices(numbers))

        return self.sample(condition.vectors, unconditional, wanted, classified, samples, generator, origin)
