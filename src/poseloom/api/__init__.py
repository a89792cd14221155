"""The functions that users call. The commands call these.

`load`, `save`, `render`; by rule `describe`, `describe_motion`, `instruct`, `coach`, `check`, `sign`; by learned models
`generate`, `edit`, `caption`, `load_model`; of pictures `keypoints`, `recover`, `transfer`; in one space of pictures,
poses and words `embed`, `estimate`, `instruct_between`; `find` in an index, `found_sheet` of what it finds; `judge`
words by poses. What they find, make and say are results (`poseloom.results`): each carries notes for the user, and its
JSON.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jaxtyping import Float
from torch import Tensor

from poseloom.api.coaching import check, coach, describe_motion
from poseloom.api.files import load, save
from poseloom.api.models import caption, edit, embed, generate
from poseloom.api.motions import as_clip, as_pose, select
from poseloom.api.photos import keypoints, recover
from poseloom.api.sentences import describe_sentences
from poseloom.api.signing import explain, sign
from poseloom.api.space import estimate, found_sheet, instruct_between
from poseloom.api.transfers import transfer
from poseloom.api.unseen import (
    from_picture,
    guessed_note,
    joint_doubt,
    not_compared_note,
    unseen_limbs,
    with_limbs_of,
)
from poseloom.base.errors import PoseloomError
from poseloom.base.ranges import seed_number
from poseloom.checkpoints.finding import find
from poseloom.checkpoints.registry import load_model
from poseloom.pose import Clip, Pose
from poseloom.results.texts import Described, Instructed

if TYPE_CHECKING:
    from poseloom.pose.angles import AngleTable
    from poseloom.results.poses import Judged

__all__ = [
    "angles",
    "as_clip",
    "as_pose",
    "caption",
    "check",
    "coach",
    "describe",
    "describe_motion",
    "describe_sentences",
    "edit",
    "embed",
    "estimate",
    "explain",
    "find",
    "found_sheet",
    "generate",
    "instruct",
    "instruct_between",
    "judge",
    "keypoints",
    "load",
    "load_model",
    "recover",
    "render",
    "save",
    "select",
    "sign",
    "transfer",
]


def describe(
    pose: Pose | Clip, seed: int = 0, *, style: str | None = None, version: str | None = None, names: bool = False
) -> Described:
    """Describe poses in plain English by rule: one text for each pose of the (flattened) batch.

    The result is used as a list of texts; those of a clip know their frames and times. The same seed gives the same
    words in any process; another seed words the same facts differently. Of a pose that was recovered from a picture
    only what is fairly sure is told; what the picture does not show of a person is said to be missing.

    Args:
        pose: what to describe.
        seed: chooses words.
        style: ``paragraph`` (default), ``short``, ``list`` or ``coach``, which speaks to the reader.
        version: write as PoseScript's pipeline does instead: ``complete``, ``A`` to ``F``, ``N2``, ...
        names: begin with the named pose, where somebody is in one: "The pose is warrior two to the left."

    Raises:
        PoseloomError: an unknown style or version, or both given, or names asked of a version.
    """
    if version is not None and style is not None:
        raise PoseloomError(f"style {style!r} and version {version!r}: give one of them; versions have no styles")
    if names and version is not None:
        raise PoseloomError(f"names and version {version!r}: give one of them; versions name no poses")
    seed = seed_number(seed)
    unseen = unseen_limbs(pose)
    notes: tuple[str, ...] = ()
    if version is None:
        from poseloom.language import describe as write

        sureness: dict[str, Any] = {"unseen": unseen, "doubtful": from_picture(pose), "doubt": joint_doubt(pose)}
        texts = write(as_pose(pose), seed, style=style or "paragraph", names=names, slight=False, **sureness)
    else:
        from poseloom.language.posescript import automatic_descriptions

        texts, notes = automatic_descriptions(as_pose(pose), version, seed), guessed_note(unseen)
    described = Described(tuple(texts), notes=notes)
    return described.at(range(len(pose)), pose.fps) if isinstance(pose, Clip) else described


def instruct(
    pose_a: Pose | Clip,
    pose_b: Pose | Clip,
    seed: int = 0,
    *,
    style: str | None = None,
    version: str | None = None,
    model: str | Path | None = None,
    checked: bool = True,
) -> Instructed:
    """Say how to get from each pose of `pose_a` to its counterpart in `pose_b`, the largest changes first.

    Two clips are aligned in time and compared, repetition by repetition, instead (see `coach`); frame by frame their
    `pose` is given. Limbs that a photo does not show, of either, are not told of.

    Args:
        pose_a: where to start.
        pose_b: where to end; of the same batch shape. Both may be clips of several frames, of any lengths.
        seed: chooses words.
        style: ``paragraph`` (if None), ``short``, or ``list``.
        version: write by paircodes in the manner of PoseFix instead: ``full``, ``pfA`` to ``pfC``, ``embroider``, ...
        model: let a learned model say it instead, by name or path: ``instruction`` is the one that poseloom ships.
        checked: leave out sentences of the shipped model that cannot be read or that the poses deny.

    Raises:
        PoseloomError: other batch shapes, an unknown style or version, a model with either.
    """
    if isinstance(pose_a, Clip) and isinstance(pose_b, Clip) and min(len(pose_a), len(pose_b)) > 1:
        if style is not None or version is not None or model is not None:
            raise PoseloomError(
                "two clips are compared in one manner; styles, versions and models are for single poses"
            )
        return coach(pose_a, pose_b)
    unseen = unseen_limbs(pose_a) | unseen_limbs(pose_b)
    start, end, seed = as_pose(pose_a), as_pose(pose_b), seed_number(seed)
    if version is None and _are_unrelated(pose_a, pose_b):
        start, end = start.without_heading(), end.without_heading()
    if unseen and start.batch_shape == end.batch_shape:
        end = with_limbs_of(end, start, tuple(unseen))
    notes = not_compared_note(unseen)
    if model is not None:
        if style is not None or version is not None:
            raise PoseloomError("styles and versions belong to the rules; leave them out or leave the model out")
        from poseloom.tasks.common.wording import Wording

        told = load_model(model, "instruction").instruct(start, end, Wording(checked=checked))
        return replace(told, notes=(*told.notes, *notes))
    style = style or "paragraph"
    if version is None:
        from poseloom.language import instruct as write

        return Instructed(tuple(write(start, end, seed=seed, style=style)), notes=notes)
    from poseloom.language import instructions

    return Instructed(tuple(instructions(start, end, version, seed, style=style)), notes=notes)


def _are_unrelated(one: Pose | Clip, other: Pose | Clip) -> bool:
    """Whether they come from recordings of their own, whose headings have nothing to do with each other."""
    return isinstance(one, Clip) and isinstance(other, Clip) and one.name != other.name


def judge(text: str, pose: Pose | Clip, pose_b: Pose | Clip | None = None) -> Judged:
    """Which facts of a text hold for each pose, by the geometry; with a second pose, which changes of an instruction.

    Args:
        text: a description, or an instruction where `pose_b` is given, in plain English; its first 250 words count.
        pose: what the text is about; a batch is flattened.
        pose_b: what the instruction leads to: one for each pose, or several for a single one.

    Raises:
        PoseloomError: as many second poses as do not fit.
    """
    from poseloom.nn.text.reading import cut_notes
    from poseloom.results.poses import Judged
    from poseloom.tasks.common.checking import instructed_facts, stated_facts

    first = as_pose(pose).reshape(-1)
    facts = stated_facts(text, first) if pose_b is None else instructed_facts(text, first, as_pose(pose_b).reshape(-1))
    return Judged(text, facts, notes=cut_notes(text))


def angles(motion: Clip | Pose) -> AngleTable:
    """The 57 anatomical angles of every frame, in degrees: what a goniometer would read off each joint.

    `poseloom.pose.angles.angle_definitions` says what each one measures.
    """
    from poseloom.pose.angles import angles_of

    return angles_of(as_clip(motion))


def render(pose: Pose | Clip, size: int = 256, **options: Any) -> Float[Tensor, "*batch 3 height width"]:
    """Draw poses on the free body: RGB images in [0, 1]. `options`: see `poseloom.render.pictures.render`."""
    from poseloom.render.pictures import render as draw

    return draw(as_pose(pose), size, **options)
