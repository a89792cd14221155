"""How models read a user's text, and what the user should know of that: words not known, text that was cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jaxtyping import Int
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.text.words import LONGEST, WordList, words_of

if TYPE_CHECKING:
    from poseloom.nn.text.encoder_choice import TextEncoderChoice
    from poseloom.nn.text.tokenizers import Tokenizer
    from poseloom.nn.text.vocabulary import Vocabulary

PIECES_FILE = "vocab.txt"
_PIECES_FROM = ("distilbertUncased", "minilm")
"""Text encoders that read BERT's word pieces."""
_SHOWN = 8
"""Unknown words that are listed; the number of the others is told."""
_FOREIGN = 0.5
"""Share of unknown words from which on a text is taken for one of another language."""
_NOT_A_WORD = frozenset(".,;:!?")


@dataclass(frozen=True, eq=False)
class Reading:
    """Texts as a model reads them.

    Args:
        ids: word or piece ids, padded.
        lengths: ids of each text that count, marks included.
        notes: what the user should know, one line each.
    """

    ids: Int[Tensor, "texts length"]
    lengths: Int[Tensor, " texts"]
    notes: tuple[str, ...]


class TextReader(Protocol):
    """Makes ids of texts."""

    def __call__(self, texts: Sequence[str]) -> Reading: ...


@dataclass(frozen=True)
class WordReader:
    """Texts for the small models, by their own vocabulary.

    Args:
        words: the vocabulary.
        longest: words of a text that are read.
    """

    words: WordList
    longest: int = LONGEST

    def __call__(self, texts: Sequence[str]) -> Reading:
        notes: list[str] = []
        for text in texts:
            said = words_of(text)
            unknown = [word for word in self.words.unknown(text) if word not in _NOT_A_WORD]
            notes += notes_on(len(said), max(0, len(said) - self.longest), unknown, len(set(said) - _NOT_A_WORD))
        ids = self.words.encode(texts, longest=self.longest)
        return Reading(ids, (ids != 0).sum(1), tuple(dict.fromkeys(notes)))


@dataclass(frozen=True)
class TokenReader:
    """Texts for the published models, by the tokeniser that they were trained with."""

    tokenizer: Tokenizer

    def __call__(self, texts: Sequence[str]) -> Reading:
        batch = self.tokenizer.encode(texts)
        notes: list[str] = []
        for length, cut, unknown in zip(batch.lengths.tolist(), batch.cut, batch.unknown, strict=True):
            read = length + cut - 2  # without start and end
            notes += notes_on(read, cut, list(dict.fromkeys(unknown)), read)
        return Reading(batch.tokens, batch.lengths, tuple(dict.fromkeys(notes)))


def notes_on(words: int, cut: int, unknown: Sequence[str], different: int) -> list[str]:
    """What a user should know of one text.

    Args:
        words: the text, word by word.
        cut: those of them, at its end, that are not read.
        unknown: words that the model does not know, each once.
        different: how many different words the text has.
    """
    notes = []
    if cut:
        notes.append(f"the text has {words:,} words, the first {words - cut:,} are read")
    if unknown:
        more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        listed = ", ".join(word[:40] for word in unknown[:_SHOWN]) + more
        if len(unknown) > 1 and len(unknown) > _FOREIGN * different:
            listed += "; most of the text is not understood, the model reads plain English about poses"
        notes.append(f"not known: {listed}")
    return notes


def cut_notes(text: str, longest: int = LONGEST) -> tuple[str, ...]:
    """What a user should know of a text that `first_words` cuts off."""
    words = len(text.split())
    return tuple(notes_on(words, max(0, words - longest), (), 0))


def first_words(text: str, longest: int = LONGEST) -> str:
    """The beginning of a text: what the geometry is asked about where a text is too long to be read as a whole."""
    pieces = text.split(maxsplit=longest)
    return text if len(pieces) <= longest else " ".join(pieces[:longest])


@dataclass(frozen=True)
class PublishedReader:
    """Texts for a published model's text encoder; its tokeniser is made when the first text comes.

    Args:
        choice: the text encoder.
        vocabulary: its words, where it has a word table of its own.
        model: file of the weights; a ``vocab.txt`` beside it holds BERT's word pieces.
        pieces: BERT's word pieces, where the model brings them itself.

    Raises:
        PoseloomError: when it is called, if the words or word pieces are not there, or the package ``tokenizers``.
    """

    choice: TextEncoderChoice
    vocabulary: Vocabulary | None
    model: Path
    pieces: tuple[str, ...] | None = None

    @cached_property
    def _read(self) -> TokenReader:
        from poseloom.nn.text.tokenizers import WordPieceTokenizer, WordTokenizer

        if self.choice.name == "huggingface":
            from poseloom.nn.text.huggingface import HuggingFaceTokenizer

            return TokenReader(HuggingFaceTokenizer(self.choice.vocabulary))
        if self.choice.name in _PIECES_FROM and self.pieces is not None:
            return TokenReader(WordPieceTokenizer(self.pieces))
        if self.choice.name in _PIECES_FROM:
            beside = self.model.with_name(PIECES_FILE)
            return TokenReader(WordPieceTokenizer(beside if beside.is_file() else _packaged_pieces(self.model)))
        if self.vocabulary is None:
            raise no_vocabulary(self.model)
        return TokenReader(WordTokenizer(self.vocabulary))

    def __call__(self, texts: Sequence[str]) -> Reading:
        return self._read(texts)


def no_vocabulary(model: str | Path) -> FileError:
    """The mistake of asking a model for words that were not given when it was imported."""
    remedy = "import the checkpoint again with --vocabulary"
    return FileError(model, "has no vocabulary: it was released without one", remedy=remedy)


def _packaged_pieces(model: str | Path) -> Path:
    from poseloom.nn.text.language_models import minilm_file

    try:
        return minilm_file(PIECES_FILE)
    except PoseloomError as mistake:
        remedy = f"lay the {PIECES_FILE} of an uncased BERT beside it, or: {mistake}"
        raise FileError(model, "reads BERT's word pieces, which are not here", remedy=remedy) from None
