"""The published checkpoints that describe poses."""

from __future__ import annotations

from poseloom.tasks.captioning.predict import PublishedCaptioner
from poseloom.tasks.captioning.published import DescriptionGenerator, DescriptionGeneratorConfig
from poseloom.tasks.common.released_kinds import ReleasedKind, decoder_mode, text_decoder
from poseloom.tasks.common.released_options import CheckpointOptions


def _config(options: CheckpointOptions, words: int) -> DescriptionGeneratorConfig:
    return DescriptionGeneratorConfig(
        options.count("latentD"), options.joints(), decoder_mode(options), text_decoder(options, words)
    )


KINDS = (
    ReleasedKind(
        "DescriptionGenerator",
        "captioning",
        has=("pose_encoder.", "text_decoder."),
        lacks=("comparison_module.",),
        read_config=_config,
        config_class=DescriptionGeneratorConfig,
        build=DescriptionGenerator,
        calling=PublishedCaptioner,
    ),
)
