"""Compares instructions with pairs of poses: which of their statements hold, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.claims.claim import Claim, Source
from poseloom.language.claims.reading import read_instruction
from poseloom.language.claims.truth import PairTruth
from poseloom.language.description.describe import CHUNK, figures
from poseloom.language.instruction.instruct import check_alike
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix.pipeline import PairSide, given_of, prepared_joints, turns_of
from poseloom.language.posefix.touching import touches_of
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body


@dataclass(frozen=True)
class CheckedInstruction:
    """An instruction beside the pair of poses that it is about."""

    text: str
    said: list[tuple[Claim, ...]]
    """For every statement, the claims that it may stand for."""
    holds: list[bool | None]
    """For every statement, whether one of its claims is true; None where the poses given do not tell."""
    unread: list[str]
    """Words that could not be read."""

    @property
    def share(self) -> float | None:
        """The part of the statements that is true, of those that can be judged; None if there is none."""
        judged = [one for one in self.holds if one is not None]
        return sum(judged) / len(judged) if judged else None

    @property
    def problems(self) -> list[str]:
        """What does not hold and what could not be read, in words."""
        false = [f"false: {options[0]}" for options, holds in zip(self.said, self.holds, strict=True) if holds is False]
        return [*false, *(f"unread: {word}" for word in self.unread)]


def check_instructions(
    texts: Sequence[str],
    pose_a: Pose | Float[Tensor, "pairs joints 3"],
    pose_b: Pose | Float[Tensor, "pairs joints 3"],
    body: Body | None = None,
    *,
    source: Source | None = None,
    degrees: bool = False,
) -> list[CheckedInstruction]:
    """What is true of instructions, one for each pair of the flattened batch.

    A predicted pose is scored by giving it as `pose_b`: `Checked.share` is the part of the instruction that it obeys.

    Args:
        texts: instructions by `instruct`, by `instructions`, by people or by models; words that cannot be read are
            reported, never refused.
        pose_a, pose_b: poses, or their joints as `instruct` takes them. Joints do not tell how the head is turned nor
            which parts touch; statements on these are then left open.
        source: take the words as those of `instruct` or of `instructions` alone; None: as either.
        degrees: a statement also has to be true in its size: slightly, far, about 40 degrees.

    Raises:
        PoseloomError: another number of texts than of pairs, or see `instruct`.
    """
    check_alike(pose_a, pose_b)
    sides = given_of(pose_a, "pose_a"), given_of(pose_b, "pose_b")
    if len(texts) != len(sides[0]):
        raise PoseloomError(f"texts: expected one for each of the {len(sides[0])} pairs, got {len(texts)}")
    made: list[CheckedInstruction] = []
    for truth in _truths(*sides, body):
        for pair in range(len(truth)):
            made.append(_checked(texts[len(made)], truth, pair, source, degrees))
    return made


def pair_truths(pose_a: Pose, pose_b: Pose, body: Body | None = None) -> Iterator[PairTruth]:
    """What can be asked of pairs, in chunks of them: which claims hold.

    Args:
        pose_a, pose_b: as for `check_instructions`.
        body: gives the joints; the free body if None.
    """
    return _truths(given_of(pose_a, "pose_a"), given_of(pose_b, "pose_b"), body)


def _checked(text: str, truth: PairTruth, pair: int, source: Source | None, degrees: bool) -> CheckedInstruction:
    reading = read_instruction(text, source)
    holds = [_any(truth.holds(pair, claim, degrees) for claim in options) for options in reading.said]
    return CheckedInstruction(text, reading.said, holds, reading.unread)


def _any(found: Iterable[bool | None]) -> bool | None:
    """Whether one is true; open where none is and one is open."""
    known = list(found)
    return True if True in known else None if None in known else False


def _truths(first: PairSide, second: PairSide, body: Body | None) -> Iterator[PairTruth]:
    """The pairs measured, in chunks."""
    for start in range(0, len(first), CHUNK):
        part = slice(start, start + CHUNK)
        sides = first.part(part), second.part(part)
        poses = [one.pose for one in sides]
        seen = [figure for one in sides for figure in figures(one.pose if one.pose is not None else _joints(one), body)]
        joints = [prepared_joints(one, body, faithful=False) for one in sides]
        turned = None if joints[0][1] is None or joints[1][1] is None else (joints[0][1], joints[1][1])
        yield PairTruth(
            (seen[0], seen[1]),
            (joints[0][0], joints[1][0]),
            turned,
            turns_of(*sides).turn.numpy(),
            _contacts(poses, body),
        )


def _joints(given: PairSide) -> Tensor:
    assert given.joints is not None
    return given.joints


def _contacts(poses: list[Pose | None], body: Body | None) -> Callable[[int, int], list[Code]] | None:
    """The touching parts of the first or second pose of a pair, found on the mesh when they are first asked for."""
    if None in poses:
        return None

    @cache
    def of(which: int, pair: int) -> list[Code]:
        pose = poses[which]
        assert pose is not None
        return touches_of(pose[pair : pair + 1], body)[0]

    return of
