"""`instructions`: PoseFix's comparative pipeline, from two poses to a text in the imperative."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers, text_key
from poseloom.language.instruction.style import Style, style_of
from poseloom.language.paircodes import Paircodes, concerned, evaluate_pairs, rotation_change, stated_targets
from poseloom.language.paircodes.rotation import RotationChange, turn_table
from poseloom.language.paircodes.tables import paircode_tables
from poseloom.language.posecodes import POINT_INDEX, prepare
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posecodes.points import check_joints
from poseloom.language.posefix.aggregation import InstructionDraws
from poseloom.language.posefix.alignment import resolve_alignment
from poseloom.language.posefix.grounding import grounded, height_codes
from poseloom.language.posefix.planning import plan_as_original, plan_plainly
from poseloom.language.posefix.statement import blind
from poseloom.language.posefix.touching import RELEASE, touch_codes, touches_of
from poseloom.language.posefix.versions import DEFAULT_VERSION, PoseFixOptions, version_of
from poseloom.language.posefix.wording import INSTRUCTION_PHRASES, words_of
from poseloom.language.posefix.writer import InstructionWriter
from poseloom.language.posescript.contacts import TOUCH
from poseloom.language.posescript.draws import geometry_keys
from poseloom.pose.joints import ALL_JOINTS, MIRROR
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

SKIP = 0.15
"""Probability of leaving out a code (PoseFix)."""
CHUNK = 2048
"""Pairs worked on at once, to keep memory bounded."""
_OWNERS = ("the", "your")


@dataclass(frozen=True)
class PairCodes:
    """What the pipeline tells of one pair, before it is put into words."""

    turn: str
    """Category of the turn of the whole person; empty if there is none to tell."""
    changes: list[Code]
    targets: list[Code]


@dataclass(frozen=True)
class _Source:
    """How codes are made."""

    options: PoseFixOptions
    in_sequence: bool
    faithful: bool
    body: Body | None
    noise_seed: int | None


def instructions(
    pose_a: Pose | Float[Tensor, "*batch joints 3"],
    pose_b: Pose | Float[Tensor, "*batch joints 3"],
    version: str | PoseFixOptions = DEFAULT_VERSION,
    seed: int = 0,
    in_sequence: bool = False,
    faithful: bool = False,
    *,
    style: str = Style.PARAGRAPH.value,
    body: Body | None = None,
    phrases: Path | None = None,
) -> list[str]:
    """How to get from each pose of `pose_a` to that of `pose_b`, by paircodes; flattened batch.

    The text depends on the seed and on what is told alone: not on the pair's place, the batch or the process. The
    mirrored pair has the text with left and right exchanged (not with `faithful`).

    Args:
        pose_a, pose_b: poses, or their joints (22, or at least 52 in SMPL-H order; metres, y up, any heading), of
            equal batch shapes.
        version: a name in `VERSIONS`, or options of your own; ``pfA`` to ``pfC`` are those of PoseFix.
        seed: other seeds change words and, in versions that skip codes, what is told.
        in_sequence: both poses are of one recording, so that the turn of the whole person is told.
        faithful: the original's rules with their defects: heights against the pelvis, sides joined blindly, codes
            grouped at random. Joints are then taken as they are, each pose facing +z.
        style: ``paragraph``; ``short``, the turn and the three largest changes; ``list``, one thing a line.
        body: gives the joints of a `Pose`; the free body if None.
        phrases: another file of instruction phrases than the package's.

    Raises:
        PoseloomError: an unknown version or style, batches or numbers of joints that differ, NaN; a broken file
            (`FileError`).
    """
    options, form = version_of(version), style_of(style)
    words = words_of(phrases or INSTRUCTION_PHRASES)
    texts = []
    for pair in pair_codes(pose_a, pose_b, options, in_sequence, faithful, body, seed=seed):
        draws = InstructionDraws(seed, _content_key(pair, faithful))
        changes, targets = pair.changes, pair.targets
        if options.random_skip:
            changes, targets = _skipped(draws, pair, faithful)
        if faithful:
            writer = InstructionWriter(words, draws, draws.pick(_OWNERS))
            tasks = plan_as_original([*changes, *targets], options.simplified, draws)
        else:
            writer = InstructionWriter(words, draws)
            tasks = plan_plainly(changes, targets, options.simplified, draws)
        texts.append(writer.text(pair.turn, tasks, form))
    return texts


def pair_codes(
    pose_a: Pose | Tensor,
    pose_b: Pose | Tensor,
    options: PoseFixOptions | None = None,
    in_sequence: bool = False,
    faithful: bool = False,
    body: Body | None = None,
    *,
    seed: int = 0,
) -> list[PairCodes]:
    """The codes of each pair of the flattened batch, in order of evaluation, none skipped; `seed` draws noise."""
    options = options or version_of(DEFAULT_VERSION)
    first, second = (given_of(pose, name) for pose, name in ((pose_a, "pose_a"), (pose_b, "pose_b")))
    _check_alike(pose_a, pose_b, first, second)
    source = _Source(options, in_sequence, faithful, body, seed if options.noise else None)
    made = []
    for start in range(0, len(first), CHUNK):
        part = slice(start, start + CHUNK)
        made += _codes_of(first.part(part), second.part(part), source)
    return made


# -- what was given ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PairSide:
    """One side of the pairs, flattened: poses or joints."""

    pose: Pose | None
    joints: Tensor | None

    @property
    def _rows(self) -> Tensor:
        """(poses, joints, 3)."""
        rows = self.joints if self.pose is None else self.pose.rotations
        assert rows is not None
        return rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def joint_count(self) -> int:
        return self._rows.shape[1]

    def part(self, part: slice) -> PairSide:
        if self.pose is not None:
            return PairSide(self.pose[part], None)
        assert self.joints is not None
        return PairSide(None, self.joints[part])


def given_of(pose: Pose | Tensor, name: str) -> PairSide:
    """Poses or joints, flattened; `name` stands in errors."""
    if isinstance(pose, Pose):
        count = pose.rotations[..., 0, 0].numel()
        return PairSide(Pose(pose.rotations.detach().float().reshape(count, pose.joints, 3)), None)
    check_joints(pose)
    if not torch.isfinite(pose).all():
        raise PoseloomError(f"{name}: holds NaN or infinity; remove or repair those frames first")
    return PairSide(None, pose.detach().float().reshape(-1, *pose.shape[-2:]).cpu())


def _check_alike(pose_a: Pose | Tensor, pose_b: Pose | Tensor, first: PairSide, second: PairSide) -> None:
    if isinstance(pose_a, Pose) != isinstance(pose_b, Pose):
        raise PoseloomError("pose_a and pose_b: expected two Pose objects or two tensors of joints, got one of each")
    batches = [tuple(one.batch_shape if isinstance(one, Pose) else one.shape[:-2]) for one in (pose_a, pose_b)]
    if batches[0] != batches[1]:
        raise PoseloomError(f"pose_a and pose_b: expected equal batch shapes, got {batches[0]} and {batches[1]}")
    counts = [one.joint_count for one in (first, second)]
    if counts[0] != counts[1]:
        raise PoseloomError(
            f"pose_a and pose_b: expected equal numbers of joints, got {counts[0]} and {counts[1]}; "
            "give the 22 body joints of both"
        )


# -- codes -------------------------------------------------------------------------------------------------------


def _codes_of(first: PairSide, second: PairSide, source: _Source) -> list[PairCodes]:
    options, faithful, count = source.options, source.faithful, len(first)
    sides = [prepared_joints(one, source.body, faithful) for one in (first, second)]
    joints = torch.cat([one[0] for one in sides])
    known = [one[1] for one in sides if one[1] is not None]
    pairs = torch.stack([torch.arange(count), torch.arange(count) + count], 1)
    keys = None if source.noise_seed is None else geometry_keys(joints)
    paircodes = evaluate_pairs(
        joints,
        pairs,
        torch.cat(known) if options.head and known else None,
        noise_seed=source.noise_seed,
        noise_keys=keys,
        clamped=not faithful,
    )
    changes = paircodes.codes()
    if options.contacts and first.pose is not None and second.pose is not None:
        touching = (touches_of(one, source.body, faithful) for one in (first.pose, second.pose))
        rows = zip(changes, *touching, strict=True)
        changes = [[*codes, *touch_codes(before, after, faithful)] for codes, before, after in rows]
    kept = _targets(paircodes, changes) if options.targets else [[]] * count
    if not faithful:
        points = prepare(joints)
        hips, legs = height_codes(paircodes, points)
        kept = [
            [resolve_alignment(code, seen) for code in own]
            for own, seen in zip(kept, points[count:].numpy(), strict=True)
        ]
        changes = [grounded(*one) for one in zip(changes, hips, legs, strict=True)]
    ignored = turn_table().switch
    turns = (
        turns_of(first, second, faithful, source.noise_seed, keys).names()
        if source.in_sequence and options.turn
        else [ignored] * count
    )
    return [
        PairCodes("" if turn == ignored else turn, codes, own)
        for turn, codes, own in zip(turns, changes, kept, strict=True)
    ]


def _targets(paircodes: Paircodes, changes: list[list[Code]]) -> list[list[Code]]:
    told = [[code for code, _ in targets] for targets in stated_targets(paircodes)]
    return [concerned(codes, own) for codes, own in zip(changes, told, strict=True)]


def turns_of(
    first: PairSide,
    second: PairSide,
    faithful: bool = False,
    noise_seed: int | None = None,
    noise_keys: NDArray[np.int64] | None = None,
) -> RotationChange:
    """The turn of each pair, both poses being of one recording."""
    if first.pose is not None and second.pose is not None:
        roots = [one.rotations[:, 0] for one in (first.pose, second.pose)]
        return rotation_change(
            roots[0], roots[1], True, faithful=faithful, noise_seed=noise_seed, noise_keys=noise_keys
        )
    assert first.joints is not None and second.joints is not None
    upright = [torch.stack([0 * turn, turn, 0 * turn], -1) for turn in map(_heading, (first.joints, second.joints))]
    return rotation_change(upright[0], upright[1], True, noise_seed=noise_seed, noise_keys=noise_keys)


def _heading(joints: Float[Tensor, "poses joints 3"]) -> Float[Tensor, " poses"]:
    """Angle about +y by which the hips are turned, as `poseloom.pose.types.heading` reads it off a rotation."""
    left = joints[:, POINT_INDEX["left_hip"]] - joints[:, POINT_INDEX["right_hip"]]
    return torch.atan2(-left[:, 2], left[:, 0])


def prepared_joints(given: PairSide, body: Body | None, faithful: bool) -> tuple[Tensor, Tensor | None]:
    """Joints that face +z with the pelvis at the origin, and the rotations behind them where they are known."""
    if given.pose is not None:
        pose = given.pose.without_heading()
        if body is None:
            from poseloom.body import default_body

            body = default_body("preview")
        return _centred(_even_joints(body, pose)), pose.rotations.cpu()
    assert given.joints is not None
    joints = given.joints
    if not faithful:
        joints = joints @ axis_to_rotmat(-_heading(joints), "Y").mT
    return _centred(joints), None


def _centred(joints: Tensor) -> Tensor:
    return joints - joints[:, :1]


@torch.no_grad()
def _even_joints(body: Body, pose: Pose) -> Tensor:
    """Joints on the body made even: a real body is a millimetre off its mirror image, which words must not notice."""
    seen = body.joints(pose)[..., :ALL_JOINTS, :].cpu()
    mirrored = body.joints(pose.mirror()).cpu()[..., MIRROR, :] * seen.new_tensor([-1.0, 1.0, 1.0])
    return (seen + mirrored) / 2


# -- chance ------------------------------------------------------------------------------------------------------


def _content_key(pair: PairCodes, sighted: bool) -> tuple[int]:
    """A number for what is told; unless `sighted`, the mirrored pair has the same one."""
    turn = pair.turn if sighted or not pair.turn.endswith(("left", "right")) else pair.turn.rsplit(" ", 1)[0]
    keys = [_code_key(code, sighted) for code in (*pair.changes, *pair.targets)]
    return (mix_numbers(text_key(turn), *(keys if sighted else sorted(keys))),)


@lru_cache(maxsize=8192)
def _code_key(code: Code, sighted: bool) -> int:
    return text_key(repr(code if sighted else blind(code)))


def _skipped(draws: InstructionDraws, pair: PairCodes, faithful: bool) -> tuple[list[Code], list[Code]]:
    """Leaves codes out, never all changes of a pair, and the targets on parts that nothing is told of any more.

    Unless faithful, what is skipped on one side is skipped on the other, so that it does not matter which is which.
    """

    def kept(codes: list[Code], never: frozenset[str]) -> list[Code]:
        return [
            code
            for code in codes
            if code.interpretation in never or not draws.chance_of(_code_key(code, faithful), SKIP)
        ]

    changes = kept(pair.changes, _rare_changes()) or pair.changes
    return changes, concerned(changes, kept(pair.targets, frozenset()))


@lru_cache
def _rare_changes() -> frozenset[str]:
    """Differences that are never skipped: those of super-paircodes, and touches."""
    tables = paircode_tables()
    return frozenset(
        tables.prefix + one for one in (*(each.interpretation for each in tables.supers if each.rare), TOUCH, RELEASE)
    )
