"""The published checkpoints that draw poses, of a text or without."""

from __future__ import annotations

from pathlib import Path

from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.released_kinds import SCALES, TEXT, ReleasedKind, reading, text_encoder
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.tasks.generation.predict import PublishedGenerator
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig, PoseVae, PoseVaeConfig
from poseloom.training.export import ModelCard


def _config(options: CheckpointOptions, words: int) -> CondTextPoserConfig:
    return CondTextPoserConfig(options.count("latentD"), options.joints(), text_encoder(options, words))


def _vae_config(options: CheckpointOptions, words: int) -> PoseVaeConfig:
    return PoseVaeConfig(options.count("latentD"), options.joints())


def _wordless(module: PoseVae, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> PublishedGenerator:
    return PublishedGenerator(module, card, None)


KINDS = (
    ReleasedKind(
        "CondTextPoser",
        "generation",
        has=("pose_encoder.", "pose_decoder.", TEXT, SCALES),
        lacks=("correction_module.",),
        read_config=_config,
        config_class=CondTextPoserConfig,
        build=CondTextPoser,
        calling=reading(PublishedGenerator),
    ),
    ReleasedKind(
        "PoseVAE",
        "generation",
        has=("pose_encoder.", "pose_decoder.", SCALES),
        lacks=(TEXT,),
        read_config=_vae_config,
        config_class=PoseVaeConfig,
        build=PoseVae,
        calling=_wordless,
    ),
)
