"""Paircodes of any number of pairs of poses: values, categories, eligibility, super-paircodes, codes.

The posecodes of all poses are evaluated once; a pair then is two columns of them. Pairs are worked on in blocks, with
the paircodes in front and the pairs behind, so that every operation runs along memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Int8
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.streams import mix_numbers, text_key, uniform
from poseloom.language.paircodes.plan import PairPlan, pair_plan_of
from poseloom.language.paircodes.tables import PaircodeTables
from poseloom.language.posecodes.evaluation import BLOCK, Code, Posecodes, _code, evaluate
from poseloom.language.posecodes.plan import SILENT
from poseloom.language.posecodes.points import POINT_INDEX, points_first
from poseloom.language.posecodes.values import ANKLE_BELOW_SHOULDERS

_NOISE_STREAM = text_key("paircodes")
_ODD = 0x9E3779B1
"""An odd factor whose bits look random (the golden ratio)."""


@dataclass(frozen=True, eq=False)
class Paircodes:
    """Paircodes of pairs of poses. The tensors have the paircodes in front; the methods give the pairs in front."""

    pairs: Int[Tensor, "pairs 2"]
    """Positions of the first and of the second pose."""
    posecodes: Posecodes
    """Of all poses."""
    all_values: Float[Tensor, "paircodes pairs"]
    all_categories: Int8[Tensor, "paircodes pairs"]
    all_eligibility: Int8[Tensor, "paircodes pairs"]
    super_eligibility_rows: Int8[Tensor, "supers pairs"]

    @property
    def plan(self) -> PairPlan:
        return pair_plan_of(self.posecodes.rotations)

    @property
    def tables(self) -> PaircodeTables:
        """The tables behind: kinds, joint sets, super-paircodes, names."""
        return self.plan.tables

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds that were evaluated, in order."""
        return tuple(self.plan.rows_of)

    def values(self, kind: str) -> Float[Tensor, "pairs sets"]:
        """value(first) - value(second) of one kind, in its unit (degrees or metres), without noise."""
        return self.all_values[self._rows(kind)].T

    def categories(self, kind: str) -> Int8[Tensor, "pairs sets"]:
        """Positions in the kind's list of categories."""
        return self.all_categories[self._rows(kind)].T

    def eligibility(self, kind: str) -> Int8[Tensor, "pairs sets"]:
        """0: not told; 1: may be told; 2: told and never skipped."""
        return self.all_eligibility[self._rows(kind)].T

    @property
    def super_eligibility(self) -> Int8[Tensor, "pairs supers"]:
        """0: absent; 1: produced; 2: produced and rare."""
        return self.super_eligibility_rows.T

    def stated(self) -> list[list[tuple[Code, bool]]]:
        """Eligible codes of each pair in order of evaluation; True for those that are never skipped."""
        elementary, supers = _code_table(self.posecodes.rotations)
        eligible = torch.cat([self.all_eligibility, self.super_eligibility_rows]).T.cpu().numpy()
        categories = self.all_categories.T.cpu().numpy()
        made: list[list[tuple[Code, bool]]] = [[] for _ in range(len(eligible))]
        found, rows = np.nonzero(eligible)
        degrees = eligible[found, rows].tolist()
        for pair, row, degree in zip(found.tolist(), rows.tolist(), degrees, strict=True):
            is_super = row >= len(elementary)
            code = supers[row - len(elementary)] if is_super else elementary[row][categories[pair, row]]
            made[pair].append((code, degree > 1))
        return made

    def codes(self) -> list[list[Code]]:
        """Eligible codes of each pair, in order of evaluation, none skipped."""
        return [[code for code, _ in told] for told in self.stated()]

    def _rows(self, kind: str) -> slice:
        if kind in self.plan.rows_of:
            return self.plan.rows_of[kind]
        hint = " (it needs rotations)" if kind in self.tables.kinds else ""
        raise PoseloomError(f"no paircodes of kind {kind!r} here{hint}; expected one of {', '.join(self.kinds)}")


