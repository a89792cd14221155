"""Pair of poses -> text for users."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.pose.types import Pose
from poseloom.results.texts import Instructed
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import pairs
from poseloom.tasks.common.saying import LIMITS, Speaker, published_texts, texts_of
from poseloom.tasks.common.truthful import truthful_instructions
from poseloom.tasks.common.wording import Wording
from poseloom.tasks.instruction.model import InstructionModelConfig, instruction_model
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.nn.text.vocabulary import Vocabulary
    from poseloom.tasks.instruction.published import FeedbackGenerator


class PoseInstructor(ABC):
    """Says in words how to get from one pose to another.

    Args:
        card: what is known of the model.
    """

    task = "instruction"

    def __init__(self, card: ModelCard):
        self.card = card

    @abstractmethod
    def _say(self, first: Pose, second: Pose, wording: Wording) -> list[str]:
        """Texts of pairs with one leading axis, the first poses without heading."""

    def instruct(self, pose_a: Pose, pose_b: Pose, wording: Wording | None = None) -> Instructed:
        """A text for each pose of `pose_a` and its counterpart in `pose_b`, of the flattened batches.

        The turn between the two counts; take it away by `Pose.without_heading` where it means nothing, as of poses of
        two recordings.

        Args:
            pose_a: where to start.
            pose_b: where to end.
            wording: how words are chosen; the most probable one each time by default.

        Raises:
            PoseloomError: batches of other sizes, or the model was imported without its vocabulary.
        """
        first, second = pairs(pose_a, pose_b)
        texts = self._say(first, second, wording or Wording()) if len(first) else []
        return Instructed(tuple(texts))


class SmallInstructor(PoseInstructor):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[Speaker]):
        super().__init__(exported.card)
        self.model, self._words, self._facts = exported.model, exported.words, exported.measured_changes()

    def _say(self, first: Pose, second: Pose, wording: Wording) -> list[str]:
        seen = (first.rotations, second.rotations, self._facts.numbers(first, second))
        texts = texts_of(self.model, self._words, wording.strategy(LIMITS), *seen)
        return truthful_instructions(texts, first, second) if wording.checked else texts


class PublishedInstructor(PoseInstructor):
    """A published model; without drawn words or beams it decodes as published, token by token.

    Args:
        model: in evaluation mode.
        card: what is known of it.
        vocabulary: its words; None where it was imported without them.
        path: where its weights lie.
    """

    def __init__(self, model: FeedbackGenerator, card: ModelCard, vocabulary: Vocabulary | None, path: Path):
        super().__init__(card)
        self.model, self._vocabulary, self._path = model, vocabulary, path

    def _say(self, first: Pose, second: Pose, wording: Wording) -> list[str]:
        return published_texts(self.model, self._vocabulary, self._path, wording, first, second)


def open_model(path: str | Path) -> SmallInstructor:
    """The instructor of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallInstructor(open_exported(path, "instruction", instruction_model, InstructionModelConfig))
