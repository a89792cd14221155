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
    AMOUNT = "amounts"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Item(NamedTuple):
    """A phrase of a sentence: what it does, its name, whether a plural, and how far: ``slight``, ``full``, degrees."""

    kind: PhraseKind
    name: str
    many: bool = False
    amount: str = ""
    words: str = ""
    """As they were written."""


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
        found: list[Item] = []
        place, amount = 0, ""
        while place < len(words):
            item, size = self._item(words, place)
            place += size
            if item.kind is PhraseKind.AMOUNT:
                amount = item.name
                if found and found[-1].kind is PhraseKind.STATE and item.name[0].isdigit():
                    found[-1], amount = found[-1]._replace(amount=amount), ""
                elif item.name[0].isdigit():  # "the knee at 45 degrees"
                    found.append(Item(PhraseKind.STATE, "bent", amount=amount))
                    amount = ""
                continue
            if item.kind is PhraseKind.SKIPPED:
                continue
            if amount and item.kind is PhraseKind.JOIN and found:  # "bent a little, ..."
                found[-1], amount = found[-1]._replace(amount=amount), ""
            found.append(item._replace(amount=amount) if amount else item)
            amount = ""
        if amount and found:
            found[-1] = found[-1]._replace(amount=amount)
        return found

    def _item(self, words: list[str], place: int) -> tuple[Item, int]:
        """The longest phrase that begins at a place, and how many words it has."""
        if words[place].isdigit() and words[place + 1 : place + 2] in (["degrees"], ["degree"]):
            return Item(PhraseKind.AMOUNT, words[place]), 2
        for size in range(min(self.longest, len(words) - place), 1, -1):
            item = self.phrases.get(tuple(words[place : place + size]))
            if item is not None:
                return item._replace(words=" ".join(words[place : place + size])), size
        item = self.phrases.get((words[place],), Item(PhraseKind.UNKNOWN, words[place]))
        return item._replace(words=words[place]), 1

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
    for amount, written in entry(path, table, "amounts", dict).items():
        for words in written:
            phrases.setdefault(tuple(words.split()), Item(PhraseKind.AMOUNT, amount))
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
