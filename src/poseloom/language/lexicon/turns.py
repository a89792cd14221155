"""Turns of phrase that people have, as plainer words: "folded over the right leg", "holding a cup in the left hand"."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.language.lexicon.words import WORDS


class Turn(NamedTuple):
    """A pattern, and what is said instead."""

    pattern: re.Pattern[str]
    plain: str

    def of(self, sentence: str) -> str:
        """A sentence in small letters with the turn in plainer words."""
        return self.pattern.sub(self.plain, sentence)


class Turns(NamedTuple):
    """The table: turns that are always made, and those for sentences with words that nobody reads."""

    always: tuple[Turn, ...]
    unread: tuple[Turn, ...]


@cache
def turns(path: Path = WORDS / "turns.json") -> Turns:
    """The turns of a file.

    Raises:
        FileError: one is no pattern with what it is replaced by.
    """
    table = read_table(path)
    return Turns(*(tuple(_turn(path, key, row) for row in entry(path, table, key, list)) for key in Turns._fields))


def _turn(path: Path, key: str, row: Any) -> Turn:
    try:
        pattern, plain = row
        made = re.compile(pattern)
        groups = [int(number) for number in re.findall(r"\\g<(\d+)>", plain)]
    except (ValueError, TypeError, re.error) as error:
        raise FileError(path, f"{row!r} is no pattern with its plainer words: {error}", field=key) from None
    if any(number > made.groups for number in groups):
        raise FileError(path, f"{plain!r} has a group that {pattern!r} does not catch", field=key)
    return Turn(made, plain)


def in_plain_words(sentence: str) -> str:
    """A sentence in small letters without turns of phrase."""
    for turn in turns().always:
        sentence = turn.of(sentence)
    return sentence
