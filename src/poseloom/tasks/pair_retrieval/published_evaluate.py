"""Instruction-pair spaces as judges of other models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.published_models import is_published, open_published
from poseloom.tasks.pair_retrieval.predict import PublishedTextPairSpace, TextPairSpace, open_model
from poseloom.tasks.pair_retrieval.published import PairText, PairTextConfig


class PairJudge:
    """A pair retrieval model that judges instructions of others.

    Args:
        path: a trained or imported pair retrieval model.

    Raises:
        FileError: it is of another task or damaged.
    """

    def __init__(self, path: str | Path):
        self.space: TextPairSpace = open_space(path)

    def pairs(
        self, before: Float[Tensor, "pairs joints 3"], after: Float[Tensor, "pairs joints 3"]
    ) -> Float[Tensor, "pairs latent"]:
        """Vectors of pairs as published models see them: Z up."""
        return self.space.embed_pairs(from_published(before.cpu()), from_published(after.cpu())).vectors

    def texts(self, words: Sequence[str]) -> Float[Tensor, "texts latent"]:
        """Vectors of instructions; words that it does not know are passed over in silence."""
        return self.space.embed_texts(words).vectors


def open_space(path: str | Path) -> TextPairSpace:
    """A pair retrieval model of either architecture.

    Raises:
        FileError: it is of another task or damaged.
    """
    if not is_published(path):
        return open_model(path)
    opened = open_published(path, "pair_retrieval", PairTextConfig, PairText)
    assert opened.reader is not None  # every PairText reads
    return PublishedTextPairSpace(opened.module, opened.card, opened.reader)
