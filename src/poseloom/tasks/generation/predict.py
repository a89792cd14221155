"""Text -> pose for users: poses drawn from words, checked against the words where that is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from jaxtyping import Int

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import advance, working
from poseloom.base.ranges import seed_number, text_argument, whole_number
from poseloom.facts.stated import described_claims, facts_of_description
from poseloom.nn.text.reading import TextReader, WordReader, first_words
from poseloom.pose.hands import with_relaxed_hands
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.movement import from_matrices
from poseloom.pose.types import Pose, concatenate
from poseloom.results.poses import Facts, Generated
from poseloom.tasks.common.checking import stated_facts
from poseloom.tasks.common.drawing import draw, touched, with_hands
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.understood import Understood, understood_of
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.tasks.generation.published import CondTextPoser, PoseVae

MOST = 10_000
"""Poses that one call gives."""
SAMPLES_FOR_EACH = 32
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
    def _sample(self, text: str, count: int, generator: torch.Generator) -> Pose:
        """Poses (count,) without heading."""

    def understand(self, text: str, anyway: bool) -> Understood | None:
        """How the lexicon understands a text; None for a model that has learned people's words itself."""
        return None

    def generate(self, text: str, n: int = 4, seed: int = 0, verify: bool = False, anyway: bool = False) -> Generated:
        """Poses that a text tells of, each another one.

        Args:
            text: plain English; an empty one asks for any pose. What is not understood of it stands in the notes.
            n: number of poses.
            seed: the same seed gives the same poses.
            verify: draw 32 for each, check them by the geometry against the facts that are read in the text, and give
                the best.
            anyway: draw poses even where nothing of the text is understood.

        Returns:
            (n,) poses of 52 joints, facing +Z, without translation; the hands are relaxed where the model knows none.

        Raises:
            PoseloomError: no number of poses from 1 to 10,000; a text of which nothing is understood.
        """
        text, n, seed = text_argument("text", text), whole_number("n", n, 1, MOST, "poses"), seed_number(seed)
        understood = self.understand(text, anyway)
        notes = self.notes(text) if understood is None else understood.notes
        verified = verify and _can_be_checked(text)
        if verify and not verified:
            notes += (_UNCHECKED,)
        generator = torch.Generator().manual_seed(seed)
        drawn = _whole(_in_parts(self, text, n * SAMPLES_FOR_EACH if verified else n, generator))
        if verified:
            facts = stated_facts(text, drawn)
            best = _best(facts, n)
            made = Generated(drawn[torch.from_numpy(best)], facts.of(best), seed, True, text, notes=notes)
        else:
            own = replace(drawn, rotations=drawn.rotations.clone())  # whatever a user does to what is returned
            made = Generated(drawn, Facts.later(partial(stated_facts, text, own)), seed, False, text, notes=notes)
        return made if understood is None else replace(made, **understood.told())


class SmallGenerator(PoseGenerator):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[GenerationModel]):
        super().__init__(exported.card)
        self.model = exported.model
        self._read = WordReader(exported.words)
        self._text_numbers = exported.text_numbers(facts_of_description, described_claims)

    def notes(self, text: str) -> tuple[str, ...]:
        return self._read([text]).notes if text.strip() else (_ANY,)

    def understand(self, text: str, anyway: bool) -> Understood | None:
        return understood_of(text, anyway) if text.strip() else None

    def _sample(self, text: str, count: int, generator: torch.Generator) -> Pose:
        understood = understood_of(text, True) if text.strip() else None
        if understood is None or understood.meaning.nothing:
            return self._of_model(text, count, generator)
        composed = understood.composed
        if understood.is_described:
            drawn = self._of_model(text, count, generator)
            return drawn if not composed.touches else Pose.from_matrices(touched(drawn, composed)).without_heading()
        around = None
        if not composed.base:
            around = from_matrices(self._of_model(understood.canonical, count, generator).matrices())
        angles = draw(composed, understood.meaning.statements, count, generator, around)
        return with_hands(angles, composed.hands)

    def _of_model(self, text: str, count: int, generator: torch.Generator) -> Pose:
        drawn = self.model.sample_poses(*self._text_numbers.asked([text]), count, generator)[0]
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
    def _sample(self, text: str, count: int, generator: torch.Generator) -> Pose:
        latents = torch.randn(count, self.model.config.latent, generator=generator)
        if text.strip() and self._read is not None:
            reading = self._read([text])
            conditional = cast("CondTextPoser", self.model).encode_texts(reading.ids, reading.lengths)
            latents = conditional.mean + conditional.stddev * latents
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
    drawn = []
    with working("drawing from the model", count, "poses"):
        for start in range(0, count, _AT_ONCE):
            drawn.append(model._sample(text, min(_AT_ONCE, count - start), generator))
            advance(len(drawn[-1]))
    return concatenate(drawn)


def _best(facts: Facts, n: int) -> Int[np.ndarray, " n"]:
    """Of each of n equal groups the pose of which most facts are true, the first of equals."""
    true = facts.true.reshape(n, -1)
    return true.argmax(1) + np.arange(n) * true.shape[1]


def _whole(poses: Pose) -> Pose:
    """All 52 joints; hands that are not known are relaxed."""
    if poses.joints > BODY_JOINTS:
        return poses
    return Pose(with_relaxed_hands(poses.rotations))
