"""Text -> pose for users: poses drawn from words, checked against the words where that is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
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
from poseloom.language.description.learned_words import in_learned_words
from poseloom.nn.text.reading import TextReader, WordReader, first_words
from poseloom.pose.hands import with_relaxed_hands
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.types import Pose, concatenate
from poseloom.results.poses import Facts, Generated
from poseloom.tasks.common.checking import later_facts, stated_facts
from poseloom.tasks.common.drawing import Asked, draw_all, touched, with_hands
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import from_published
from poseloom.tasks.common.understood import Understood, understood_of
from poseloom.tasks.generation.model import GenerationModel, GenerationModelConfig
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.language.lexicon.composing import Composed
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

    def _sample_all(self, texts: Sequence[str], count: int, generators: Sequence[torch.Generator]) -> list[Pose]:
        """Poses (count,) for each text, with its own generator."""
        return [self._sample(text, count, one) for text, one in zip(texts, generators, strict=True)]

    def generate_all(
        self, texts: Sequence[str], n: int = 1, seeds: Sequence[int] | None = None, anyway: bool = False
    ) -> list[Generated | PoseloomError]:
        """What `generate` gives for each of several texts, unverified, with what is alike done once for all.

        Args:
            texts: plain English.
            n: number of poses for each.
            seeds: one for each text; 0 by default.
            anyway: draw poses even where nothing of a text is understood.

        Returns:
            For each text its poses, or the mistake in it.

        Raises:
            PoseloomError: no number of poses from 1 to 10,000.
        """
        n = whole_number("n", n, 1, MOST, "poses")
        begun = [self._begun(text, seed, anyway) for text, seed in zip(texts, seeds or [0] * len(texts), strict=True)]
        good = [(text, one) for text, one in zip(texts, begun, strict=True) if not isinstance(one, PoseloomError)]
        generators = [torch.Generator().manual_seed(one[0]) for _, one in good]
        drawn = [_whole(one) for one in self._sample_all([text for text, _ in good], n, generators)] if good else []
        own = [replace(one, rotations=one.rotations.clone()) for one in drawn]
        facts = iter(later_facts([text for text, _ in good], own))
        poses = iter(drawn)
        return [
            one if isinstance(one, PoseloomError) else self._made(text, next(poses), next(facts), *one)
            for text, one in zip(texts, begun, strict=True)
        ]

    def _begun(self, text: str, seed: int, anyway: bool) -> tuple[int, Understood | None] | PoseloomError:
        try:
            return seed_number(seed), self.understand(text_argument("text", text), anyway)
        except PoseloomError as mistake:
            return mistake

    def _made(self, text: str, poses: Pose, facts: Facts, seed: int, understood: Understood | None) -> Generated:
        notes = self.notes(text) if understood is None else understood.notes
        made = Generated(poses, facts, seed, False, text, notes=notes)
        return made if understood is None else replace(made, **understood.told())

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
        return self._sample_all([text], count, [generator])[0]

    def _sample_all(self, texts: Sequence[str], count: int, generators: Sequence[torch.Generator]) -> list[Pose]:
        """Poses for each text: drawn by the network where it is described, composed and varied else."""
        read = [_Read(text, one) for text, one in zip(texts, generators, strict=True)]
        networks = [one for one in read if one.for_network is not None]
        if networks:
            words = [one.for_network or "" for one in networks]
            for one, poses in zip(
                networks, self._of_model(words, count, [one.generator for one in networks]), strict=True
            ):
                one.poses = poses
        drawn = [one for one in read if one.is_composed]
        if drawn:
            angles = draw_all([one.asked() for one in drawn], count)
            for one, poses in zip(drawn, with_hands(angles, [one.composed.hands for one in drawn]), strict=True):
                one.poses = poses
        return [one.finished() for one in read]

    def _of_model(self, texts: Sequence[str], count: int, generators: Sequence[torch.Generator]) -> list[Pose]:
        _, facts, claims = self._text_numbers.asked(list(texts))
        words = self._text_numbers.words.encode([in_learned_words(one) for one in texts])
        drawn = self.model.sample_poses(words, facts, claims, count, generators)
        return [Pose.from_matrices(one).without_heading() for one in drawn]


class _Read:
    """A text on its way to poses.

    Args:
        text: plain English.
        generator: of its noise.
    """

    poses: Pose | None = None
    """What was drawn for it."""

    def __init__(self, text: str, generator: torch.Generator) -> None:
        self.generator = generator
        understood = understood_of(text, True) if text.strip() else None
        self._understood = None if understood is None or understood.meaning.nothing else understood
        self.is_composed = self._understood is not None and not self._understood.is_described
        self.for_network = None if self.is_composed else text

    @property
    def _known(self) -> Understood:
        assert self._understood is not None
        return self._understood

    @property
    def composed(self) -> Composed:
        return self._known.composed

    def asked(self) -> Asked:
        """Poses around the composed one."""
        return Asked(self.composed, self._known.meaning.statements, self.generator)

    def finished(self) -> Pose:
        """The poses, with places together where the network did not bring them."""
        assert self.poses is not None
        if self.is_composed and self.composed.open_side:
            turned = torch.arange(len(self.poses)) % 2 > 0  # the mirror image is meant as well
            return Pose(torch.where(turned[:, None, None], self.poses.mirror().rotations, self.poses.rotations))
        if self._understood is None or self.is_composed or not self.composed.touches:
            return self.poses
        return Pose.from_matrices(touched(self.poses, self.composed)).without_heading()


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
