"""`instruct`: how to get from one pose to another, in the imperative; `changes`: what the text tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.description.describe import figures
from poseloom.language.description.phrases import phrases_of
from poseloom.language.instruction.change import Change
from poseloom.language.instruction.changes import changes_of
from poseloom.language.instruction.imperatives import instructions_of
from poseloom.language.instruction.sentences import text_of
from poseloom.language.instruction.style import Style, style_of
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

SENTENCES = 10
"""Most changes that an instruction tells; the smallest ones are left out."""


def instruct(
    pose_a: Pose | Float[Tensor, "*batch joints 3"],
    pose_b: Pose | Float[Tensor, "*batch joints 3"],
    seed: int = 0,
    count: int = SENTENCES,
    body: Body | None = None,
    *,
    style: str = Style.PARAGRAPH.value,
) -> list[str]:
    """How to get from each pose of `pose_a` to that of `pose_b`, largest changes first; flattened batch.

    A pair in which nothing differs enough to be told gets a sentence that says so. As with `describe`, the wording
    depends on the seed and on what is told alone.

    Args:
        pose_a, pose_b: poses, or their joints, of equal batch shapes. Where the two face different ways, the turn
            is told.
        count: the most changes that are told.
        body: gives the joints of a `Pose`; the free body if None.
        style: ``paragraph``; ``short``, the three largest changes; ``list``, one change a line.

    Raises:
        PoseloomError: the batches differ, an unknown style, or see `describe`.
    """
    if count < 1:
        raise PoseloomError(f"count: expected at least 1 change to tell, got {count}")
    form, words, phrases = style_of(style), instructions_of(), phrases_of()
    return [text_of(words, phrases, seed, found[:count], form) for found in changes(pose_a, pose_b, body)]


def changes(pose_a: Pose | Tensor, pose_b: Pose | Tensor, body: Body | None = None) -> list[list[Change]]:
    """The changes that lead from each pose to the other, largest first; flattened batch."""
    check_alike(pose_a, pose_b)
    pairs = zip(figures(pose_a, body), figures(pose_b, body), strict=True)
    return [found for first, second in pairs for found in changes_of(first, second)]


def check_alike(pose_a: Pose | Tensor, pose_b: Pose | Tensor) -> None:
    """Refuses batches of different shapes."""
    shapes = [tuple(one.batch_shape if isinstance(one, Pose) else one.shape[:-2]) for one in (pose_a, pose_b)]
    if shapes[0] != shapes[1]:
        raise PoseloomError(f"pose_a and pose_b: expected equal batch shapes, got {shapes[0]} and {shapes[1]}")
