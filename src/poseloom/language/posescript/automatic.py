"""`automatic_descriptions`: paragraphs in the manner of PoseScript, from poses or joints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.language.description.phrases import swap_sides
from poseloom.language.posecodes.evaluation import BLOCK, Code, _code_table, evaluate
from poseloom.language.posecodes.plan import RARE
from poseloom.language.posecodes.points import check_joints
from poseloom.language.posescript.activities import activity_sentence
from poseloom.language.posescript.draws import Draws, content_key, draws_of, geometry_keys
from poseloom.language.posescript.facing import facing
from poseloom.language.posescript.options import PoseScriptOptions, version
from poseloom.language.posescript.phrasebook import phrasebook_of
from poseloom.language.posescript.rules import Rules, even_rules, rules_of
from poseloom.language.posescript.sides import Canonical, canonical, evenly, mirrored_statement, mirrored_touch, paired
from poseloom.language.posescript.stages import (
    Statement,
    entities,
    grouped,
    implied,
    single,
    statistical,
    swapped,
    symmetric,
    transitive,
    with_contacts,
)
from poseloom.language.posescript.writing import Writer, ordered
from poseloom.language.sides import even_joints
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

Eligible = list[tuple[Code, bool]]
"""Codes of one pose, each with whether it may be skipped."""


@dataclass(frozen=True)
class StatedContent:
    """What the description of one pose tells, and the choices that are left to word it."""

    canonical: list[Statement]
    """Of the pose, or, if `turned`, of its mirror image."""
    draws: Draws
    turned: bool = False

    @property
    def statements(self) -> list[Statement]:
        """Of the pose itself."""
        if not self.turned:
            return self.canonical
        return [mirrored_statement(one, rules_of().opposites) for one in self.canonical]


def automatic_descriptions(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    version: str | PoseScriptOptions = "complete",
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
    gives an empty text. The mirrored pose has the text with left and right exchanged (not with `faithful`).

    Args:
        pose: poses (their heading is removed), or joints as `posecodes.evaluate` takes them.
        version: name of a version (`poseloom.language.posescript.versions`), or switches of your own.
        rotations: turns of joints, which add statements on the head; see `posecodes.evaluate`. A `Pose` brings its own.
        activity_labels: for each pose its labels in the manner of BABEL, or None; told by versions with `activity`.
        contacts: for each pose the pairs of parts that touch; versions with `contacts` find them on the body's mesh
            where a `Pose` is given.
        faithful: keep the original's defects; see `PoseScriptOptions.faithful`.
        body: gives the joints and the mesh of a `Pose`; the free body if None.

    Raises:
        PoseloomError: an unknown version, joints of another number, NaN in them, lists of another length, or a
            version with contacts and neither contacts nor a `Pose`; a broken phrase file (`FileError`).
    """
    options = _options(version, faithful)
    book, rules = phrasebook_of(), rules_of()
    made: list[str] = []
    for one in stated_content(pose, options, seed, rotations=rotations, contacts=contacts, body=body):
        draws = one.draws
        writer = Writer(book, rules, draws, options.simplified)
        first = ""
        if activity_labels is not None and options.activity:
            _check_length("activity_labels", len(activity_labels), len(made) + 1, at_least=True)
            labels = activity_labels[len(made)]
            first = activity_sentence(labels, options.dancing, writer.voice, book, draws)
        text = writer.paragraph(ordered(one.canonical, rules, draws))
        text = swap_sides(text) if one.turned else text
        made.append(f"{first} {text}" if first and text else first or text)
    if activity_labels is not None:
        _check_length("activity_labels", len(activity_labels), len(made))
    return made


def stated_content(
    pose: Pose | Float[Tensor, "*batch joints 3"],
    options: PoseScriptOptions,
    seed: int = 0,
    *,
    rotations: Float[Tensor, "*batch rotated 3"] | None = None,
    contacts: Sequence[Sequence[Code]] | None = None,
    body: Body | None = None,
) -> Iterator[StatedContent]:
    """What is told of poses, one by one: few objects live at a time, which spares the garbage collector."""
    rules = rules_of()
    alike = even_rules()
    first = 0
    for joints, turns, found in _blocks(pose, rotations, options, body, contacts is None):
        touching = found if contacts is None else contacts[first : first + len(joints)]
        if touching is not None:
            _check_length("contacts", len(touching), len(joints))
        seen = _as_given(joints, turns) if options.faithful else canonical(joints, turns)
        turned, even = seen.turned.tolist(), seen.even.tolist()
        eligible = _eligible(seen.joints, seen.rotations, options, seed, rules)
        keys = [content_key([code for code, _ in codes]) for codes in eligible]
        draws = draws_of(seed, np.array(keys, np.int64))
        touches = touching if touching is not None else [[]] * len(eligible)
        if not options.faithful:
            touches = [_touches(codes, image) for codes, image in zip(touches, turned, strict=True)]
        for codes, touch, draw, image, same in zip(eligible, touches, draws, turned, even, strict=True):
            yield StatedContent(_statements(codes, touch, options, alike if same else rules, draw, same), draw, image)
        first += len(eligible)


