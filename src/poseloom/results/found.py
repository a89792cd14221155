"""Rows of an index that a search finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from poseloom.results.json_values import plain
from poseloom.results.result import Items

_DECIMALS = 4
"""Of scores."""


@dataclass(frozen=True)
class Hit:
    """One row.

    Args:
        id: names the row, as the table does.
        score: 0 to 1 for words; the cosine, -1 to 1, for poses and vectors.
        text: the row's first text, of those that the filters ask for.
        row: number in the index.
        metadata: where the row came from.
        holds: whether the row meets the question; None where that was not asked.
        mirrored: the row is like the mirrored pose.
    """

    id: str
    score: float
    text: str
    row: int
    metadata: dict[str, Any] = field(default_factory=dict)
    holds: bool | None = None
    mirrored: bool = False

    def as_json(self) -> dict[str, Any]:
        """``id``, ``row``, ``score``, ``text``, and what there is of ``metadata``, ``holds``, ``mirrored``."""
        made: dict[str, Any] = {
            "id": self.id,
            "row": self.row,
            "score": round(self.score, _DECIMALS),
            "text": self.text,
        }
        if self.metadata:
            made["metadata"] = plain(self.metadata)
        if self.holds is not None:
            made["holds"] = self.holds
        if self.mirrored:
            made["mirrored"] = True
        return made


@dataclass(frozen=True, eq=False)
class Found(Items[Hit]):
    """What was found; used as a sequence of its hits.

    Args:
        hits: the best first.
        understood: what of a question was taken as a statement about poses.
        plain: its words that were looked for in the texts instead.
        unknown: its words that neither the grammar nor any text knows.
    """

    hits: tuple[Hit, ...]
    understood: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def _items(self) -> tuple[Hit, ...]:
        return self.hits

    def remarks(self) -> Iterator[str]:
        """The notes, and how the question was read where it was not read as a whole, one line each."""
        lines = list(self.notes)
        if self.plain:
            lines.append(f"looked for in the texts: {', '.join(self.plain)}")
        if self.unknown:
            lines.append(f"not understood and in no text: {', '.join(self.unknown)}")
        if lines and self.understood:
            yield f"understood: {'; '.join(self.understood)}"
        yield from lines
