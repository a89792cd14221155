"""The way from one pose to another said in words: the small model that poseloom ships."""

from __future__ import annotations

from dataclasses import dataclass, field

from poseloom.nn.pose_features import PairTower, PoseTowerConfig
from poseloom.tasks.saying import Speaker, SpeakerConfig


@dataclass(frozen=True)
class InstructionModelConfig:
    """Sizes of the model.

    Args:
        pair: the encoder of pairs.
        speaker: the decoder.
    """

    pair: PoseTowerConfig = field(default_factory=lambda: PoseTowerConfig(geometry=True))
    speaker: SpeakerConfig = field(default_factory=SpeakerConfig)


def instruction_model(words: int, config: InstructionModelConfig) -> Speaker:
    """The module: pairs of poses, the first one's heading removed from both -> words."""
    tower = PairTower(config.speaker.tokens * config.speaker.width, config.pair)
    return Speaker(tower, words, config.speaker)
