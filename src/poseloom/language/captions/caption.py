"""`captions`: paragraphs in the manner of PoseScript, from poses or joints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.errors import PoseloomError
from poseloom.language.captions.activities import activity_sentence
from poseloom.language.captions.draws import Draws, content_key, draws_of, geometry_keys
from poseloom.language.captions.facing import facing
from poseloom.language.captions.options import CaptionOptions, version
from poseloom.language.captions.phrasebook import phrasebook_of
from poseloom.language.captions.rules import Rules, rules_of
from poseloom.language.captions.stages import (
    Statement,
    entities,
    grouped,
    single,
    statistical,
    swapped,
    symmetric,
    transitive,
    with_contacts,
)
from poseloom.language.captions.writing import Writer, ordered
from poseloom.language.posecodes.evaluation import BLOCK, Code, _code_table, evaluate
from poseloom.language.posecodes.plan import RARE
from poseloom.language.posecodes.points import check_joints
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

Eligible = list[tuple[Code, bool]]
"""Codes of one pose, each with whether it may be skipped."""


def captions(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    version: str | CaptionOptions = "complete",
    seed: int = 0,
    *,
    rotations: Float[Tensor, "*batch rotated 3"] | None = None,
    activity_labels: Sequence[Sequence[str] | None] | None = None,
    contacts: Sequence[Sequence[Code]] | None = None,
    faithful: bool = False,
    body: Body | None = None,
) -> list[str]:
    """One paragraph for each pose of the flattened batch, made of posecodes as PoseScript's pipeline does it.

    The same seed gives the same text for a pose in any process, alone or among others. A pose without any code
    gives an empty text.

    Args:
        pose: poses (their heading is removed), or joints as `posecodes.evaluate` takes them.
        version: name of a version (`captions.options.versions`), or switches of your own.
        rotations: of joints, adds statements on the head; see `posecodes.evaluate`. A `Pose` brings its own.
        activity_labels: for each pose its labels in the manner of BABEL, or None; told by versions with `activity`.
        contacts: for each pose the pairs of parts that touch; versions with `contacts` find them on the body's mesh
            where a `Pose` is given.
        faithful: keep the original's defects; see `CaptionOptions.faithful`.
        body: gives the joints and the mesh of a `Pose`; the free body if None.

    Raises:
        PoseloomError: an unknown version, joints of another number, NaN in them, lists of another length, or a
            version with contacts and neither contacts nor a `Pose`; a broken phrase file (`FileError`).
    """
    options = _options(version, faithful)
    book, rules = phrasebook_of(), rules_of()
    made: list[str] = []
    for block in told(pose, options, seed, rotations=rotations, contacts=contacts, body=body):
        for statements, draws in block:
            writer = Writer(book, rules, draws, options.simplified)
            first = ""
            if activity_labels is not None and options.activity:
                _check_length("activity_labels", len(activity_labels), len(made) + 1, at_least=True)
                labels = activity_labels[len(made)]
                first = activity_sentence(labels, options.dancing, writer.voice, book, draws)
            text = writer.paragraph(ordered(statements, rules, draws))
            text = f"{first} {text}" if first and text else first or text
            made.append(text)
    if activity_labels is not None:
        _check_length("activity_labels", len(activity_labels), len(made))
    return made


def told(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    options: CaptionOptions,
    seed: int = 0,
    *,
    rotations: Float[Tensor, "*batch rotated 3"] | None = None,
    contacts: Sequence[Sequence[Code]] | None = None,
    body: Body | None = None,
) -> Iterator[list[tuple[list[Statement], Draws]]]:
    """What the captions of poses tell, and the choices that are left to word it; in blocks of poses."""
    rules = rules_of()
    first = 0
    for joints, turns, found in _blocks(pose, rotations, options, body, contacts is None):
        eligible = _eligible(joints, turns, options, seed, rules)
        touching = found if contacts is None else contacts[first : first + len(eligible)]
        if touching is not None:
            _check_length("contacts", len(touching), len(eligible))
        keys = [content_key([code for code, _ in codes]) for codes in eligible]
        draws = draws_of(seed, np.array(keys, np.int64))
        touches = touching if touching is not None else [[]] * len(eligible)
        yield [
            (_statements(codes, touch, options, rules, draw), draw)
            for codes, touch, draw in zip(eligible, touches, draws, strict=True)
        ]
        first += len(eligible)


def _options(name: str | CaptionOptions, faithful: bool) -> CaptionOptions:
    options = version(name) if isinstance(name, str) else name
    return replace(options, faithful=True) if faithful else options


def _check_length(name: str, got: int, expected: int, at_least: bool = False) -> None:
    if got != expected and not (at_least and got > expected):
        raise PoseloomError(f"{name}: expected one entry for each of the poses, got {got} for {expected} poses")


def _blocks(
    pose: Pose | Tensor, rotations: Tensor | None, options: CaptionOptions, body: Body | None, find: bool
) -> Iterator[tuple[Tensor, Tensor | None, list[list[Code]] | None]]:
    """Joints, rotations and, where they are wanted, contacts, in blocks that fit into memory."""
    find = find and options.contacts
    if not isinstance(pose, Pose):
        check_joints(pose)
        if not torch.isfinite(pose).all():
            raise PoseloomError("joints: holds NaN or infinity; remove or repair those frames first")
        if find:
            raise PoseloomError("this version tells contacts; give contacts=..., or a Pose, whose body has a surface")
        flat = pose.detach().reshape(-1, *pose.shape[-2:])
        turns = None if rotations is None else rotations.detach().reshape(len(flat), -1, 3)
        for first in range(0, len(flat), BLOCK):
            part = slice(first, first + BLOCK)
            yield flat[part], None if turns is None else turns[part], None
        return
    if body is None:
        from poseloom.body import default_body

        body = default_body("preview")
    count = pose.rotations[..., 0, 0].numel()
    flat_pose = Pose(pose.rotations.detach().reshape(count, pose.joints, 3)).without_heading()
    for first in range(0, count, BLOCK):
        part_pose = flat_pose[first : first + BLOCK]
        with torch.no_grad():
            joints = body.joints(part_pose)
        found = None
        if find:
            from poseloom.language.captions.contacts import contacts_of

            found = contacts_of(part_pose, body)
        yield joints, part_pose.rotations, found


def _eligible(
    joints: Tensor, rotations: Tensor | None, options: CaptionOptions, seed: int, rules: Rules
) -> list[Eligible]:
    """The eligible codes of every pose of a block, in order of evaluation."""
    noise = seed if options.noise else None
    keys = geometry_keys(joints) if options.noise else None
    evaluated = evaluate(joints, rotations, noise_seed=noise, noise_keys=keys, clamped=not options.faithful)
    elementary, supers = _code_table(evaluated.rotations)
    eligible = torch.cat([evaluated.all_eligibility, evaluated.super_eligibility_rows]).T.cpu().numpy()
    categories = evaluated.all_categories.T.cpu().numpy()
    faces = [True] * len(eligible) if options.faithful else facing(joints.float()).tolist()
    poses, rows = np.nonzero(eligible)
    degrees = eligible[poses, rows].tolist()
    made: list[Eligible] = [[] for _ in range(len(eligible))]
    needs = rules.needs_facing
    elements = len(elementary)
    for pose, row, degree in zip(poses.tolist(), rows.tolist(), degrees, strict=True):
        code = elementary[row][categories[pose, row]] if row < elements else supers[row - elements]
        if faces[pose] or code[2] not in needs:
            made[pose].append((code, degree < RARE))
    return made


def _statements(
    eligible: Eligible, touching: Sequence[Code], options: CaptionOptions, rules: Rules, draws: Draws
) -> list[Statement]:
    """What is left to tell of one pose, after all stages."""
    codes = [code for code, _ in eligible]
    if options.random_skip:
        kept = [code for code, common in eligible if not (common and draws.chance(rules.chances["skip"]))]
        codes = kept or codes
    if touching:
        codes = with_contacts(codes, touching)
    before = codes
    if options.transitive_rule:
        codes = transitive(codes, rules)
    if not options.simplified:
        codes = entities(codes, rules, draws)
        codes = symmetric(codes, rules, draws, options.faithful)
    if options.statistical_rules:
        codes = statistical(codes, before, rules, options.faithful)
    codes = swapped(codes, rules, draws)
    return single(codes) if options.simplified else grouped(codes, rules, draws, options.faithful)
