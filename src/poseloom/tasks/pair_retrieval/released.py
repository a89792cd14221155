"""The published checkpoints of retrieval of pairs."""

from __future__ import annotations

from poseloom.tasks.common.released_kinds import TEMPERATURE, TEXT, ReleasedKind, reading, text_encoder
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.pair_retrieval.predict import PublishedTextPairSpace
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig


def _config(options: CheckpointOptions, words: int) -> PairTextConfig:
    return PairTextConfig(options.count("latentD"), options.joints(), text_encoder(options, words))


KINDS = (
    ReleasedKind(
        "PairText",
        "pair_retrieval",
        has=("pose_encoder.", TEXT, TEMPERATURE, "pose_mlp."),
        lacks=(),
        read_config=_config,
        config_class=PairTextConfig,
        build=PairText,
        calling=reading(PublishedTextPairSpace),
    ),
)
