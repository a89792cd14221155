"""The published text-pose models: how each is told from its weights, configured from its options, and built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn

from poseloom.base.errors import PoseloomError
from poseloom.checkpoints.options import CheckpointOptions
from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.tasks.captioning.published import DescriptionGenerator, DescriptionGeneratorConfig
from poseloom.tasks.editing.published import PoseBGenerator, PoseBGeneratorConfig
from poseloom.tasks.generation.published import CondTextPoser, CondTextPoserConfig, PoseVae, PoseVaeConfig
from poseloom.tasks.instruction.published import FeedbackGenerator, FeedbackGeneratorConfig
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig
from poseloom.tasks.retrieval.published import PoseText, PoseTextConfig

_MOST_LAYERS = 100
"""Of a text decoder; the released ones have 4."""


@dataclass(frozen=True)
class ReleasedKind:
    """One of the published models.

    Args:
        name: its class in the original code, as in the checkpoint's arguments.
        task: the folder in `poseloom.tasks`.
        has: beginnings of state names that it has.
        lacks: beginnings that it does not have.
        read_config: its configuration from the arguments and the number of words.
        config_class: the data class of its configuration.
        build: the module of a configuration.
    """

    name: str
    task: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    read_config: Callable[[CheckpointOptions, int], Any]
    config_class: type[Any]
    build: Callable[[Any], nn.Module]

    def fits(self, names: list[str]) -> bool:
        """Whether a state with these names can be of this kind."""

        def present(beginning: str) -> bool:
            return any(name.startswith(beginning) for name in names)

        return all(map(present, self.has)) and not any(map(present, self.lacks))


def _text_encoder(options: CheckpointOptions, words: int) -> TextEncoderChoice:
    return TextEncoderChoice.parse(
        options.word("text_encoder_name"), topping=options.word_or_none("transformer_topping"), words=words
    )


def _pose_text(options: CheckpointOptions, words: int) -> PoseTextConfig:
    return PoseTextConfig(options.count("latentD"), options.joints(), _text_encoder(options, words))


def _pair_text(options: CheckpointOptions, words: int) -> PairTextConfig:
    return PairTextConfig(options.count("latentD"), options.joints(), _text_encoder(options, words))


def _cond_text_poser(options: CheckpointOptions, words: int) -> CondTextPoserConfig:
    return CondTextPoserConfig(options.count("latentD"), options.joints(), _text_encoder(options, words))


def _pose_vae(options: CheckpointOptions, words: int) -> PoseVaeConfig:
    return PoseVaeConfig(options.count("latentD"), options.joints())


def _pose_b_generator(options: CheckpointOptions, words: int) -> PoseBGeneratorConfig:
    return PoseBGeneratorConfig(
        options.count("latentD"),
        options.count("special_text_latentD"),
        options.joints(),
        options.word("correction_module_mode"),
        _text_encoder(options, words),
    )


def _text_decoder(options: CheckpointOptions, words: int) -> TextDecoderConfig:
    return TextDecoderConfig(
        words,
        options.count("decoder_latentD"),
        options.count("decoder_nlayers", _MOST_LAYERS),
        options.count("decoder_nhead"),
    )


def _mode(options: CheckpointOptions) -> DecoderMode:
    return DecoderMode(options.one_of("transformer_mode", [mode.value for mode in DecoderMode]))


def _description_generator(options: CheckpointOptions, words: int) -> DescriptionGeneratorConfig:
    return DescriptionGeneratorConfig(
        options.count("latentD"), options.joints(), _mode(options), _text_decoder(options, words)
    )


def _feedback_generator(options: CheckpointOptions, words: int) -> FeedbackGeneratorConfig:
    latent, comparison = options.count("latentD"), options.count("comparison_latentD")
    if latent != comparison:
        raise PoseloomError(f"args.comparison_latentD is {comparison}, expected that of the poses, {latent}")
    return FeedbackGeneratorConfig(
        latent,
        options.joints(),
        options.word("comparison_module_mode"),
        _mode(options),
        _text_decoder(options, words),
    )


_TEXT, _TEMPERATURE, _SCALES = "text_encoder.", "loss_weight", "decsigma_v2v"

KINDS = (
    ReleasedKind(
        "PoseText",
        "retrieval",
        ("pose_encoder.", _TEXT, _TEMPERATURE),
        ("pose_mlp.",),
        _pose_text,
        PoseTextConfig,
        PoseText,
    ),
    ReleasedKind(
        "PairText",
        "pair_retrieval",
        ("pose_encoder.", _TEXT, _TEMPERATURE, "pose_mlp."),
        (),
        _pair_text,
        PairTextConfig,
        PairText,
    ),
    ReleasedKind(
        "CondTextPoser",
        "generation",
        ("pose_encoder.", "pose_decoder.", _TEXT, _SCALES),
        ("correction_module.",),
        _cond_text_poser,
        CondTextPoserConfig,
        CondTextPoser,
    ),
    ReleasedKind(
        "PoseVAE",
        "generation",
        ("pose_encoder.", "pose_decoder.", _SCALES),
        (_TEXT,),
        _pose_vae,
        PoseVaeConfig,
        PoseVae,
    ),
    ReleasedKind(
        "PoseBGenerator",
        "editing",
        ("pose_encoder.", "pose_decoder.", _TEXT, "correction_module."),
        (),
        _pose_b_generator,
        PoseBGeneratorConfig,
        PoseBGenerator,
    ),
    ReleasedKind(
        "DescriptionGenerator",
        "captioning",
        ("pose_encoder.", "text_decoder."),
        ("comparison_module.",),
        _description_generator,
        DescriptionGeneratorConfig,
        DescriptionGenerator,
    ),
    ReleasedKind(
        "FeedbackGenerator",
        "instruction",
        ("pose_encoder.", "text_decoder.", "comparison_module."),
        (),
        _feedback_generator,
        FeedbackGeneratorConfig,
        FeedbackGenerator,
    ),
)


def kind_named(name: str) -> ReleasedKind:
    """The kind of a class name.

    Raises:
        PoseloomError: no such kind.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    raise PoseloomError(f"kind of model: {name!r} is unknown, expected one of {', '.join(kind.name for kind in KINDS)}")
