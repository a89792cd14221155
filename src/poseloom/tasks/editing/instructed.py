"""Instructions in people's own words: named poses and gestures, limbs, degrees, mirror, turn and undo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.claims.reading import read_instruction
from poseloom.language.description.truth import ANY
from poseloom.language.lexicon.bodies import body_pose, columns_of
from poseloom.language.lexicon.composing import Composed, compose
from poseloom.language.lexicon.operators import Operators, operators_of
from poseloom.language.lexicon.understanding import Understanding, nearest_names, understand
from poseloom.nn.text.reading import first_words
from poseloom.pose.contact import ground
from poseloom.pose.movement import from_matrices, to_matrices
from poseloom.pose.ranges import clip_angles
from poseloom.pose.rotations import axis_to_rotmat, rotmat_to_rotvec, rotvec_to_rotmat
from poseloom.pose.settle import settle
from poseloom.pose.stances import mirror_angles
from poseloom.pose.touch import meet
from poseloom.pose.types import Pose
from poseloom.pose.variation import add_noise
from poseloom.results.poses import Facts
from poseloom.tasks.common.checking import instructed_facts, stated_facts
from poseloom.tasks.common.drawing import moved_joints, rows_of
from poseloom.tasks.common.fact_words import change_in_words
from poseloom.tasks.common.understood import Understood

_VARIED = 0.25
"""Factor on the sampler's noise among several changed poses; the first is exact."""
_STEPS = 24
_AMOUNTS = ("full", "far", "slight")
_SHORT = 12
"""Words up to which an instruction is taken for people's own."""


@dataclass(frozen=True, eq=False)
class Instructed:
    """An instruction with what was understood of it.

    Args:
        text: the instruction.
        operators: what it does with the whole pose.
    """

    text: str
    operators: Operators

    @cached_property
    def meaning(self) -> Understanding:
        """What else it says."""
        return understand(first_words(self.operators.rest)) if self.operators.rest else Understanding()

    @cached_property
    def understood(self) -> Understood:
        """The same for the notes of a result."""
        return Understood(self.operators.rest, self.meaning)

    @cached_property
    def by_model(self) -> bool:
        """Whether the model has learned such instructions: all of it is read, and no name, amount or turn is in it."""
        reading = read_instruction(first_words(self.operators.rest))
        exact = any(one.amount.isdigit() or one.amount in _AMOUNTS or one.what == "square" for one in self.meaning.said)
        exact = exact or any(one.side == ANY for one in self.meaning.said)  # of "the elbow" the model moves none
        exact = exact or (bool(reading.unread) and bool(self.meaning.said) and not self.meaning.unread)
        exact = exact and len(self.operators.rest.split()) <= _SHORT
        counted = any(not one.pose.general or one.pose.whole for one in self.meaning.mentions)
        return bool(reading.said) and not exact and not counted and not self.meaning.aims

    @property
    def nothing(self) -> bool:
        """Whether nothing of it is understood."""
        read = bool(read_instruction(first_words(self.operators.rest)).said)
        return not (self.operators.any or read or not self.meaning.nothing)

    def refuse(self) -> PoseloomError:
        """What a user is told of an instruction that is not understood."""
        near = nearest_names(first_words(self.text, 20))
        like = f"; known and like it: {', '.join(near)}" if near else ""
        remedy = "say what changes, as 'raise the left arm', or change it anyway (--anyway, anyway=True)"
        return PoseloomError(f"nothing is understood of {self.text.strip()[:60]!r}{like}; {remedy}")

    def told(self) -> dict[str, Any]:
        """The fields ``understood``, ``not_understood`` and ``assumed`` of a result."""
        made = self.understood.told()
        if self.by_model:
            reading = read_instruction(first_words(self.operators.rest))
            said = tuple(change_in_words(options[0]) for options in reading.said)
            made = {"understood": said, "not_understood": tuple(dict.fromkeys(reading.unread)), "assumed": ()}
        assumed = tuple(one for one in made["assumed"] if one != "standing")
        return {**made, "understood": (*self.operators.told, *made["understood"]), "assumed": assumed}


def instructed(instruction: str) -> Instructed:
    """How an instruction is understood; of one that the model has learned nothing is taken out of its words."""
    read = read_instruction(first_words(instruction))
    operators = operators_of(first_words(instruction))
    if operators.any and len(read.said) > 1 and not read.unread:
        operators = Operators(instruction)
    return Instructed(instruction, operators)


def composed_change(
    plain: Pose, meaning: Understanding, count: int, generator: torch.Generator
) -> tuple[Pose, Composed]:
    """A pose (1,) without heading, changed as words say that no model knows; the rest stays.

    Args:
        plain: the pose.
        meaning: what the words say.
        count: how many ways.
        generator: of the noise among them.
    """
    before = plain.body().matrices()[:1]
    angles = from_matrices(before)[0]
    composed = compose(meaning, angles)
    target = composed.angles.expand(count, -1).clone()
    if count > 1:
        scale = torch.where(composed.held, _VARIED, 0.0).expand(count - 1, -1)
        target[1:] = torch.where(composed.held, clip_angles(add_noise(target[1:], scale, generator)), target[1:])
    if composed.base:
        target = settle(target, rows_of(composed.support, count))
    target = meet(target, composed.touches, _STEPS, trunk=True) if composed.touches else target
    moved = moved_joints(target, angles)
    after = to_matrices(target)
    rotations = torch.where(moved[..., None, None], after, before.expand_as(after))
    return Pose.from_matrices(rotations), composed


