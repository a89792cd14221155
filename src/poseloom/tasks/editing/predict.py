"""Pose and instruction -> pose for users: what is not named stays, and so do the place and the heading."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import seed_number, text_argument, whole_number
from poseloom.facts.stated import facts_of_instruction, instructed_claims
from poseloom.nn.pose.features import joint_positions
from poseloom.nn.text.reading import TextReader, WordReader, first_words
from poseloom.pose.joints import BODY_JOINTS
from poseloom.pose.skeleton import rest_offsets
from poseloom.pose.types import Pose
from poseloom.results.poses import Edited, Facts
from poseloom.tasks.common.checking import instructed_facts
from poseloom.tasks.common.exported import Exported, open_exported
from poseloom.tasks.common.frames import from_published, one_pose, put_back, to_published_rotations
from poseloom.tasks.editing.instructed import (
    Instructed,
    composed_change,
    facts_of_change,
    followed,
    instructed,
    on_the_same_floor,
    with_operators,
)
from poseloom.tasks.editing.model import EditingModel, EditingModelConfig
from poseloom.training.export import ModelCard

if TYPE_CHECKING:
    from poseloom.tasks.editing.published import PoseBGenerator

MOST = 1000
"""Poses that one call gives."""
SAMPLES_FOR_EACH = 32
"""Poses drawn for each one that is returned where they are checked."""
_UNCHECKED = "nothing in the instruction can be checked by the geometry: the poses were not chosen"


class PoseEditor(ABC):
    """Changes a pose by an instruction.

    Args:
        card: what is known of the model.
        read: makes its ids of texts.
    """

    task = "editing"

    def __init__(self, card: ModelCard, read: TextReader):
        self.card, self._read = card, read

    @abstractmethod
    def _sample(self, pose: Pose, instruction: str, count: int, generator: torch.Generator) -> Pose:
        """Changed poses (count,) of a pose (1,) without heading."""

    def notes(self, instruction: str) -> tuple[str, ...]:
        """What a user should know of how an instruction is read.

        Raises:
            PoseloomError: it is empty.
        """
        if not instruction.strip():
            raise PoseloomError("the instruction is empty; say what to change, as 'raise the left arm'")
        return self._read([instruction]).notes

    def instructed(self, instruction: str) -> Instructed | None:
        """How the lexicon understands an instruction; None for a model that has learned people's words itself."""
        return None

    def edit(
        self,
        pose: Pose,
        instruction: str,
        n: int = 1,
        seed: int = 0,
        verify: bool = False,
        anyway: bool = False,
    ) -> Edited:
        """The pose changed as an instruction says, in several ways.

        Args:
            pose: a single pose, of any heading.
            instruction: plain English. What is not understood of it stands in the notes.
            n: number of changed poses.
            seed: the same seed gives the same poses.
            verify: draw 32 for each, check them by the geometry against what is read in the instruction, and give the
                best; of equally good ones that which moves least.
            anyway: change the pose even where nothing of the instruction is understood.

        Returns:
            (n,) poses with the joints, heading, translation, hands, shape and face of the given one; one that is
            carried in another way stays on its floor, "turn to the left" turns it. A published model changes fingers as
            well, where the pose has some.

        Raises:
            PoseloomError: several poses, an empty instruction or one of which nothing is understood, or no number of
                poses from 1 to 1,000.
        """
        n, seed = whole_number("n", n, 1, MOST, "poses"), seed_number(seed)
        instruction = text_argument("instruction", instruction)
        original = one_pose(pose)
        notes = self.notes(instruction)
        asked = self.instructed(instruction)
        if asked is not None and asked.nothing and not anyway:
            raise asked.refuse()
        if asked is not None and not asked.by_model and not asked.nothing:
            return self._by_lexicon(original, asked, n, seed, verify)
        verified = verify and _can_be_checked(instruction)
        if verify and not verified:
            notes += (_UNCHECKED,)
        generator = torch.Generator().manual_seed(seed)
        plain = Pose(original.rotations).reshape(1).without_heading()
        drawn = self._sample(plain, instruction, n * SAMPLES_FOR_EACH if verified else n, generator)
        if verified:
            facts = instructed_facts(instruction, plain, drawn)
            best = _best(facts, _ways(plain, drawn).numpy(), n)
            drawn, facts = drawn[torch.from_numpy(best)], facts.of(best)
            if asked is not None:
                drawn, known = followed(asked, plain, drawn, generator)
                facts = known or facts
            told = {} if asked is None else asked.told()
            return Edited(put_back(drawn, original), facts, seed, True, instruction, notes=notes, **told)
        known = None
        if asked is not None:
            drawn, known = followed(asked, plain, drawn, generator)
        later = known or Facts.later(partial(instructed_facts, instruction, plain, drawn))
        told = {} if asked is None else asked.told()
        return Edited(put_back(drawn, original), later, seed, False, instruction, notes=notes, **told)

    def _by_lexicon(self, original: Pose, asked: Instructed, n: int, seed: int, verify: bool) -> Edited:
        """The pose changed by names, degrees and what is done with it as a whole."""
        generator = torch.Generator().manual_seed(seed)
        plain = Pose(original.rotations).reshape(1).without_heading()
        drawn, base = plain[torch.zeros(n, dtype=torch.long)], ""
        if not asked.meaning.nothing:
            drawn, composed = composed_change(plain, asked.meaning, n, generator)
            base = composed.base
        placed = put_back(drawn, original)
        placed = on_the_same_floor(placed, original) if base else placed
        changed = with_operators(placed, asked.operators)
        facts = Facts.later(partial(facts_of_change, asked, original, changed))
        notes = asked.understood.notes
        return Edited(changed, facts, seed, verify, asked.text, notes=notes, **asked.told())