def evaluate_pairs(
    joints: Float[Tensor, "poses joints 3"],
    pairs: Int[Tensor, "pairs 2"],
    rotations: Float[Tensor, "poses rotated 3"] | None = None,
    *,
    noise_seed: int | None = None,
    noise_keys: NDArray[np.int64] | None = None,
    clamped: bool = True,
) -> Paircodes:
    """Paircodes of pairs of poses, and the posecodes of all poses.

    Args:
        joints: 22, or at least 52 in SMPL-H order; metres, y up, each pose facing +z (`Pose.without_heading`).
        pairs: positions in `joints` of the first and of the second pose; a pose may be in many pairs.
        rotations: local axis-angle in radians of 22 or 52 joints in the same axes; adds the turns of the head.
        noise_seed: blurs the thresholds as the original does; None: no noise. Draws depend on the seed and on the
            position of pose and pair alone.
        noise_keys: a number for each pose that noise depends on instead of positions.
        clamped: keep cosines inside [-1, 1], unlike the original.

    Raises:
        PoseloomError: wrong numbers of joints, or pairs that point to no pose.
    """
    codes = evaluate(joints, rotations, noise_seed=noise_seed, noise_keys=noise_keys, clamped=clamped)
    if len(codes.batch_shape) != 1:
        raise PoseloomError(f"joints: expected one batch axis, (poses, joints, 3), got {tuple(joints.shape)}")
    _check_pairs(pairs, len(joints))
    pairs = pairs.long()
    plan = pair_plan_of(rotations is not None, str(joints.device))
    places = _places(plan, joints)
    count = len(pairs)
    result = Paircodes(
        pairs,
        codes,
        codes.all_values.new_empty(len(plan.rows), count),
        codes.all_categories.new_empty(len(plan.rows), count),
        codes.all_categories.new_zeros(len(plan.rows), count),
        codes.all_categories.new_zeros(len(plan.tables.supers), count),
    )
    for start in range(0, count, BLOCK):
        part = slice(start, min(start + BLOCK, count))
        first, second = pairs[part].T
        values = _differences(plan, codes, places, first, second)
        result.all_values[:, part] = values
        if noise_seed is not None:
            values += _noise(plan, noise_seed, _keys(pairs[part], part, noise_keys)).to(values)
        categories = _categorise(plan, values)
        result.all_categories[:, part] = categories
        _judge(plan, codes, categories, result, part)
    return result


def _check_pairs(pairs: Tensor, poses: int) -> None:
    if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype.is_floating_point:
        raise PoseloomError(f"pairs: expected integers (pairs, 2), got {pairs.dtype} {tuple(pairs.shape)}")
    if pairs.numel() and (int(pairs.min()) < 0 or int(pairs.max()) >= poses):
        raise PoseloomError(
            f"pairs: expected positions 0 to {poses - 1} in joints, got {int(pairs.min())} to {int(pairs.max())}"
        )


@dataclass(frozen=True)
class _Places:
    """What pairs need and posecodes do not hold: coordinates of single points, and who is upright."""

    coordinates: Float[Tensor, "rows poses"]
    upright: Bool[Tensor, " poses"]


def _places(plan: PairPlan, joints: Tensor) -> _Places:
    joints = joints.detach().float()
    coordinates = joints.new_empty(len(plan.place_points), len(joints))
    upright = torch.empty(len(joints), dtype=torch.bool, device=joints.device)
    for start in range(0, len(joints), BLOCK):
        part = slice(start, start + BLOCK)
        points = points_first(joints[part])
        coordinates[:, part] = points[plan.place_axes, plan.place_points]
        upright[part] = _ankles_below(points)
    return _Places(coordinates, upright)


def _ankles_below(points: Float[Tensor, "3 35 poses"]) -> Bool[Tensor, " poses"]:
    """Where leaning forward is measured at all: an ankle is well below the shoulders."""
    height = {name: points[1, POINT_INDEX[name]] for name in _TRUNK_NAMES}
    shoulders = (height["left_shoulder"] + height["right_shoulder"]) / 2
    ankles = torch.minimum(height["left_ankle"], height["right_ankle"])
    return ankles < shoulders - ANKLE_BELOW_SHOULDERS


