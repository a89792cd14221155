"""Text -> pose for users: poses drawn from words, checked against the words where that is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from jaxtyping import Int

from poseloom.base.errors import PoseloomError
from poseloom.facts.stated import described, described_claims
from poseloom.nn.text.reading import TextReader, WordReader, first_words
from poseloom.pose.hands import with_relaxed_hands
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.types import Pose, concatenate
from poseloom.results.poses import Facts, Generated
from poseloom.tasks.common.checking import stated_facts
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.tasks.generation.published import CondTextPoser, PoseVae

MOST = 10_000
"""Poses that one call gives."""
DRAWN_FOR_EACH = 32
"""Poses drawn for each one that is returned where they are checked."""
_AT_ONCE = 2048
_ANY = "the text is empty: any pose"
_UNCHECKED = "nothing in the text can be checked by the geometry: the poses were not chosen"


class PoseGenerator(ABC):
    """Draws poses for a text.

    Args:
        card: what is known of the model.
    """

    task = "generation"

    def __init__(self, card: ModelCard):
        self.card = card

    @abstractmethod
    def notes(self, text: str) -> tuple[str, ...]:
        """What a user should know of how a text is read: words not known, text cut off."""

    @abstractmethod
    def _draw(self, text: str, count: int, generator: torch.Generator) -> Pose:
        """Poses (count,) without heading."""

    def generate(self, text: str, n: int = 4, seed: int = 0, verify: bool = False) -> Generated:
        """Poses that a text tells of, each another one.

        Args:
            text: plain English; an empty one asks for any pose. What is not understood of it stands in the notes.
            n: number of poses.
            seed: the same seed gives the same poses.
            verify: draw 32 for each, check them by the geometry against the facts that are read in the text, and give
                the best.

        Returns:
            (n,) poses of 52 joints, facing +Z, without translation; the hands are relaxed where the model knows none.

        Raises:
            PoseloomError: no number of poses from 1 to 10,000.
        """
        if not 1 <= n <= MOST:
            raise PoseloomError(f"n is {n}, expected 1 to {MOST:,} poses")
        notes = self.notes(text)
        verified = verify and _can_be_checked(text)
        if verify and not verified:
            notes += (_UNCHECKED,)
        generator = torch.Generator().manual_seed(seed)
        drawn = _whole(_in_parts(self, text, n * DRAWN_FOR_EACH if verified else n, generator))
        facts = stated_facts(text, drawn)
        if verified:
            best = _best(facts, n)
            drawn, facts = drawn[torch.from_numpy(best)], facts.of(best)
        return Generated(drawn, facts, seed, verified, text, notes=notes)


class SmallGenerator(PoseGenerator):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[GenerationModel]):
        super().__init__(exported.card)
        self.model = exported.model
        self._read = WordReader(exported.words)
        self._told = exported.told(described, described_claims)

    def notes(self, text: str) -> tuple[str, ...]:
        return self._read([text]).notes if text.strip() else (_ANY,)

    def _draw(self, text: str, count: int, generator: torch.Generator) -> Pose:
        drawn = self.model.draw(*self._told.asked([text]), count, generator)[0]
        return Pose.from_matrices(drawn).without_heading()


class PublishedGenerator(PoseGenerator):
    """A published model: the text's Gaussian over latents, decoded; N(0, 1) for an empty text.

    Args:
        model: in evaluation mode; a `PoseVae` knows no words.
        card: what is known of it.
        read: makes its tokens of texts; None for a `PoseVae`.
    """

    def __init__(self, model: CondTextPoser | PoseVae, card: ModelCard, read: TextReader | None):
        super().__init__(card)
        self.model, self._read = model, read

    def notes(self, text: str) -> tuple[str, ...]:
        if not text.strip():
            return (_ANY,)
        if self._read is None:
            raise PoseloomError("this model draws poses without words; give it an empty text")
        return self._read([text]).notes

    @torch.no_grad()
    def _draw(self, text: str, count: int, generator: torch.Generator) -> Pose:
        latents = torch.randn(count, self.model.config.latent, generator=generator)
        if text.strip() and self._read is not None:
            reading = self._read([text])
            told = cast("CondTextPoser", self.model).encode_texts(reading.ids, reading.lengths)
            latents = told.mean + told.stddev * latents
        return from_published(self.model.decode(latents).axis_angle).without_heading()


def open_model(path: str | Path) -> SmallGenerator:
    """The generator of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallGenerator(open_exported(path, "generation", GenerationModel, GenerationModelConfig))


def _can_be_checked(text: str) -> bool:
    from poseloom.language.description.agreement import claims_of

    return bool(claims_of(first_words(text)).statements)


def _in_parts(model: PoseGenerator, text: str, count: int, generator: torch.Generator) -> Pose:
    sizes = [min(_AT_ONCE, count - start) for start in range(0, count, _AT_ONCE)]
    return concatenate([model._draw(text, size, generator) for size in sizes])


def _best(facts: Facts, n: int) -> Int[np.ndarray, " n"]:
    """Of each of n equal groups the pose of which most facts are true, the first of equals."""
    true = facts.true.reshape(n, -1)
    return true.argmax(1) + np.arange(n) * true.shape[1]


def _whole(poses: Pose) -> Pose:
    """All 52 joints; hands that are not known are relaxed."""
    if poses.joints > BODY_JOINTS:
        return poses
    return Pose(with_relaxed_hands(poses.rotations))
