"""Pose -> text for users."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.pose.types import Pose
from poseloom.results.texts import Captioned
from poseloom.tasks.captioning.model import CaptioningModelConfig, captioning_model
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import flat
from poseloom.tasks.common.saying import LIMITS, Speaker, published_texts, texts_of
from poseloom.tasks.common.truthful import truthful_captions
from poseloom.tasks.common.wording import Wording
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.nn.text.vocabulary import Vocabulary
    from poseloom.tasks.captioning.published import DescriptionGenerator


class PoseCaptioner(ABC):
    """Says poses in words.

    Args:
        card: what is known of the model.
    """

    task = "captioning"

    def __init__(self, card: ModelCard):
        self.card = card

    @abstractmethod
    def _say(self, poses: Pose, wording: Wording) -> list[str]:
        """Texts of poses with one leading axis and no heading."""

    def caption(self, pose: Pose, wording: Wording | None = None) -> Captioned:
        """A text for each pose of the (flattened) batch; its heading does not count.

        Args:
            pose: what is said.
            wording: how words are chosen; the most probable one each time by default.

        Raises:
            PoseloomError: the model was imported without its vocabulary.
        """
        poses = flat(pose)
        texts = self._say(poses.without_heading(), wording or Wording()) if len(poses) else []
        return Captioned(tuple(texts))


class SmallCaptioner(PoseCaptioner):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[Speaker]):
        super().__init__(exported.card)
        self.model, self._words, self._facts = exported.model, exported.words, exported.measured()

    def _say(self, poses: Pose, wording: Wording) -> list[str]:
        seen = (poses.rotations, self._facts.numbers(poses))
        texts = texts_of(self.model, self._words, wording.strategy(LIMITS), *seen)
        return truthful_captions(texts, poses) if wording.checked else texts


class PublishedCaptioner(PoseCaptioner):
    """A published model; without drawn words or beams it decodes as published, token by token.

    Args:
        model: in evaluation mode.
        card: what is known of it.
        vocabulary: its words; None where it was imported without them.
        path: where its weights lie.
    """

    def __init__(self, model: DescriptionGenerator, card: ModelCard, vocabulary: Vocabulary | None, path: Path):
        super().__init__(card)
        self.model, self._vocabulary, self._path = model, vocabulary, path

    def _say(self, poses: Pose, wording: Wording) -> list[str]:
        return published_texts(self.model, self._vocabulary, self._path, wording, poses)


def open_model(path: str | Path) -> SmallCaptioner:
    """The captioner of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallCaptioner(open_exported(path, "captioning", captioning_model, CaptioningModelConfig))
