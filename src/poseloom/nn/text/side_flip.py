"""Left and right exchanged in texts, on token ids: the words of a mirrored pose.

Rules of the released PoseScript and PoseFix code; the words are in ``side_words.json``. Some rows cannot be flipped
(a clock's hands turn one way); their poses must not be mirrored either, so each flip says which rows it did.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Unit = str | int
"""A known word, or the id of any other token."""


@cache
def _tables() -> dict[str, Any]:
    return json.loads(resources.files(__package__).joinpath("side_words.json").read_text("utf-8"))


def side_words() -> tuple[str, ...]:
    """All words that a flip may put into a text; a word vocabulary must hold them."""
    pairs = _tables()["right_to_left"]
    return (*pairs, _tables()["clockwise"], *pairs.values(), *_tables()["counterclockwise"])


@dataclass(frozen=True, eq=False)
class FlippedTexts:
    """Texts after a flip.

    Args:
        tokens: pads after each row's end; lengths may have changed.
        lengths: tokens of each row.
        was_flipped: False where a word forbids it; the row is as it was, and its pose must stay as it is.
    """

    tokens: Int[Tensor, "batch length"]
    lengths: Int[Tensor, "batch"]
    was_flipped: Bool[Tensor, "batch"]


class SideFlip:
    """Exchanges left and right in rows of token ids.

    Args:
        ids_of: the ids of a word, empty if it cannot be said; one id in a word vocabulary, one for each piece in
            WordPiece.
        pad: id of the padding.
    """

    def __init__(self, ids_of: Callable[[str], Sequence[int]], *, pad: int = 0):
        self._pad = pad
        self._ids = {word: tuple(ids_of(word)) for word in _known_words()}
        self._words = {ids: word for word, ids in self._ids.items() if ids}
        self._longest = max(map(len, self._words), default=0)

    def __call__(
        self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"], *, seed: int = 0
    ) -> FlippedTexts:
        """Flip each row. "clockwise" becomes one of four words, drawn once for all rows."""
        return self.flip(tokens, lengths, random.Random(seed).choice(_tables()["counterclockwise"]))

    def flip(
        self, tokens: Int[Tensor, "batch length"], lengths: Int[Tensor, "batch"], counterclockwise: str
    ) -> FlippedTexts:
        """Flip each row, with a given word for the opposite of "clockwise"."""
        rows, done = [], []
        for row, length in zip(tokens.tolist(), lengths.tolist(), strict=True):
            flipped = self._flipped_row(row[:length], counterclockwise)
            done.append(flipped is not None)
            rows.append(row[:length] if flipped is None else flipped)
        width = max(map(len, rows), default=0)
        padded = [row + [self._pad] * (width - len(row)) for row in rows]
        return FlippedTexts(
            tokens.new_tensor(padded).reshape(len(rows), width),
            lengths.new_tensor([len(row) for row in rows]),
            torch.tensor(done, dtype=torch.bool, device=tokens.device),
        )

    def _flipped_row(self, row: list[int], counterclockwise: str) -> list[int] | None:
        units = self._units(row)
        if any(unit in _tables()["not_to_be_flipped"] for unit in units):
            return None
        flipped: list[int] = []
        for place, unit in enumerate(units):
            if isinstance(unit, int):
                flipped.append(unit)
                continue
            new = unit if _stays(units, place) else _opposites(counterclockwise).get(unit, unit)
            if not self._ids[new]:  # the vocabulary lacks it: better no flip than an unknown word
                return None
            flipped.extend(self._ids[new])
        return flipped

    def _units(self, row: list[int]) -> list[Unit]:
        """The row with known words in the place of their ids, the longest first."""
        units: list[Unit] = []
        place = 0
        while place < len(row):
            for size in range(min(self._longest, len(row) - place), 0, -1):
                word = self._words.get(tuple(row[place : place + size]))
                if word is not None:
                    units.append(word)
                    place += size
                    break
            else:
                units.append(row[place])
                place += 1
        return units


def _known_words() -> list[str]:
    stays = _tables()["right_stays"]
    context = [word for words in stays.values() for word in words]
    return list(dict.fromkeys([*side_words(), *_tables()["not_to_be_flipped"], *context]))


@cache
def _opposites(counterclockwise: str) -> dict[str, str]:
    pairs = _tables()["right_to_left"]
    opposites = {**pairs, **{left: right for right, left in pairs.items()}}
    opposites[_tables()["clockwise"]] = counterclockwise
    return {**opposites, **dict.fromkeys(_tables()["counterclockwise"], _tables()["clockwise"])}


def _stays(units: list[Unit], place: int) -> bool:
    """Whether "right" means no side here: correct, directly, or a right angle."""
    if units[place] != "right":
        return False
    before = units[place - 1] if place else None
    after = units[place + 1] if place + 1 < len(units) else None
    rules = _tables()["right_stays"]
    if after in rules["before"] and before not in rules["unless_after"]:
        return True
    return before in rules["after"] or after in rules["before_always"]