_TRUNK_NAMES = ("left_shoulder", "right_shoulder", "left_ankle", "right_ankle")


def _differences(plan: PairPlan, codes: Posecodes, places: _Places, first: Tensor, second: Tensor) -> Tensor:
    values = codes.all_values.new_empty(len(plan.rows), len(first))
    measured = codes.all_values.index_select(1, first).index_select(0, plan.pose_rows)
    measured -= codes.all_values.index_select(1, second).index_select(0, plan.pose_rows)
    values[plan.measured_rows] = measured
    moved = places.coordinates.index_select(1, first) - places.coordinates.index_select(1, second)
    values[plan.place_rows] = moved
    values[plan.upright_row] *= places.upright[first] & places.upright[second]
    return values


def _keys(pairs: Tensor, part: slice, noise_keys: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """A number for each pair of a block: its position, or what the keys of its poses give."""
    return np.arange(part.start, part.stop) if noise_keys is None else pair_keys(*noise_keys[pairs.cpu().numpy()].T)


def pair_keys(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each pair of poses that have keys; another one the other way round."""
    with np.errstate(over="ignore"):
        return np.asarray(first * np.int64(_ODD) + second)


def _noise(plan: PairPlan, seed: int, keys: NDArray[np.int64]) -> Tensor:
    draws = torch.from_numpy(uniform(mix_numbers(seed, _NOISE_STREAM), keys, len(plan.rows)))
    return draws * torch.tensor([kind.noise for kind, _ in plan.rows])[:, None]


def _categorise(plan: PairPlan, values: Tensor) -> Tensor:
    categories = torch.empty(values.shape, dtype=torch.int8, device=values.device)
    for name, rows in plan.rows_of.items():
        thresholds = plan.tables.kinds[name].thresholds
        known = categories[rows].fill_(len(thresholds))
        for threshold in thresholds:
            known -= (values[rows] <= threshold).view(torch.int8)
    return categories


def _judge(plan: PairPlan, codes: Posecodes, categories: Tensor, result: Paircodes, part: slice) -> None:
    """Super-paircodes, then the eligibility of everything."""
    poses = result.pairs[part].T
    holds = [
        _holds_of_pair(one.low, one.high, categories[one.row])
        if one.pose is None
        else codes.all_categories[one.row].index_select(0, poses[one.pose]) == one.low
        for one in plan.conditions
    ]
    produced = []
    for ways in plan.ways:
        any_way = None
        for way in ways:
            every = holds[way[0]]
            for place in way[1:]:
                every = every & holds[place]
            any_way = every if any_way is None else any_way | every
        assert any_way is not None
        produced.append(any_way)
    result.super_eligibility_rows[:, part] = torch.stack(produced) * plan.super_eligibility
    eligible = result.all_eligibility[:, part]
    eligible.copy_(categories != plan.switches)
    for row, condition, supers in plan.demotions:
        silent = holds[condition]
        if supers:
            silent = silent & torch.stack([produced[one] for one in supers]).any(0)
        eligible[row].masked_fill_(silent, SILENT)


def _holds_of_pair(low: int, high: int, categories: Tensor) -> Tensor:
    return (categories >= low) & (categories <= high)


@cache
def _code_table(rotations: bool) -> tuple[list[list[Code]], list[Code]]:
    """The code of each category of each row, and of each super-paircode."""
    tables = pair_plan_of(rotations).tables
    elementary = []
    for kind, one in tables.rows(rotations):
        subject = one.subject or one.joints[0]
        second = one.joints[1] if kind.measure == "distance" else None
        elementary.append([_code(subject, tables.prefix + name, second) for name in kind.categories])
    return elementary, [_code(one.subject, tables.prefix + one.interpretation, None) for one in tables.supers]
