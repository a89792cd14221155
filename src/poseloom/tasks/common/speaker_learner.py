"""What captioning and instruction share in training: each word must follow from what is seen and the words before."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Int
from torch import Tensor

from poseloom.facts.measured import MeasuredFacts
from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.nn.losses import caption_loss
from poseloom.nn.text.words import PAD
from poseloom.tasks.common.judge import Judge
from poseloom.tasks.common.saying import Seen, Speaker
from poseloom.tasks.common.text_learner import TextLearner

_BUCKETS = 8
"""Parts of a batch, by length, each as wide as its longest text."""


class SpokenBatch(Protocol):
    """What is seen, and what is said of it."""

    @property
    def words(self) -> Int[Tensor, "batch length"]:
        """Word ids, between start and end marks."""

    @property
    def seen(self) -> tuple[Seen, ...]:
        """What the model takes: rotations of one or two poses, then their measured facts."""


class SpeakerLearner(TextLearner):
    """Teacher forcing: the loss of a word given the true words before it, averaged over all words of the batch."""

    ends = True
    model: Speaker

    @property
    @abstractmethod
    def facts(self) -> MeasuredFacts | MeasuredChanges:
        """What the model sees of poses besides their rotations."""

    @abstractmethod
    def held_out_figures(self, most: int | None, judge: Judge) -> dict[str, float]:
        """Figures of the texts of held-out poses or pairs, of the first `most` of them."""

    def prepare(self) -> None:
        self.words, self.facts  # noqa: B018

    def extras(self) -> dict[str, Any]:
        return {"words": self.words.words, "facts": list(self.facts.names)}

    def losses(self, batch: SpokenBatch) -> dict[str, Tensor]:
        words = batch.words
        lengths = (words != PAD).sum(1)
        memory = self.model.memory(*batch.seen)
        parts = [
            (words[rows, : int(lengths[rows].amax())], memory[rows])
            for rows in lengths.argsort().chunk(_BUCKETS)  # padding costs as much as words
        ]
        losses = [caption_loss(self.model.logits(*part).float(), part[0], pad=PAD) for part in parts]
        counts = torch.stack([(part != PAD).sum() - len(part) for part, _ in parts])
        return {"total": (torch.stack(losses) * counts).sum() / counts.sum()}

    def validate(self) -> dict[str, float]:
        return self.held_out_figures(self.recipe.data.quick, Judge())  # type: ignore[attr-defined]

    def evaluate(self, split: str) -> dict[str, float]:
        return self.held_out_figures(None, self.recipe.judge)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class StatedFacts:
    """What texts state, counted over all of them.

    Args:
        true: statements that hold.
        judged: statements that the geometry can judge.
        stated: all statements that are read.
        unread: words or phrases without a meaning for poses.
        texts: how many there are.
    """

    true: int
    judged: int
    stated: int
    unread: int
    texts: int

    def figures(self) -> dict[str, float]:
        """``facts``: percent of the judged statements that hold; ``facts_each``, ``unread``: so many a text."""
        return {
            "facts": 100 * self.true / max(1, self.judged),
            "facts_each": self.stated / self.texts,
            "unread": self.unread / self.texts,
        }
