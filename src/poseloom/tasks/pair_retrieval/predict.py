"""Instruction <-> pair of poses for users: vectors of one space, and what is nearest in it."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.nn.text.reading import Reading, TextReader, WordReader
from poseloom.pose.types import Pose
from poseloom.results.vectors import Embedded, Ranking
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import pairs, published
from poseloom.tasks.common.spaces import TextSpace, texts_in_parts
from poseloom.tasks.pair_retrieval.model import PairRetrievalModel, PairRetrievalModelConfig
from poseloom.tasks.retrieval.model import in_parts
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.tasks.pair_retrieval.published import PairText


class TextPairSpace(TextSpace):
    """Instructions and pairs of poses as unit vectors: an instruction lies close to the pairs that follow it."""

    task = "pair_retrieval"

    @abstractmethod
    def _pairs(self, first: Pose, second: Pose) -> Float[Tensor, "pairs latent"]:
        """Vectors of pairs with one leading axis, the first poses without heading."""

    def embed_pairs(self, pose_a: Pose, pose_b: Pose) -> Embedded:
        """Pairs of the (flattened) batches -> unit vectors; the turn between the two poses counts.

        Raises:
            PoseloomError: batches of other sizes.
        """
        first, second = pairs(pose_a, pose_b)
        return Embedded(self._pairs(first, second) if len(first) else torch.zeros(0, self.dimensions))

    def rank(self, text: str, pose_a: Pose, pose_b: Pose, k: int = 10) -> Ranking:
        """Of the pairs of two batches the `k` that follow an instruction best.

        Raises:
            PoseloomError: batches of other sizes, or k below one.
        """
        return self._ranking(text, self.embed_pairs(pose_a, pose_b), k)


class SmallTextPairSpace(TextPairSpace):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[PairRetrievalModel]):
        super().__init__(exported.card, WordReader(exported.words), exported.model.text_head.out_features)
        self.model = exported.model

    def _texts(self, reading: Reading) -> Float[Tensor, "texts latent"]:
        return in_parts(self.model.embed_texts, reading.ids)

    def _pairs(self, first: Pose, second: Pose) -> Float[Tensor, "pairs latent"]:
        return in_parts(self.model.embed_pairs, first.rotations, second.rotations)


class PublishedTextPairSpace(TextPairSpace):
    """A published model."""

    def __init__(self, model: PairText, card: ModelCard, read: TextReader):
        super().__init__(card, read, model.config.latent)
        self.model = model

    def _texts(self, reading: Reading) -> Float[Tensor, "texts latent"]:
        return texts_in_parts(self.model.encode_texts, reading)

    def _pairs(self, first: Pose, second: Pose) -> Float[Tensor, "pairs latent"]:
        before, after = (published(one, self.model.config.joints) for one in (first, second))
        return in_parts(self.model.encode_pairs, before, after)


def open_model(path: str | Path) -> SmallTextPairSpace:
    """The space of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallTextPairSpace(open_exported(path, "pair_retrieval", PairRetrievalModel, PairRetrievalModelConfig))