class SmallEditor(PoseEditor):
    """The small model that poseloom trains."""

    def __init__(self, exported: Exported[EditingModel]):
        super().__init__(exported.card, WordReader(exported.words))
        self.model = exported.model
        self._text_numbers = exported.text_numbers(facts_of_instruction, instructed_claims)

    def instructed(self, instruction: str) -> Instructed | None:
        return instructed(instruction)

    def _sample(self, pose: Pose, instruction: str, count: int, generator: torch.Generator) -> Pose:
        return Pose.from_matrices(
            self.model.sample_poses(*self._text_numbers.asked([instruction]), pose.rotations, count, generator)[0]
        )


class PublishedEditor(PoseEditor):
    """A published model: the Gaussian of pose and instruction over latents, decoded."""

    def __init__(self, model: PoseBGenerator, card: ModelCard, read: TextReader):
        super().__init__(card, read)
        self.model = model

    @torch.no_grad()
    def _sample(self, pose: Pose, instruction: str, count: int, generator: torch.Generator) -> Pose:
        reading = self._read([instruction])
        conditional = self.model.predict(
            to_published_rotations(pose, self.model.config.joints), reading.ids, reading.lengths
        )
        noise = torch.randn(count, self.model.config.latent, generator=generator)
        return from_published(self.model.decode(conditional.mean + conditional.stddev * noise).axis_angle)


def open_model(path: str | Path) -> SmallEditor:
    """The editor of exported weights.

    Raises:
        FileError: see `open_exported`.
    """
    return SmallEditor(open_exported(path, "editing", EditingModel, EditingModelConfig))


def _can_be_checked(instruction: str) -> bool:
    from poseloom.language.claims.reading import read_instruction

    return bool(read_instruction(first_words(instruction)).said)


def _best(facts: Facts, ways: Float[np.ndarray, " poses"], n: int) -> Int[np.ndarray, " n"]:
    """Of each of n equal groups the pose that follows the instruction best, and moves least among those."""
    share = np.nan_to_num(facts.share).reshape(n, -1)
    best = np.lexsort((ways.reshape(n, -1), -share), axis=1)[:, 0]
    return best + np.arange(n) * share.shape[1]


def _ways(original: Pose, drawn: Pose) -> Float[Tensor, " poses"]:
    """Mean way of the joints, metres."""
    offsets = rest_offsets()[:BODY_JOINTS]
    before, after = (joint_positions(pose.body().matrices(), offsets) for pose in (original, drawn))
    return (after - before).norm(dim=-1).mean(-1)
