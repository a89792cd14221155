"""Posecodes of any number of poses: values, categories, eligibility, super-posecodes, codes.

Poses are worked on in blocks that fit into the processor's cache, with the posecodes in front and the poses behind,
so that every operation runs along memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int8
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import uniform
from poseloom.language.posecodes.plan import SILENT, TOLD, Plan, plan_of
from poseloom.language.posecodes.points import check_joints, points_first
from poseloom.language.posecodes.tables import PosecodeTables
from poseloom.language.posecodes.values import KINDS, chain, euler_of_chain
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS

BLOCK = 4096
"""Poses worked on at once: about 4 MB of values; smaller blocks were measured slower, larger ones no faster."""
_EULER_AXIS = {"relativeRotX": 0, "relativeRotY": 1, "relativeRotZ": 2}


class Code(NamedTuple):
    """One thing to tell: a body part, what is said of it, and the part that it is compared with, if any."""

    side: str | None
    part: str
    interpretation: str
    side2: str | None
    part2: str | None


@dataclass(frozen=True, eq=False)
class Posecodes:
    """Posecodes of a batch of poses. The tensors have the posecodes in front; the methods give the batch in front."""

    batch_shape: tuple[int, ...]
    rotations: bool
    """Whether the three kinds that need rotations were evaluated."""
    all_values: Float[Tensor, "posecodes poses"]
    all_categories: Int8[Tensor, "posecodes poses"]
    all_eligibility: Int8[Tensor, "posecodes poses"]
    super_eligibility_rows: Int8[Tensor, "supers poses"]

    @property
    def plan(self) -> Plan:
        return plan_of(self.rotations)

    @property
    def tables(self) -> PosecodeTables:
        """The tables behind: kinds, joint sets, super-posecodes, names."""
        return self.plan.tables

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds that were evaluated, in order."""
        return tuple(one.kind.name for one in self.plan.kinds)

    def values(self, kind: str) -> Float[Tensor, "*batch sets"]:
        """Measurements of one kind, in its unit (degrees or metres), without noise."""
        return self._batch_first(self.all_values[self._rows(kind)])

    def categories(self, kind: str) -> Int8[Tensor, "*batch sets"]:
        """Positions in the kind's list of categories."""
        return self._batch_first(self.all_categories[self._rows(kind)])

    def eligibility(self, kind: str) -> Int8[Tensor, "*batch sets"]:
        """0: not told; 1: may be told; 2: told and never skipped."""
        return self._batch_first(self.all_eligibility[self._rows(kind)])

    @property
    def super_eligibility(self) -> Int8[Tensor, "*batch supers"]:
        """0: absent; 1: produced; 2: produced and rare."""
        return self._batch_first(self.super_eligibility_rows)

    def codes(self) -> list[list[Code]]:
        """Eligible codes of each pose of the flattened batch, in order of evaluation, none skipped."""
        elementary, supers = _code_table(self.rotations)
        eligible = torch.cat([self.all_eligibility, self.super_eligibility_rows]).T.cpu().numpy()
        categories = self.all_categories.T.cpu().numpy()
        made: list[list[Code]] = [[] for _ in range(eligible.shape[0])]
        for pose, row in zip(*(found.tolist() for found in np.nonzero(eligible)), strict=True):
            if row < len(elementary):
                made[pose].append(elementary[row][categories[pose, row]])
            else:
                made[pose].append(supers[row - len(elementary)])
        return made

    def _rows(self, kind: str) -> slice:
        for one in self.plan.kinds:
            if one.kind.name == kind:
                return one.rows
        hint = " (it needs rotations)" if kind in self.tables.kinds else ""
        raise PoseloomError(f"no posecodes of kind {kind!r} here{hint}; expected one of {', '.join(self.kinds)}")

    def _batch_first(self, rows: Tensor) -> Tensor:
        return rows.T.unflatten(0, self.batch_shape) if self.batch_shape else rows[:, 0]


def evaluate(
    joints: Float[Tensor, "*batch joints 3"],
    rotations: Float[Tensor, "*batch rotated 3"] | None = None,
    *,
    noise_seed: int | None = None,
    noise_keys: NDArray[np.int64] | None = None,
    clamped: bool = True,
) -> Posecodes:
    """Posecodes of poses.

    Args:
        joints: 22, or at least 52 in SMPL-H order; metres, y up, facing +z (`Pose.without_heading`).
        rotations: local axis-angle in radians of 22 or 52 joints, row 0 the orientation of the body in the same
            axes; adds the three posecodes of the head. Also (*batch, 66 or 156).
        noise_seed: blurs the thresholds as the original does, with draws that depend on the seed and the position
            of the pose alone; None: no noise.
        noise_keys: a number for each pose of the flattened batch that noise depends on instead of its position.
        clamped: keep cosines inside [-1, 1]; the original does not, and calls some folded limbs straight.

    Raises:
        PoseloomError: wrong numbers of joints, or batches that differ.
    """
    check_joints(joints)
    batch = tuple(joints.shape[:-2])
    flat = joints.detach().reshape(-1, *joints.shape[-2:]).float()
    turns = None if rotations is None else _check_rotations(rotations.detach(), batch)
    plan = plan_of(rotations is not None, str(joints.device))
    poses = flat.shape[0]
    result = Posecodes(
        batch,
        rotations is not None,
        flat.new_empty(plan.rows, poses),
        flat.new_empty(plan.rows, poses, dtype=torch.int8),
        flat.new_zeros(plan.rows, poses, dtype=torch.int8),
        flat.new_empty(len(plan.tables.supers), poses, dtype=torch.int8),
    )
    for first in range(0, poses, BLOCK):
        part = slice(first, min(first + BLOCK, poses))
        values = _measure(plan, flat[part], None if turns is None else turns[part], clamped)
        result.all_values[:, part] = values
        if noise_seed is not None:
            keys = np.arange(part.start, part.stop) if noise_keys is None else noise_keys[part]
            values += _noise(plan, noise_seed, keys).to(values)
        categories = _categorise(plan, values)
        result.all_categories[:, part] = categories
        _judge(plan, categories, result, part)
    return result


