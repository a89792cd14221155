"""The published checkpoints that say how one pose becomes another."""

from __future__ import annotations

from poseloom.base.errors import PoseloomError
from poseloom.tasks.common.released_kinds import ReleasedKind, decoder_mode, text_decoder
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.instruction.predict import PublishedInstructor
from poseloom.tasks.instruction.published import FeedbackGenerator, FeedbackGeneratorConfig


def _config(options: CheckpointOptions, words: int) -> FeedbackGeneratorConfig:
    latent, comparison = options.count("latentD"), options.count("comparison_latentD")
    if latent != comparison:
        raise PoseloomError(f"args.comparison_latentD is {comparison}, expected that of the poses, {latent}")
    return FeedbackGeneratorConfig(
        latent,
        options.joints(),
        options.word("comparison_module_mode"),
        decoder_mode(options),
        text_decoder(options, words),
    )


KINDS = (
    ReleasedKind(
        "FeedbackGenerator",
        "instruction",
        has=("pose_encoder.", "text_decoder.", "comparison_module."),
        lacks=(),
        read_config=_config,
        config_class=FeedbackGeneratorConfig,
        build=FeedbackGenerator,
        calling=PublishedInstructor,
    ),
)
