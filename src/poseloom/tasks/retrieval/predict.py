"""Text <-> pose for users: vectors of one space, and what is nearest in it."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.lexicon.canonical import canonical
from poseloom.language.lexicon.rewording import Reworded, reworded
from poseloom.nn.text.reading import Reading, TextReader, WordReader, first_words
from poseloom.pose.types import Pose
from poseloom.results.vectors import Embedded, Ranking
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import flat, to_published_rotations
from poseloom.tasks.common.spaces import TextSpace, texts_in_parts
from poseloom.tasks.common.understood import understood_of
from poseloom.tasks.retrieval.model import RetrievalModel, RetrievalModelConfig, in_parts
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.tasks.retrieval.published import PoseText

LEARNED = "retrieval-"
"""How the names of the vectors of these models begin."""
_SHORT, _FEW = 25, 0.2
"""Words from which on a text of which at most this share is left out is taken for a description by its own words."""
_DIGITS = 12
"""Of the weights' checksum in the name of their vectors."""


class TextPoseSpace(TextSpace):
    """Texts and poses as unit vectors: a text lies close to the poses that it tells of.

    It is an `Embedder` of poses for search (`poseloom.search`).
    """

    task = "retrieval"

    @abstractmethod
    def _poses(self, poses: Pose) -> Float[Tensor, "poses latent"]:
        """Vectors of poses with one leading axis and no heading."""

    @property
    def name(self) -> str:
        """Names these very weights: vectors of others cannot be compared."""
        return f"{LEARNED}{self.card.sha256[:_DIGITS]}"

    def embed_poses(self, pose: Pose) -> Embedded:
        """Poses of the (flattened) batch -> unit vectors; heading, translation and shape do not count."""
        poses = flat(pose)
        return Embedded(self._poses(poses.without_heading()) if len(poses) else torch.zeros(0, self.dimensions))

    def meant(self, text: str) -> str:
        """A text in words that the model has learned."""
        return text

    def notes_on_question(self, text: str, anyway: bool = False) -> tuple[str, ...]:
        """What a user should know of how a question is read.

        Args:
            text: the question.
            anyway: whether one of which nothing is understood is answered with what is nearest.

        Raises:
            PoseloomError: nothing of it is understood.
        """
        return self.notes(text)

    def rank(self, text: str, pose: Pose, k: int = 10) -> Ranking:
        """Of the poses of a batch the `k` that a text tells of best.

        Raises:
            PoseloomError: k below one.
        """
        return self._ranking(text, self.embed_poses(pose), k, self.meant(text))

    def __call__(self, pose: Pose) -> Float[np.ndarray, "poses latent"]:
        """The vectors of `embed_poses`, as numpy."""
        return self.embed_poses(pose).vectors.numpy()


class SmallTextPoseSpace(TextPoseSpace):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[RetrievalModel]):
        super().__init__(exported.card, WordReader(exported.words), exported.model.text_head.out_features)
        self.model = exported.model
        self._vocabulary = tuple(exported.words.words)

    def meant(self, text: str) -> str:
        """The text, and what named poses and people's words in it mean in sentences of the library's own kind."""
        if not text.strip():
            return text
        known = self.in_known_words(text)
        understood = understood_of(text, True)
        long = len(known.text.split()) > _SHORT and len(known.left_out) <= _FEW * len(known.text.split())
        if understood.meaning.nothing or understood.is_described or long:
            return known.text
        return f"{known.text}. {canonical(understood.meaning, standing=False)}"

    def in_known_words(self, text: str) -> Reworded:
        """The text in the words of the model, and what was taken for what."""
        return reworded(first_words(text), self._vocabulary)

    def notes_on_question(self, text: str, anyway: bool = False) -> tuple[str, ...]:
        understood = understood_of(text, anyway)
        if understood.meaning.nothing:
            return self.notes(text)
        told = understood.told()
        parts = (("understood", told["understood"]), ("not understood", told["not_understood"]))
        read = "; ".join(f"{name}: {', '.join(words)}" for name, words in parts if words)
        return (read, *understood.notes)

    def _texts(self, reading: Reading) -> Float[Tensor, "texts latent"]:
        return in_parts(self.model.embed_texts, reading.ids)

    def _poses(self, poses: Pose) -> Float[Tensor, "poses latent"]:
        return in_parts(self.model.embed_poses, poses.rotations)


class PublishedTextPoseSpace(TextPoseSpace):
    """A published model."""

    def __init__(self, model: PoseText, card: ModelCard, read: TextReader):
        super().__init__(card, read, model.config.latent)
        self.model = model

    def _texts(self, reading: Reading) -> Float[Tensor, "texts latent"]:
        return texts_in_parts(self.model.encode_texts, reading)

    def _poses(self, poses: Pose) -> Float[Tensor, "poses latent"]:
        return in_parts(self.model.encode_poses, to_published_rotations(poses, self.model.config.joints))


def open_model(path: str | Path) -> SmallTextPoseSpace:
    """The space of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallTextPoseSpace(open_exported(path, "retrieval", RetrievalModel, RetrievalModelConfig))