def _as_given(joints: Tensor, rotations: Tensor | None) -> Canonical:
    never = torch.zeros(len(joints), dtype=torch.bool)
    return Canonical(joints, rotations, never, never)


def _touches(codes: Sequence[Code], turned: bool) -> list[Code]:
    """Touches of the canonical image, in an order that does not depend on which image was given."""
    return sorted(map(mirrored_touch, codes) if turned else codes, key=str)


def _options(name: str | PoseScriptOptions, faithful: bool) -> PoseScriptOptions:
    options = version(name) if isinstance(name, str) else name
    return replace(options, faithful=True) if faithful else options


def _check_length(name: str, got: int, expected: int, at_least: bool = False) -> None:
    if got != expected and not (at_least and got > expected):
        raise PoseloomError(f"{name}: expected one entry for each of the poses, got {got} for {expected} poses")


def _blocks(
    pose: Pose | Tensor, rotations: Tensor | None, options: PoseScriptOptions, body: Body | None, find: bool
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
            joints = body.joints(part_pose) if options.faithful else even_joints(body, part_pose)
        found = None
        if find:
            from poseloom.language.posescript.contacts import contacts_of

            found = contacts_of(part_pose, body)
        yield joints, part_pose.rotations, found


def _eligible(
    joints: Tensor, rotations: Tensor | None, options: PoseScriptOptions, seed: int, rules: Rules
) -> list[Eligible]:
    """The eligible codes of every pose of a block, in order of evaluation."""
    noise = seed if options.noise else None
    keys = geometry_keys(joints) if options.noise else None
    evaluated = evaluate(joints, rotations, noise_seed=noise, noise_keys=keys, clamped=not options.faithful)
    told = _stated_code_table(evaluated.rotations)
    eligible = torch.cat([evaluated.all_eligibility, evaluated.super_eligibility_rows]).T.cpu().numpy()
    categories = evaluated.all_categories.T.cpu().numpy()
    faces = [True] * len(eligible) if options.faithful else facing(joints.float()).tolist()
    poses, rows = np.nonzero(eligible)
    elementary = categories.shape[1]
    chosen = np.where(rows < elementary, categories[poses, np.minimum(rows, elementary - 1)], 0)
    common = (eligible[poses, rows] < RARE).tolist()
    made: list[Eligible] = [[] for _ in range(len(eligible))]
    needs = rules.needs_facing
    for pose, row, category, skipped in zip(poses.tolist(), rows.tolist(), chosen.tolist(), common, strict=True):
        one = told[row][category][skipped]
        if faces[pose] or one[0].interpretation not in needs:
            made[pose].append(one)
    return made


@cache
def _stated_code_table(rotations: bool) -> list[list[tuple[tuple[Code, bool], tuple[Code, bool]]]]:
    """By row and category: the code, as one that is never skipped and as one that may be."""
    elementary, supers = _code_table(rotations)
    return [[((code, False), (code, True)) for code in row] for row in (*elementary, *([one] for one in supers))]


def _statements(
    eligible: Eligible, touching: Sequence[Code], options: PoseScriptOptions, rules: Rules, draws: Draws, even: bool
) -> list[Statement]:
    """What is left to tell of one pose, after all stages; of an `even` pose the same is told of both sides."""
    codes = [code for code, _ in eligible]
    if not options.faithful:
        known = implied(codes, rules)
        eligible = [row for row in eligible if row[0] not in known] if known else eligible
        codes = [code for code, _ in eligible] if known else codes
    if options.random_skip:
        kept = [code for code, common in eligible if not (common and draws.chance(rules.chances["skip"]))]
        codes = (evenly(codes, kept, rules) if even else kept) or codes
    if touching:
        codes = with_contacts(codes, touching)
    before = codes
    if options.transitive_rule and not even:
        codes = transitive(codes, rules)
    if not options.simplified:
        codes = entities(codes, rules, draws)
    if even:
        codes = paired(codes, rules)
    elif not options.simplified:
        codes = symmetric(codes, rules, draws, options.faithful)
    if options.statistical_rules and not even:
        codes = statistical(codes, before, rules, options.faithful)
    codes = swapped(codes, rules, draws)
    return single(codes) if options.simplified else grouped(codes, rules, draws, options.faithful)
