"""Published checkpoints: how each is told from its weights, configured from its options, built, and called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from poseloom.nn.text.decoder import DecoderMode, TextDecoderConfig
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.published_models import reader_of
from poseloom.tasks.common.released_options import CheckpointOptions
from poseloom.training.export import ModelCard
from poseloom.training.recipe import Card

Calling = Callable[[Any, ModelCard, Vocabulary | None, Path], Any]
"""Makes the model that users call, of a module, what is known of it, its words, and the path of its weights."""
_MOST_LAYERS = 100
"""Of a text decoder; the released ones have 4."""
TEXT, TEMPERATURE, SCALES = "text_encoder.", "loss_weight", "decsigma_v2v"
"""Beginnings of state names: of a text encoder, of a contrastive loss, of the scales of a pose decoder's errors."""


@dataclass(frozen=True)
class ReleasedKind:
    """One of the published models.

    Args:
        name: its class in the original code, as in the checkpoint's arguments.
        task: its task.
        has: beginnings of state names that it has.
        lacks: beginnings that it does not have.
        read_config: its configuration from the arguments and the number of words.
        config_class: the data class of its configuration.
        build: the module of a configuration.
        calling: makes what users call.
        read_state: its configuration from the weights alone, for files without arguments; `read_config` is then not
            asked.
        tidy: gives the weights the names that they have today, before the kind is told.
        card: what users must know of it; that of the text-pose models by default.
    """

    name: str
    task: str
    has: tuple[str, ...]
    lacks: tuple[str, ...]
    read_config: Callable[[CheckpointOptions, int], Any]
    config_class: type[Any]
    build: Callable[[Any], nn.Module]
    calling: Calling
    read_state: Callable[[Mapping[str, Tensor]], Any] | None = None
    tidy: Callable[[Mapping[str, Tensor]], dict[str, Tensor]] | None = None
    card: Card | None = None

    def fits(self, names: list[str]) -> bool:
        """Whether a state with these names can be of this kind."""

        def present(beginning: str) -> bool:
            return any(name.startswith(beginning) for name in names)

        return all(map(present, self.has)) and not any(map(present, self.lacks))


def reading(predictor: Callable[..., Any]) -> Calling:
    """Models that read texts: a predictor of module, card and reader."""

    def call(module: Any, card: ModelCard, vocabulary: Vocabulary | None, path: Path) -> Any:
        return predictor(module, card, reader_of(module.config, vocabulary, card, path))

    return call


def text_encoder(options: CheckpointOptions, words: int) -> TextEncoderChoice:
    """How the model reads texts."""
    return TextEncoderChoice.parse(
        options.word("text_encoder_name"), topping=options.word_or_none("transformer_topping"), words=words
    )


def text_decoder(options: CheckpointOptions, words: int) -> TextDecoderConfig:
    """How the model says texts."""
    return TextDecoderConfig(
        words,
        options.count("decoder_latentD"),
        options.count("decoder_nlayers", _MOST_LAYERS),
        options.count("decoder_nhead"),
    )


def decoder_mode(options: CheckpointOptions) -> DecoderMode:
    """How the decoder sees poses."""
    return DecoderMode(options.one_of("transformer_mode", [mode.value for mode in DecoderMode]))