def with_operators(poses: Pose, operators: Operators) -> Pose:
    """Changed poses (n,) in the world, mirrored, with limbs put back, turned."""
    made = poses
    if operators.undone:
        made = _undone(made, operators.undone)
    for limb in operators.swapped:
        made = _swapped(made, limb)
    if operators.mirror:
        made = _mirrored(made)
    if operators.turn:
        turn = axis_to_rotmat(torch.tensor(operators.turn).deg2rad(), "Y")
        rotations = made.rotations.clone()
        rotations[:, 0] = rotmat_to_rotvec(turn @ rotvec_to_rotmat(rotations[:, 0]))
        made = replace(made, rotations=rotations)
    return made


def _undone(poses: Pose, limbs: tuple[str, ...]) -> Pose:
    angles = from_matrices(poses.body().matrices())
    rest = body_pose("standing").angles
    target = angles.clone()
    for limb in limbs:
        columns = list(columns_of(limb))
        target[:, columns] = rest[columns]
    return _with_angles(poses, target, angles)


def _swapped(poses: Pose, limb: str) -> Pose:
    """The left arm as the right one was, and the other way round; legs alike."""
    angles = from_matrices(poses.body().matrices())
    target = angles.clone()
    columns = [column for side in ("left", "right") for column in columns_of(f"{side}_{limb}")]
    target[:, columns] = mirror_angles(angles)[:, columns]
    return _with_angles(poses, target, angles)


def _with_angles(poses: Pose, target: Float[Tensor, "n 57"], angles: Float[Tensor, "n 57"]) -> Pose:
    """Poses of which the joints that differ take the target's angles."""
    moved = moved_joints(target, angles)
    body = torch.where(moved[..., None], rotmat_to_rotvec(to_matrices(target)), poses.body().rotations)
    rotations = poses.rotations.clone()
    rotations[:, : body.shape[1]] = body
    return replace(poses, rotations=rotations)


def _mirrored(poses: Pose) -> Pose:
    """Left and right exchanged in the person's own frame: heading and place stay."""
    from poseloom.pose.types import heading

    turn = heading(poses.rotations[:, 0])
    plain = Pose(poses.rotations).without_heading().mirror()
    rotations = plain.rotations.clone()
    rotations[:, 0] = rotmat_to_rotvec(axis_to_rotmat(turn, "Y") @ rotvec_to_rotmat(rotations[:, 0]))
    return replace(poses, rotations=rotations)


def on_the_same_floor(changed: Pose, original: Pose) -> Pose:
    """Bodies that were carried in another way, with their lowest point where that of the original was."""
    if changed.translation is None or original.translation is None:
        return changed
    floor = original.translation[..., 1] - ground(original).translation[..., 1]  # type: ignore[index]
    lowest = ground(changed).translation
    assert lowest is not None
    translation = changed.translation.clone()
    translation[:, 1] = lowest[:, 1] + floor
    return replace(changed, translation=translation)


def _facts_of_words(words: str, original: Pose, changed: Pose) -> Facts:
    """By the rules of instructions where they read all of the words, else as of a description."""
    reading = read_instruction(first_words(words))
    if reading.said and not reading.unread:
        return instructed_facts(words, original.reshape(1), changed)
    return stated_facts(words, Pose(changed.rotations).without_heading())


def followed(asked: Instructed, plain: Pose, drawn: Pose, generator: torch.Generator) -> tuple[Pose, Facts | None]:
    """Poses by the model, with those that do not follow a short instruction replaced by composed ones that do.

    Returns:
        The poses, and the facts that hold of them, where they were looked at.
    """
    meaning = asked.meaning
    if not meaning.said or meaning.unread or len(asked.operators.rest.split()) > _SHORT:
        return drawn, None
    facts = instructed_facts(asked.text, plain, drawn)
    if bool((facts.true == facts.read).all()):
        return drawn, facts
    other, _ = composed_change(plain, meaning, len(drawn), generator)
    better = torch.from_numpy(instructed_facts(asked.text, plain, other).true > facts.true)
    mixed = Pose(torch.where(better[:, None, None], other.body().rotations, drawn.body().rotations))
    return mixed, instructed_facts(asked.text, plain, mixed)


def facts_of_change(instruction: Instructed, original: Pose, changed: Pose) -> Facts:
    """What an instruction asks for in people's words, and whether each changed pose shows it."""
    made = _facts_of_words(instruction.operators.rest, original, changed)
    told = instruction.operators.told
    if not told:
        return made
    # what is done with the whole pose holds where something came of it
    moved = (changed.rotations - original.reshape(1).rotations).abs().amax((-1, -2)) > 1e-4
    holds = np.repeat(moved.numpy()[:, None], len(told), axis=1)
    judged = np.ones_like(holds)
    return Facts(
        (*told, *made.stated),
        np.concatenate([holds, made.holds], axis=1),
        np.concatenate([judged, made.judged], axis=1),
        made.unread,
    )
