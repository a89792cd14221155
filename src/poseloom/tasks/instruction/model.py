"""The way from one pose to another said in words: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.facts.measured_pairs import CHANGES_COMMON, CHANGES_SIDED
from poseloom.nn.pose.features import PairTower, PoseTowerConfig
from poseloom.tasks.common.saying import SideTokens, Speaker, SpeakerConfig


@dataclass(frozen=True)
class InstructionModelConfig:
    """Sizes of the model.

    Args:
        pair: the encoder of pairs.
        speaker: the decoder.
    """

    pair: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(width=384, blocks=2, geometry=True, levels=5))
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)


def instruction_model(words: int, config: InstructionModelConfig) -> Speaker:
    """The module: pairs of poses, the first one's heading removed from both, and their measured changes -> words."""
    tower = PairTower(config.speaker.tokens * config.speaker.width, config.pair)
    return Speaker(tower, SideTokens(CHANGES_SIDED, CHANGES_COMMON, config.speaker), words, config.speaker)
