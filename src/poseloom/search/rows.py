"""What an index is built from: rows with ids, texts, metadata and, usually, poses, handed over in blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float

from poseloom.base.errors import PoseloomError
from poseloom.pose.types import Pose

BLOCK_ROWS = 8192
"""Rows handed over at once: about 5 MB of rotations."""

Metadata = Mapping[str, Sequence[Any]]
"""Columns of values by name: text, numbers, booleans or None."""


@dataclass(frozen=True)
class Block:
    """Consecutive rows.

    Args:
        ids: one text a row; says where the row came from.
        texts: any number of texts a row.
        metadata: columns to filter by and to show.
        pose: what the rows hold; None where the rows are texts alone.
        vectors: embeddings of the rows, where they are given rather than computed from the poses.
    """

    ids: Sequence[str]
    texts: Sequence[Sequence[str]]
    metadata: Metadata = field(default_factory=dict)
    pose: Pose | None = None
    vectors: Float[np.ndarray, "rows dimensions"] | None = None

    def __len__(self) -> int:
        return len(self.ids)


class Rows(Protocol):
    """A table as the index sees it."""

    @property
    def source(self) -> str:
        """Which table this is: the same for the same table grown longer, another one for any other table."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The rows from `start` to the end, in order."""
        ...


@dataclass(frozen=True, eq=False)
class MemoryRows:
    """Rows held in memory.

    Args:
        ids: one text a row; `row 0`, `row 1`, ... where none are given.
        texts: one text a row, or any number of them.
        metadata: columns by name, as long as the rows.
        pose: one leading axis.
        vectors: embeddings, one a row.
        source: name of the collection.
    """

    pose: Pose | None = None
    texts: Sequence[str | Sequence[str]] | None = None
    ids: Sequence[str] | None = None
    metadata: Metadata = field(default_factory=dict)
    vectors: Float[np.ndarray, "rows dimensions"] | None = None
    source: str = "memory"

    def __post_init__(self) -> None:
        if self.pose is not None and len(self.pose.batch_shape) != 1:
            raise PoseloomError(f"rows.pose: expected one leading axis (rows), got {self.pose.batch_shape}")
        lengths = {name: len(part) for name, part in self._parts().items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise PoseloomError(f"rows: expected equally many of each, got {told}")

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {"pose": self.pose, "texts": self.texts, "ids": self.ids, "vectors": self.vectors}
        parts.update({f"metadata {name}": column for name, column in self.metadata.items()})
        return {name: part for name, part in parts.items() if part is not None}

    def __len__(self) -> int:
        return next((len(part) for part in self._parts().values()), 0)

    def blocks(self, start: int = 0) -> Iterator[Block]:
        for first in range(start, len(self), BLOCK_ROWS):
            last = min(first + BLOCK_ROWS, len(self))
            part = slice(first, last)
            ids = [f"row {row}" for row in range(first, last)] if self.ids is None else self.ids[part]
            texts = [() for _ in ids] if self.texts is None else [_as_tuple(text) for text in self.texts[part]]
            yield Block(
                ids,
                texts,
                {name: column[part] for name, column in self.metadata.items()},
                None if self.pose is None else self.pose[part],
                None if self.vectors is None else np.asarray(self.vectors[part]),
            )


def _as_tuple(text: str | Sequence[str]) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text
