"""`describe`: one English text per pose; `facts`: what the text states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.description.doubt import believed
from poseloom.language.description.fact import Fact
from poseloom.language.description.facts import facts_of
from poseloom.language.description.figure import Figure, figure_of
from poseloom.language.description.phrases import phrases_of
from poseloom.language.description.styles import SHORT, Row, joint_of, style_of
from poseloom.language.description.unseen import remark, told
from poseloom.language.posecodes.points import check_joints
from poseloom.language.sides import even_joints
from poseloom.language.tables import TABLES
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from poseloom.body.types import Body

CHUNK = 1024
"""Poses put on the body at once, to keep memory bounded."""


class Telling(TypedDict, total=False):
    """What is told and how; see `describe`."""

    style: str
    sentences: int
    ground: float | None
    unseen: Mapping[str, str] | None
    doubtful: bool
    doubt: Float[Tensor, "*#batch 22"] | None
    names: bool
    slight: bool
    steady: bool


def describe(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    seed: int = 0,
    body: Body | None = None,
    phrases: Path | None = None,
    **telling: Unpack[Telling],
) -> list[str]:
    """One English text for each pose of the flattened batch.

    The wording depends on the seed and on what is told, not on the pose's place in the batch: a pose has the same
    text alone and among others, in any process, and the mirrored pose has the text with left and right exchanged.
    Other seeds change words, never facts.

    Args:
        pose: poses, or their joints (22, or at least 52 in SMPL-H order; metres, y up, any heading). Joints alone do
            not tell which way the head is turned.
        body: gives the joints of a `Pose`; the free body if None.
        phrases: another phrase file than the package's.
        style: ``paragraph`` (default); ``short``, the posture and then the most telling facts in at most `sentences`
            sentences; ``list``, one fact a line; ``coach``, telling the reader what to do: "Raise your left arm."
        sentences: bound for the style ``short``: 3 by default.
        ground: height of the ground in metres, where the poses' translation (or the joints) are placed above it:
            who does not touch it is told to be in the air. None: the ground is at the lowest joint of each pose.
        unseen: limbs that are guesses, because a picture did not show them: ``left_leg``, ``head``, ..., each
            ``outside`` or ``hidden``. They are left out, and a last sentence says so.
        doubtful: the poses were recovered from pictures, so told is only what holds in most of the poses around each
            (see `doubt.believed`).
        doubt: radians by which each joint's rotation of such a pose may be off, where that is known.
        names: begin with the named pose that somebody is in, where there is one: "The pose is warrior two to the
            left." Joints alone have no names.
        slight: (default) tell everything, in the words that models learn and search from. Without, as people speak:
            the posture and the most telling limb first, steps as steps, and little that is only slight.
        steady: choices of words hang on the facts that they word alone, so that what is said of one limb stays word
            for word while another one moves. Other texts than without.

    Raises:
        PoseloomError: joints of another number, or NaN in them; an unknown style; a broken phrase file (`FileError`);
            a ground for poses without translation.
    """
    told_rows = sentences_of(pose, seed, body, phrases, **telling)
    between = joint_of(telling.get("style", "paragraph"))
    return [between.join(line for line, _ in rows) for rows in told_rows]


def sentences_of(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    seed: int = 0,
    body: Body | None = None,
    phrases: Path | None = None,
    *,
    style: str = "paragraph",
    sentences: int = SHORT,
    ground: float | None = None,
    unseen: Mapping[str, str] | None = None,
    doubtful: bool = False,
    doubt: Float[Tensor, "*#batch 22"] | None = None,
    names: bool = False,
    slight: bool = True,
    steady: bool = False,
) -> list[list[Row]]:
    """The sentences of `describe` on each pose, each with the facts that it tells; no facts where it names the pose.

    Args:
        pose, seed, body, phrases, style, sentences, ground, unseen, doubtful, doubt, names, slight, steady: as for
            `describe`.

    Raises:
        PoseloomError: as for `describe`.
    """
    words = phrases_of(phrases or TABLES / "phrases.json")
    write = style_of(style, sentences, people=not slight)
    found = [one for figure in figures(pose, body, ground) for one in facts_of(figure, slight)]
    if doubtful and isinstance(pose, Pose):
        found = believed(pose, found, lambda around: figures(around, body), doubt)
    first = _names_of(pose, style) if names and isinstance(pose, Pose) else [""] * len(found)
    last = (("- " if style == "list" else "") + remark(unseen)) if unseen else ""
    made = []
    for start, facts in zip(first, found, strict=True):
        rows = write(words, seed, told(facts, unseen) if unseen else facts, steady)
        named = [] if not start or unseen else [(start, list[Fact]())]
        made.append([*named, *(row for row in rows if row[0]), *([(last, list[Fact]())] if last else [])])
    return made


def _names_of(pose: Pose, style: str) -> list[str]:
    """The sentence that names each pose, or nothing."""
    from poseloom.language.lexicon.recognising import named

    begin = "- " if style == "list" else ""
    return [f"{begin}The pose is {found[0]}." if found else "" for found in named(pose.reshape(-1))]


def facts(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    body: Body | None = None,
    ground: float | None = None,
    *,
    slight: bool = True,
) -> list[list[Fact]]:
    """The facts that `describe` states of each pose of the flattened batch, group by group.

    Args:
        pose, body, ground: as for `describe`.
        slight: as for `describe`.
    """
    return [one for figure in figures(pose, body, ground) for one in facts_of(figure, slight)]


def figures(pose: Pose | Tensor, body: Body | None = None, ground: float | None = None) -> Iterator[Figure]:
    """Poses or joints, ready to be described, in chunks."""
    if isinstance(pose, Pose):
        return _figures_of_pose(pose, body, ground)
    check_joints(pose)
    if not torch.isfinite(pose).all():
        raise PoseloomError("joints: holds NaN or infinity; remove or repair those frames first")
    flat = pose.reshape(-1, *pose.shape[-2:])
    return (figure_of(part, None, ground) for part in (flat.split(CHUNK) if len(flat) else ()))


def _figures_of_pose(pose: Pose, body: Body | None, ground: float | None) -> Iterator[Figure]:
    if body is None:
        from poseloom.body import default_body

        body = default_body("preview")
    count = pose.rotations[..., 0, 0].numel()
    flat = Pose(pose.rotations.detach().reshape(count, pose.joints, 3))
    places = torch.zeros(count, 1, 3) if pose.translation is None else pose.translation.detach().reshape(count, 1, 3)
    if ground is not None and pose.translation is None:
        raise PoseloomError("ground: the poses have no translation, so nobody knows how high above it they are")
    for first in range(0, count, CHUNK):
        part = flat[first : first + CHUNK]
        with torch.no_grad():
            joints = even_joints(body, part)
        if ground is not None:
            joints = joints + places[first : first + CHUNK].to(joints)
        yield figure_of(joints, part.rotations, ground)
