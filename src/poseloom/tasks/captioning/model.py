"""A pose said in words: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.facts.measured import COMMON, SIDED
from poseloom.nn.pose.features import PoseTower, PoseTowerConfig
from poseloom.tasks.common.saying import SideTokens, Speaker, SpeakerConfig


@dataclass(frozen=True)
class CaptioningModelConfig:
    """Sizes of the model.

    Args:
        pose: the encoder of poses.
        speaker: the decoder.
    """

    pose: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(width=384, blocks=2, geometry=True, levels=8))
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)


def captioning_model(words: int, config: CaptioningModelConfig) -> Speaker:
    """The module: poses without heading, and their measured facts -> words."""
    tower = PoseTower(config.speaker.tokens * config.speaker.width, config.pose)
    return Speaker(tower, SideTokens(SIDED, COMMON, config.speaker), words, config.speaker)
