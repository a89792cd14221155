"""Vocabularies of the published text generators, which were released without them.

A vocabulary is a file of the user's (a word list, or the original's pickle), or it is rebuilt from the texts of the
data set in the original's order. Either way its size is checked against the model's word table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import GIBIBYTE, read_text
from poseloom.nn.text.vocabulary import Vocabulary, build_vocabulary, read_vocabulary
from poseloom.nn.text.word_tokens import COMMON_ABBREVIATIONS

_ABBREVIATIONS = Path("punkt_tab") / "english" / "abbrev_types.txt"
"""NLTK's data, if the user has laid it beside the texts."""


@dataclass(frozen=True)
class PublishedVocabulary:
    """How one of the original's vocabularies was built.

    Args:
        key: as in a checkpoint's arguments.
        words: its size, special words included; None if that is not known.
        pickle: file in which the original keeps it.
        texts: files of the data set, in the order in which they were read.
        needs_extra_words: whether words from elsewhere followed the texts (actions of BABEL, about 560).
    """

    key: str
    words: int | None
    pickle: str
    texts: tuple[str, ...]
    needs_extra_words: bool


@cache
def published_vocabularies() -> dict[str, PublishedVocabulary]:
    """The original's vocabularies by key."""
    table = json.loads(resources.files(__package__).joinpath("vocabularies.json").read_text("utf-8"))
    return {
        key: PublishedVocabulary(
            key, entry["words"], entry["pickle"], tuple(entry["texts"]), entry["needs_extra_words"]
        )
        for key, entry in table.items()
    }


def find_vocabulary(
    key: str, words: int, *, source: str | Path | None = None, extra_words: str | Path | None = None
) -> Vocabulary:
    """The vocabulary of a published model.

    Args:
        key: such as ``vocPSA2H2``.
        words: rows of the model's word table.
        source: a word list, the original's pickle, or the folder of the data set (PoseScript's or PoseFix's release).
        extra_words: a file with the further words, one entry a line, where the original had some.

    Raises:
        PoseloomError: nothing was given, files are missing, or the vocabulary has another size than the model.
    """
    published = published_vocabularies().get(key)
    if source is None:
        raise PoseloomError(_missing(key, published))
    place = Path(source)
    if not place.is_dir():
        return _checked(read_vocabulary(place), words, place)
    if published is None:
        known = ", ".join(published_vocabularies())
        raise PoseloomError(f"vocabulary {key!r} cannot be built, only {known}; give a file with its words")
    if extra_words is None and (place / published.pickle).is_file():
        return _checked(read_vocabulary(place / published.pickle), words, place / published.pickle)
    return _rebuilt(published, words, place, extra_words)


def _rebuilt(published: PublishedVocabulary, words: int, folder: Path, extra_words: str | Path | None) -> Vocabulary:
    lacking = [name for name in published.texts if not (folder / name).is_file()]
    if lacking:
        raise FileError(folder, f"lacks {', '.join(lacking)}", remedy=f"{published.key} is built from these files")
    extra = read_text(extra_words).splitlines() if extra_words is not None else []
    texts = (text for name in published.texts for text in texts_in_order(folder / name))
    abbreviations = folder / _ABBREVIATIONS
    known = frozenset(read_text(abbreviations).split()) if abbreviations.is_file() else COMMON_ABBREVIATIONS
    vocabulary = build_vocabulary(texts, extra_words=extra, abbreviations=known)
    if len(vocabulary) != words and published.needs_extra_words and extra_words is None:
        problem = (
            f"gives {len(vocabulary)} words, the model has {words}: the original added about 560 action words that "
            "are not among the texts"
        )
        raise FileError(folder, problem, remedy=f"give them as a file of extra words, or {published.pickle}")
    return _checked(vocabulary, words, folder)


def _checked(vocabulary: Vocabulary, words: int, where: Path) -> Vocabulary:
    if len(vocabulary) != words:
        problem = f"gives {len(vocabulary)} words, the model has {words}"
        raise FileError(where, problem, remedy="give the vocabulary that the model was trained with")
    return vocabulary


def texts_in_order(path: str | Path) -> Iterator[str]:
    """Every text of a released file {id: text or list of texts}, in the file's order.

    Raises:
        FileError: it is no such file.
    """
    try:
        table = json.loads(read_text(path, maximum_bytes=GIBIBYTE))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileError(path, f"is no JSON: {error}", remedy="get the file again") from None
    if not isinstance(table, dict):
        raise FileError(path, f"holds a {type(table).__name__}, expected texts by id", remedy="get the file again")
    for number, texts in table.items():
        listed = texts if isinstance(texts, list) else [texts]
        if not all(isinstance(text, str) for text in listed):
            raise FileError(path, "is neither a text nor a list of texts", field=f"id {number}")
        yield from listed


def _missing(key: str, published: PublishedVocabulary | None) -> str:
    if published is None:
        return f"the vocabulary {key!r} of this model is not in the checkpoint; give a file with its words"
    files = ", ".join(published.texts)
    return (
        f"the vocabulary {key} of this model is not in the checkpoint; give the folder with {files}, "
        f"the original's {published.pickle}, or a word list"
    )