def _check_rotations(rotations: Tensor, batch: tuple[int, ...]) -> Tensor:
    widths = {joints * 3 for joints in (BODY_JOINTS, ALL_JOINTS)}
    if rotations.shape[:-1] == batch and rotations.shape[-1] in widths:
        rotations = rotations.unflatten(-1, (-1, 3))
    if rotations.shape[:-2] != batch or rotations.shape[-1] != 3 or rotations.shape[-2] * 3 not in widths:
        raise PoseloomError(
            f"rotations: expected {(*batch, '22 or 52', 3)} as the joints have it, got {tuple(rotations.shape)}"
        )
    return rotations.reshape(-1, *rotations.shape[-2:]).float()


def _measure(plan: Plan, joints: Tensor, rotations: Tensor | None, clamped: bool) -> Tensor:
    points = points_first(joints)
    values = points.new_empty(plan.rows, joints.shape[0])
    turned = None if rotations is None else _head_chain(rotations)
    for one in plan.kinds:
        if one.kind.name in KINDS:
            values[one.rows] = KINDS[one.kind.name](points, one.sets, clamped)
        elif turned is not None:
            axis = _EULER_AXIS[one.kind.name]
            for row, (joint, ancestor) in enumerate(one.names, start=one.rows.start):
                values[row] = euler_of_chain(turned, chain(joint, ancestor), axis)
    return values


def _head_chain(rotations: Tensor) -> Tensor:
    """Body rotations with coordinates and joints in front; hands are never measured."""
    return rotations[:, :BODY_JOINTS].permute(2, 1, 0)


def _noise(plan: Plan, seed: int, keys: NDArray[np.int64]) -> Tensor:
    draws = torch.from_numpy(uniform(seed, keys, plan.rows))
    offsets = torch.tensor([kind.noise for kind, _ in plan.tables.rows(plan.rows == len(plan.tables.rows(True)))])
    return draws * offsets[:, None]


def _categorise(plan: Plan, values: Tensor) -> Tensor:
    """The first category whose upper bound is not exceeded; NaN falls into the last one."""
    categories = torch.empty(values.shape, dtype=torch.int8, device=values.device)
    for one in plan.kinds:
        rows, known = values[one.rows], categories[one.rows]
        known.fill_(len(one.kind.thresholds))
        for threshold in one.kind.thresholds:
            known -= (rows <= threshold).view(torch.int8)
    return categories


def _judge(plan: Plan, categories: Tensor, result: Posecodes, part: slice) -> None:
    """Super-posecodes, then the eligibility of everything."""
    poses = categories.shape[1]
    conditions = categories.new_empty(len(plan.condition_rows) + 2, poses, dtype=torch.bool)
    torch.eq(categories.index_select(0, plan.condition_rows), plan.condition_categories, out=conditions[:-2])
    conditions[-2], conditions[-1] = True, False
    produced = None
    for way in plan.ways:
        holds = conditions.index_select(0, way[0])
        for place in way[1:]:
            holds &= conditions.index_select(0, place)
        produced = holds if produced is None else produced.logical_or_(holds)
    assert produced is not None
    torch.mul(produced, plan.super_eligibility, out=result.super_eligibility_rows[:, part])
    eligible = result.all_eligibility[:, part]
    for row, category, degree in plan.stated_rows:
        told = (categories[row] == category).view(torch.int8)
        eligible[row] += told if degree == TOLD else told * degree
    for row, condition, supers in plan.demotions:
        silent = produced[list(supers)].any(0) & conditions[condition]
        eligible[row].masked_fill_(silent, SILENT)


@cache
def _code_table(rotations: bool) -> tuple[list[list[Code]], list[Code]]:
    """The code of each category of each row, and of each super-posecode."""
    tables = plan_of(rotations).tables
    elementary = []
    for kind, one in tables.rows(rotations):
        subject = one.subject or one.joints[0]
        second = one.joints[1] if kind.has_second_part else None
        elementary.append([_code(subject, name, second) for name in kind.categories])
    supers = [_code(one.subject, one.interpretation, one.second) for one in tables.supers]
    return elementary, supers


def _code(subject: str, interpretation: str, second: str | None) -> Code:
    side, part = _split(subject)
    side2, part2 = (None, None) if second is None else _split(second)
    return Code(side, part, interpretation, side2, part2)


def _split(name: str) -> tuple[str | None, str]:
    """``left_knee`` -> (left, knee); ``torso`` -> (None, torso)."""
    side, _, part = name.rpartition("_")
    return side or None, part
