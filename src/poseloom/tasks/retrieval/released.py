"""The published checkpoints of text-pose retrieval."""

from __future__ import annotations

from poseloom.tasks.common.released_kinds import TEMPERATURE, TEXT, ReleasedKind, reading, text_encoder
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.retrieval.predict import PublishedTextPoseSpace
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig


def _config(options: CheckpointOptions, words: int) -> PoseTextConfig:
    return PoseTextConfig(options.count("latentD"), options.joints(), text_encoder(options, words))


KINDS = (
    ReleasedKind(
        "PoseText",
        "retrieval",
        has=("pose_encoder.", TEXT, TEMPERATURE),
        lacks=("pose_mlp.",),
        read_config=_config,
        config_class=PoseTextConfig,
        build=PoseText,
        calling=reading(PublishedTextPoseSpace),
    ),
)
