"""Weighted choices from the table of weights."""

from __future__ import annotations

import json
from bisect import bisect_right
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any

from numpy.random import Generator


class Choices:
    """Draws names from the tables of ``weights.json``.

    Args:
        generator: all randomness comes from it.
    """

    def __init__(self, generator: Generator):
        self.generator = generator

    def of(self, table: str) -> str:
        """A name of a table."""
        names, sums = _cumulated(table)
        return names[bisect_right(sums, self.generator.random() * sums[-1])]

    def symbols(self, table: str) -> list[str]:
        """A row of symbols of a table: none where its empty name is drawn."""
        return self.of(table).split()

    def happens(self, share: str) -> bool:
        """Whether what the table gives a share of happens."""
        return bool(self.generator.random() < weights()[share])

    def below(self, count: int) -> int:
        """A whole number from 0 to count - 1."""
        return int(self.generator.integers(count))


@cache
def weights() -> dict[str, Any]:
    """``weights.json``."""
    text = (resources.files("poseloom.tasks.sign.composed") / "weights.json").read_text(encoding="utf-8")
    return json.loads(text)


@cache
def _cumulated(table: str) -> tuple[tuple[str, ...], list[float]]:
    rows = weights()[table]
    return tuple(rows), list(accumulate(rows.values()))
