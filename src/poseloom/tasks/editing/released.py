"""The published checkpoints that change poses by instructions."""

from __future__ import annotations

from poseloom.tasks.common.released_kinds import TEXT, ReleasedKind, reading, text_encoder
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.editing.predict import PublishedEditor
from poseloom.tasks.editing.published import PoseBGenerator, PoseBGeneratorConfig


def _config(options: CheckpointOptions, words: int) -> PoseBGeneratorConfig:
    return PoseBGeneratorConfig(
        options.count("latentD"),
        options.count("special_text_latentD"),
        options.joints(),
        options.word("correction_module_mode"),
        text_encoder(options, words),
    )


KINDS = (
    ReleasedKind(
        "PoseBGenerator",
        "editing",
        has=("pose_encoder.", "pose_decoder.", TEXT, "correction_module."),
        lacks=(),
        read_config=_config,
        config_class=PoseBGeneratorConfig,
        build=PoseBGenerator,
        calling=reading(PublishedEditor),
    ),
)
