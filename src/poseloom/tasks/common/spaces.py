"""What retrieval and pair retrieval share for users: texts as unit vectors, and what lies nearest to one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.nn.text.reading import Reading, TextReader
from poseloom.results.vectors import Embedded, Ranked, Ranking
from poseloom.training.export import ModelCard

_AT_ONCE = 64


class TextSpace(ABC):
    """A space in which texts lie close to what they tell of.

    Args:
        card: what is known of the model.
        read: makes its ids of texts.
        dimensions: numbers of a vector.
    """

    def __init__(self, card: ModelCard, read: TextReader, dimensions: int):
        self.card, self._read, self.dimensions = card, read, dimensions

    @abstractmethod
    def _texts(self, reading: Reading) -> Float[Tensor, "texts latent"]: ...

    def notes(self, text: str) -> tuple[str, ...]:
        """What a user should know of how a text is read."""
        return self._read([text]).notes

    def embed_texts(self, texts: Sequence[str]) -> Embedded:
        """Texts -> unit vectors. What is not understood of them stands in the notes."""
        if not texts:
            return Embedded(torch.zeros(0, self.dimensions))
        reading = self._read(texts)
        with torch.no_grad():
            return Embedded(self._texts(reading), notes=reading.notes)

    def _ranking(self, text: str, candidates: Embedded, k: int, meant: str | None = None) -> Ranking:
        """The `k` candidates that a text tells of best.

        Args:
            text: as the user wrote it.
            candidates: what is ranked.
            k: most results.
            meant: the text in words that the model has learned; None: as it is.

        Raises:
            PoseloomError: k below one.
        """
        asked = self.embed_texts([text if meant is None else meant])
        return Ranking(rank_candidates(asked.vectors[0], candidates.vectors, k), notes=self.notes(text))


def rank_candidates(
    query: Float[Tensor, " latent"], candidates: Float[Tensor, "rows latent"], k: int
) -> tuple[Ranked, ...]:
    """The `k` candidates that are nearest, best first; of unit vectors.

    Raises:
        PoseloomError: k below one.
    """
    if k < 1:
        raise PoseloomError(f"k is {k}, expected 1 or more")
    scores, rows = (candidates @ query).topk(min(k, len(candidates)))
    return tuple(Ranked(row, score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True))


def texts_in_parts(
    encode: Callable[[Int[Tensor, "batch length"], Int[Tensor, " batch"]], Tensor], reading: Reading
) -> Float[Tensor, "texts latent"]:
    """A published text encoder over any number of texts; each part is as wide as its longest text, as it must be."""
    parts = zip(reading.ids.split(_AT_ONCE), reading.lengths.split(_AT_ONCE), strict=True)
    return torch.cat([encode(ids[:, : int(lengths.max())], lengths) for ids, lengths in parts])
