"""Which text encoder: a declaration by the names that the published checkpoints use, and its building."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from poseloom.base.errors import PoseloomError, closest
from poseloom.nn.pose.encoder import Role
from poseloom.nn.text.bert import DISTILBERT, MINILM, Bert, BertConfig
from poseloom.nn.text.encoders import FrozenTextEncoder, Pooling, WordGruEncoder, WordTransformerEncoder
from poseloom.nn.text.language_models import load_minilm

_BETWEEN_NAME_AND_VOCABULARY = "_"


@dataclass(frozen=True)
class TextEncoderChoice:
    """A text encoder by name.

    Args:
        name: ``distilbertUncased``, ``glovebigru``, ``glovetransf``, ``minilm``, or ``huggingface`` for any encoder
            that the user has (`vocabulary` is then its name or folder).
        vocabulary: key of the word vocabulary, as in ``glovebigru_vocPSA2H2``; empty where the name is both.
        words: number of words, for the encoders with a word table of their own.
        pooling: end of the transformers.
        frozen_dropout: dropout of the frozen language model in training, as in the published recipes.
        language_model: sizes of the frozen language model of ``distilbertUncased``.
    """

    name: str = "distilbertUncased"
    vocabulary: str = ""
    words: int = 0
    pooling: Pooling = Pooling.AVERAGE
    frozen_dropout: bool = True
    language_model: BertConfig = DISTILBERT

    @staticmethod
    def parse(full_name: str, *, topping: str | None = None, words: int = 0) -> TextEncoderChoice:
        """From the ``text_encoder_name`` and ``transformer_topping`` of a checkpoint's arguments.

        Raises:
            PoseloomError: an unknown encoder or topping.
        """
        name, _, vocabulary = full_name.partition(_BETWEEN_NAME_AND_VOCABULARY)
        if name not in _BUILDERS:
            known = ", ".join(_BUILDERS)
            raise PoseloomError(
                f"text encoder: {name!r} is unknown, expected one of {known}{closest(name, list(_BUILDERS))}"
            )
        known_toppings = [pooling.value for pooling in Pooling]
        if topping is not None and topping not in known_toppings:
            raise PoseloomError(
                f"transformer topping: {topping!r} is unknown, expected one of {', '.join(known_toppings)}"
            )
        return TextEncoderChoice(name, vocabulary, words, Pooling(topping) if topping else Pooling.AVERAGE)


def build_text_encoder(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    """The encoder. MiniLM's and Hugging Face's weights are loaded, DistilBERT's and word tables are random."""
    return _BUILDERS[choice.name](choice, latent, role)


def _distilbert(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    return _frozen(Bert(choice.language_model), choice, latent, role)


def _minilm(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    # on the meta device a checkpoint brings the weights
    on_meta = torch.get_default_device().type == "meta"
    return _frozen(Bert(MINILM) if on_meta else load_minilm(), choice, latent, role)


def _huggingface(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    from poseloom.nn.text.huggingface import HuggingFaceModel

    return _frozen(HuggingFaceModel(choice.vocabulary), choice, latent, role)


def _frozen(model: nn.Module, choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    return FrozenTextEncoder(model, latent, role=role, pooling=choice.pooling, frozen_dropout=choice.frozen_dropout)


def _gru(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    return WordGruEncoder(_words(choice), latent, role=role)


def _word_transformer(choice: TextEncoderChoice, latent: int, role: Role) -> nn.Module:
    return WordTransformerEncoder(_words(choice), latent, role=role, pooling=choice.pooling)


def _words(choice: TextEncoderChoice) -> int:
    if choice.words < 1:
        raise PoseloomError(f"text encoder {choice.name}: the number of words is missing; give its vocabulary")
    return choice.words


_BUILDERS: dict[str, Callable[[TextEncoderChoice, int, Role], nn.Module]] = {
    "distilbertUncased": _distilbert,
    "minilm": _minilm,
    "huggingface": _huggingface,
    "glovebigru": _gru,
    "glovetransf": _word_transformer,
}
