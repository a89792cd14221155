"""The words that questions are made of, read from `words.json`: phrases, the longest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from poseloom.base.datafiles import read_table

_FOLDER = Path(__file__).parent
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[,;.:]")


class PhraseRole(str, Enum):
    """What a phrase does in a question."""

    SIDE = "side"
    PART = "part"
    RELATION = "relation"
    STATE = "state"
    DIRECTION = "direction"
    POSTURE = "posture"
    NOT = "not"
    JOIN = "join"
    COMMA = "comma"
    OR = "or"
    FILLER = "filler"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class QueryPhrase:
    """A phrase of a question.

    Args:
        kind: what it does.
        name: its canonical name.
        many: whether a part stands in the plural.
        words: as they were written.
    """

    kind: PhraseRole
    name: str
    many: bool = False
    words: str = ""


@dataclass(frozen=True)
class QueryLexicon:
    """Phrases as tuples of words, with what they mean."""

    rewrites: Mapping[tuple[str, ...], tuple[str, ...]]
    phrases: Mapping[tuple[str, ...], QueryPhrase]
    longest: int

    def items(self, text: str) -> list[QueryPhrase]:
        """The phrases of a text, in order; words of no phrase are `Kind.UNKNOWN`."""
        tokens = self._rewritten(tokens_of(text))
        found: list[QueryPhrase] = []
        place = 0
        while place < len(tokens):
            for length in range(min(self.longest, len(tokens) - place), 0, -1):
                words = tuple(tokens[place : place + length])
                item = self.phrases.get(words)
                if item is not None or length == 1:
                    item = item or QueryPhrase(PhraseRole.UNKNOWN, words[0])
                    found.append(QueryPhrase(item.kind, item.name, item.many, " ".join(words)))
                    place += length
                    break
        return found

    def _rewritten(self, tokens: list[str]) -> list[str]:
        made: list[str] = []
        place = 0
        longest = max(map(len, self.rewrites))
        while place < len(tokens):
            for length in range(min(longest, len(tokens) - place), 0, -1):
                words = tuple(tokens[place : place + length])
                if words in self.rewrites:
                    made += self.rewrites[words]
                    break
            else:
                made.append(tokens[place])
                length = 1
            place += length
        return made


def tokens_of(text: str) -> list[str]:
    """Lower-case words and the marks that part clauses."""
    return [word.removesuffix("'s") for word in _TOKEN.findall(text.lower().replace("’", "'"))]


@lru_cache(maxsize=1)
def lexicon() -> QueryLexicon:
    """The lexicon of the package."""
    return _lexicon_of(read_table(_FOLDER / "words.json"))


def _lexicon_of(table: Mapping[str, Any]) -> QueryLexicon:
    phrases: dict[tuple[str, ...], QueryPhrase] = {(mark,): QueryPhrase(PhraseRole.COMMA, ",") for mark in ",;.:"}

    def put(words: str, item: QueryPhrase) -> None:
        phrases.setdefault(tuple(words.split()), item)

    for part, (one, many) in table["parts"].items():
        for words in one:
            put(words, QueryPhrase(PhraseRole.PART, part))
        for words in many:
            put(words, QueryPhrase(PhraseRole.PART, part, many=True))
    for kind, group in (
        (PhraseRole.POSTURE, "postures"),
        (PhraseRole.RELATION, "relations"),
        (PhraseRole.STATE, "states"),
        (PhraseRole.SIDE, "sides"),
        (PhraseRole.PART, "middles"),
        (PhraseRole.DIRECTION, "directions"),
    ):
        for name, written in table[group].items():
            for words in written:
                put(words, QueryPhrase(kind, name))
    for kind, group in (
        (PhraseRole.NOT, "not"),
        (PhraseRole.JOIN, "joiners"),
        (PhraseRole.OR, "or"),
        (PhraseRole.FILLER, "filler"),
    ):
        for words in table[group]:
            put(words, QueryPhrase(kind, words))
    rewrites = {tuple(old.split()): tuple(new.split()) for old, new in table["rewrites"].items()}
    return QueryLexicon(rewrites, phrases, max(map(len, phrases)))


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, Any]:
    """The content of `conditions.json`."""
    return read_table(_FOLDER / "conditions.json")
