"""The words that people use of poses, from ``tables/plain_words.json``: a sentence becomes phrases with a meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from poseloom.base.datafiles import entry, read_table
from poseloom.language.tables import TABLES

_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[,;:]")


class PhraseKind(Enum):
    """What a phrase does."""

    SIDE = "sides"
    PART = "parts"
    MIDDLE = "middles"
    RELATION = "relations"
    STATE = "states"
    POSTURE = "postures"
    NOT = "not"
    JOIN = "joins"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Item(NamedTuple):
    """A phrase of a sentence: what it does, its name, whether a plural."""

    kind: PhraseKind
    name: str
    many: bool = False


@dataclass(frozen=True, eq=False)
class PlainWords:
    """The checked content of the table of words."""

    rewrites: dict[tuple[str, ...], tuple[str, ...]]
    phrases: dict[tuple[str, ...], Item]
    longest: int
    table: dict[str, Any]

    def items(self, sentence: str) -> list[Item]:
        """The phrases of a sentence in order, without those that say nothing."""
        words = _TOKEN.findall(sentence.lower().replace("’", "'"))
        words = self._replaced(words)
        found = []
        place = 0
        while place < len(words):
            for size in range(min(self.longest, len(words) - place), 0, -1):
                item = self.phrases.get(tuple(words[place : place + size]))
                if item is not None or size == 1:
                    found.append(item or Item(PhraseKind.UNKNOWN, words[place]))
                    place += size
                    break
        return [item for item in found if item.kind is not PhraseKind.SKIPPED]

    def _replaced(self, words: list[str]) -> list[str]:
        made: list[str] = []
        place = 0
        while place < len(words):
            for size in range(min(self.longest, len(words) - place), 0, -1):
                new = self.rewrites.get(tuple(words[place : place + size]))
                if new is not None:
                    made += new
                    place += size
                    break
            else:
                made.append(words[place])
                place += 1
        return made

    def claims(self, part: str, state: str) -> list[list[str]] | None:
        """What must hold where a part is in a state; None where the words have no meaning together."""
        table = self.table["claims"]
        for name in (part, self.table["same"].get(part, part)):
            if state in table.get(name, {}):
                rows: list[list[str]] = table[name][state]
                return rows
        return None


@cache
def plain_words(path: Path = TABLES / "plain_words.json") -> PlainWords:
    """The words of a file.

    Raises:
        FileError: an entry is missing or of another type.
    """
    table = read_table(path)
    phrases: dict[tuple[str, ...], Item] = {(mark,): Item(PhraseKind.JOIN, mark) for mark in ",;:"}
    for kind in (PhraseKind.POSTURE, PhraseKind.RELATION, PhraseKind.STATE, PhraseKind.SIDE, PhraseKind.MIDDLE):
        for name, written in entry(path, table, kind.value, dict).items():
            for words in written:
                phrases.setdefault(tuple(words.split()), Item(kind, name))
    for part, (one, many) in entry(path, table, "parts", dict).items():
        for words in one:
            phrases.setdefault((words,), Item(PhraseKind.PART, part))
        for words in many:
            phrases.setdefault((words,), Item(PhraseKind.PART, part, many=True))
    for kind in (PhraseKind.NOT, PhraseKind.JOIN, PhraseKind.SKIPPED):
        for words in entry(path, table, kind.value, list):
            phrases.setdefault(tuple(words.split()), Item(kind, words))
    for name in ("claims", "same", "implied", "posture_classes", "postures_at", "postures_of_both", "hand_places"):
        entry(path, table, name, dict)
    rewrites = {tuple(old.split()): tuple(new.split()) for old, new in entry(path, table, "rewrites", dict).items()}
    return PlainWords(rewrites, phrases, max(map(len, (*phrases, *rewrites))), table)
