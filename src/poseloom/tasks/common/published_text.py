"""Texts for the published models in training: token ids, left and right exchanged, features of frozen encoders kept."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.utils.data import get_worker_info

from poseloom.base.errors import PoseloomError
from poseloom.nn.layers.transformers import padding_mask
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.encoders import Pooling
from poseloom.nn.text.glove import glove_table
from poseloom.nn.text.language_models import load_language_model, minilm_file
from poseloom.nn.text.reading import PIECES_FILE
from poseloom.nn.text.tokenizers import Tokenizer, WordPieceTokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.published_recipe import TextReaderModel
from poseloom.training import FeatureCache
from poseloom.training.feature_cache import weights_digest

_KEPT_AT_ONCE = 4096


@dataclass(frozen=True)
class TextBatch:
    """Texts of a batch.

    Args:
        tokens: ids, start and end included, padded.
        lengths: ids of each text that count.
        features: hidden states of the frozen language model, where they are kept; None where the model computes them.
    """

    tokens: Int[Tensor, "batch length"]
    lengths: Int[Tensor, " batch"]
    features: Float[Tensor, "batch length width"] | None = None


class TextMaker:
    """Makes `TextBatch` of words.

    Args:
        tokenizer: as the model reads texts.
        cache: folder of features; None where none are kept.
    """

    def __init__(self, tokenizer: Tokenizer, cache: FeatureCache | None = None):
        self.tokenizer, self.cache = tokenizer, cache
        self._flip = tokenizer.side_flip()

    def __call__(self, texts: Sequence[str]) -> TextBatch:
        """The texts as they are."""
        return self._made(*self._encoded(texts))

    def flipped(
        self, texts: Sequence[str], chosen: Bool[Tensor, " batch"], seed: int
    ) -> tuple[TextBatch, Bool[Tensor, " batch"]]:
        """The texts, the chosen ones with left and right exchanged; and which were, for a word may forbid it."""
        tokens, lengths = self._encoded(texts)
        rows = torch.nonzero(chosen)[:, 0]
        if not len(rows):
            return self._made(tokens, lengths), chosen
        other = self._flip(tokens[rows], lengths[rows], seed=seed)
        done = other.was_flipped & (other.lengths <= self._longest(other.tokens))
        width = max(tokens.shape[1], other.tokens.shape[1])
        tokens, changed = (nn.functional.pad(one, (0, width - one.shape[1])) for one in (tokens, other.tokens))
        tokens[rows[done]], lengths[rows[done]] = changed[done], other.lengths[done]
        was_flipped = torch.zeros_like(chosen)
        was_flipped[rows[done]] = True
        return self._made(tokens, lengths), was_flipped

    def keep(self, texts: Sequence[str], flip: bool) -> None:
        """Compute features before training begins, of the mirrored texts as well if they are needed."""
        if self.cache is None:
            return
        for first in range(0, len(texts), _KEPT_AT_ONCE):
            tokens, lengths = self._encoded(texts[first : first + _KEPT_AT_ONCE])
            self.cache.fill(_written(tokens, lengths))
            if flip:
                other = self._flip(tokens, lengths)
                fits = other.lengths <= self._longest(other.tokens)
                self.cache.fill(_written(other.tokens[fits], other.lengths[fits]))

    def _encoded(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer.encode(texts)
        return batch.tokens, batch.lengths

    def _longest(self, tokens: Tensor) -> int:
        """Ids of the longest text that the model reads."""
        return getattr(self.tokenizer, "longest", tokens.shape[1])

    def _made(self, tokens: Tensor, lengths: Tensor) -> TextBatch:
        tokens = tokens[:, : int(lengths.max())]
        features = None if self.cache is None else self.cache.batch(_written(tokens, lengths)).values
        return TextBatch(tokens, lengths, features)


def encode_texts(model: Any, texts: TextBatch) -> Any:
    """What a model's text encoder gives, from kept features where there are some.

    Args:
        model: has `text_encoder`, and `encode_texts` of ids and lengths.
        texts: what is said in a batch.
    """
    if texts.features is None:
        return model.encode_texts(texts.tokens, texts.lengths)
    return model.text_encoder.finish(texts.features, padding_mask(texts.lengths, texts.features.shape[1]))


class FrozenTokens:
    """Hidden states of a frozen language model for `FeatureCache`, whose keys are token ids written as words.

    What is kept so belongs to these weights and these ids: another tokeniser, other texts or flipped ones cannot be
    taken for them.

    Args:
        model: gives hidden states of ids; copied to the device when it is first asked.
        device: where it computes; worker processes use the CPU.
    """

    def __init__(self, model: nn.Module, device: torch.device):
        self.width: int = int(model.width)
        self.digest = weights_digest(model, "token ids")
        self._model, self._device = model, device
        self._placed: nn.Module | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_placed": None}

    def encode(self, texts: Sequence[str]) -> list[Float[Tensor, "_tokens width"]]:
        """One row for each id of each text."""
        device = torch.device("cpu") if get_worker_info() else self._device
        if self._placed is None:
            self._placed = copy.deepcopy(self._model).eval().to(device)
        rows = [torch.tensor([int(one) for one in text.split()]) for text in texts]
        lengths = torch.tensor([len(row) for row in rows], device=device)
        tokens = nn.utils.rnn.pad_sequence(rows, batch_first=True).to(device)
        with torch.no_grad():
            hidden = self._placed(tokens, padding_mask(lengths, tokens.shape[1]))
        return [row[:length] for row, length in zip(hidden.cpu(), lengths.tolist(), strict=True)]


def text_choice(text: TextReaderModel, words: Vocabulary | None) -> TextEncoderChoice:
    """The declaration of a recipe's text encoder.

    Raises:
        FileError: the weights of the frozen language model cannot be read.
    """
    choice = TextEncoderChoice(
        text.encoder,
        vocabulary=text.weights if text.encoder == "huggingface" else "",
        words=len(words) if words else 0,
        pooling=Pooling(text.pooling),
        frozen_dropout=text.frozen_dropout,
    )
    if text.encoder != "distilbertUncased":
        return choice
    return replace(choice, language_model=load_language_model(text.weights).config)


def give_first_weights(encoder: nn.Module, text: TextReaderModel, words: Vocabulary | None, seed: int) -> None:
    """Put the frozen language model's weights, or GloVe's vectors, into a text encoder that was just built.

    Raises:
        FileError: a file cannot be read.
    """
    if text.encoder == "distilbertUncased":
        frozen: Any = encoder.pretrained_text_encoder
        frozen.load_state_dict(load_language_model(text.weights).state_dict())
    elif words is not None and text.glove:
        with torch.no_grad():
            encoder.embed.weight.copy_(glove_table(words, text.glove, seed=seed))


def tokenizer_of(text: TextReaderModel, words: Vocabulary | None) -> Tokenizer:
    """What makes ids of texts for a recipe's text encoder.

    Raises:
        PoseloomError: its files are not named, or they or the package ``tokenizers`` are missing.
    """
    if text.encoder in ("distilbertUncased", "huggingface") and not text.weights:
        what = "the folder of a DistilBERT (config.json, model.safetensors, vocab.txt)"
        remedy = f"name {what}, or set model.text.encoder to minilm or glovebigru"
        raise PoseloomError(f"recipe: model.text.weights is empty, {text.encoder} needs frozen weights; {remedy}")
    if text.encoder == "huggingface":
        from poseloom.nn.text.huggingface import HuggingFaceTokenizer

        return HuggingFaceTokenizer(text.weights)
    if words is not None:
        return WordTokenizer(words)
    return WordPieceTokenizer(
        minilm_file(PIECES_FILE) if text.encoder == "minilm" else Path(text.weights) / PIECES_FILE
    )


def pieces_of(tokenizer: Tokenizer) -> list[str] | None:
    """BERT's word pieces, which travel with the model; None for other tokenisers."""
    return tokenizer.pieces if isinstance(tokenizer, WordPieceTokenizer) else None


def _written(tokens: Tensor, lengths: Tensor) -> list[str]:
    """Ids as words, without padding: the keys of kept features."""
    pairs = zip(tokens.tolist(), lengths.tolist(), strict=True)
    return [" ".join(map(str, row[:length])) for row, length in pairs]
