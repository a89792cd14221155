"""Word vocabularies: words by id, built in the order of first appearance."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import read_text
from poseloom.formats.pickles import load_pickle
from poseloom.nn.text.side_flip import side_words
from poseloom.nn.text.word_tokens import COMMON_ABBREVIATIONS, tokenize

PAD, START, END, UNKNOWN = range(4)
SPECIAL_WORDS = ("<pad>", "<start>", "<end>", "<unk>")
"""What the ids 0 to 3 stand for."""
_MAXIMUM_FILE_BYTES = 64 << 20


@dataclass(frozen=True)
class Vocabulary:
    """Words by id; the first four are `SPECIAL_WORDS`.

    Raises:
        PoseloomError: other first words, or a word twice.
    """

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.words[: len(SPECIAL_WORDS)] != SPECIAL_WORDS:
            raise PoseloomError(f"vocabulary: begins with {self.words[:4]}, expected {SPECIAL_WORDS}")
        if len(self.ids) != len(self.words):
            twice = next(word for place, word in enumerate(self.words) if self.ids[word] != place)
            raise PoseloomError(f"vocabulary: {twice!r} is in it twice")

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def ids(self) -> dict[str, int]:
        """Ids by word."""
        return {word: place for place, word in enumerate(self.words)}

    def id_of(self, word: str) -> int:
        """The id of a word, that of ``<unk>`` if it is not in the vocabulary."""
        return self.ids.get(word, UNKNOWN)


def build_vocabulary(
    texts: Iterable[str],
    *,
    extra_words: Iterable[str] = (),
    with_side_words: bool = True,
    abbreviations: frozenset[str] = COMMON_ABBREVIATIONS,
) -> Vocabulary:
    """Every word of the texts, then of the extra words, then those that a left-right flip needs.

    In the order of first appearance: the same texts in the same order give the same ids. This is how the published
    vocabularies were built; the order in which the original adds side words that no text has is not known.
    """
    words = dict.fromkeys(SPECIAL_WORDS)
    for text in (*texts, *extra_words):
        words.update(dict.fromkeys(tokenize(text, abbreviations)))
    if with_side_words:
        words.update(dict.fromkeys(side_words()))
    return Vocabulary(tuple(words))


def read_vocabulary(path: str | Path) -> Vocabulary:
    """A vocabulary from a file: text with one word a line, a JSON list, or the pickle of the original code.

    A list that does not begin with the four special words gets them in front.

    Raises:
        FileError: unreadable, refused, or no list of words.
    """
    file = Path(path)
    words = _READERS.get(file.suffix.lower(), _lines)(file)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise FileError(path, "is no list of words", remedy="expected one word a line, a JSON list, or a .pkl file")
    if tuple(words[: len(SPECIAL_WORDS)]) != SPECIAL_WORDS:
        words = [*SPECIAL_WORDS, *words]
    try:
        return Vocabulary(tuple(words))
    except PoseloomError as error:
        raise FileError(path, str(error)) from None


def _lines(path: Path) -> list[Any]:
    return read_text(path, maximum_bytes=_MAXIMUM_FILE_BYTES).split()


def _json(path: Path) -> list[Any]:
    try:
        content = json.loads(read_text(path, maximum_bytes=_MAXIMUM_FILE_BYTES))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileError(path, f"is no JSON: {error}", remedy="expected a list of words") from None
    return content if isinstance(content, list) else []


def _pickle(path: Path) -> list[Any]:
    """The original's table {idx, word2idx, idx2word}."""
    by_word = load_pickle(path).get("word2idx")
    if not isinstance(by_word, dict) or sorted(by_word.values()) != list(range(len(by_word))):
        raise FileError(path, "holds no numbered words", field="word2idx", remedy="give a word list instead")
    return sorted(by_word, key=by_word.__getitem__)


_READERS = {".json": _json, ".pkl": _pickle, ".pickle": _pickle}
