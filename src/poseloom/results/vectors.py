"""Vectors of learned spaces, and what is nearest in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from poseloom.results.json_values import plain
from poseloom.results.result import Items, Result

_DECIMALS = 4
"""Of cosines."""


@dataclass(frozen=True, eq=False)
class Embedded(Result):
    """Texts, poses or pairs as unit vectors of one space.

    Args:
        vectors: one for each.
    """

    vectors: Float[Tensor, "items latent"]

    def __len__(self) -> int:
        return len(self.vectors)

    def as_json(self) -> dict[str, Any]:
        """``dimensions``, ``vectors``, ``notes``."""
        return {"dimensions": self.vectors.shape[1], "vectors": plain(self.vectors), "notes": list(self.notes)}


@dataclass(frozen=True)
class Ranked:
    """One of the candidates.

    Args:
        row: its number among them.
        score: the cosine, -1 to 1.
    """

    row: int
    score: float


@dataclass(frozen=True, eq=False)
class Ranking(Items[Ranked]):
    """The candidates that a text tells of best; used as a sequence of them.

    Args:
        ranked: the best first.
    """

    ranked: tuple[Ranked, ...]

    @property
    def _items(self) -> tuple[Ranked, ...]:
        return self.ranked

    def as_json(self) -> dict[str, Any]:
        """``ranked``: rows of ``row`` and ``score``; ``notes``."""
        rows = [{"row": one.row, "score": round(one.score, _DECIMALS)} for one in self.ranked]
        return {"ranked": rows, "notes": list(self.notes)}
