"""Pairs of poses that differ by a moderate step: the nearest ones beyond a least distance, shard by shard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from numpy import ndarray as Array
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.body import default_body
from poseloom.data.table import Table
from poseloom.pose import BODY_JOINTS

_ANCHORS_AT_ONCE = 256


class Mined(NamedTuple):
    """Row numbers of the first and second poses, and whether both are of one recording."""

    row_a: Int64[Array, " pairs"]
    row_b: Int64[Array, " pairs"]
    in_sequence: Bool[Array, " pairs"]


@dataclass(frozen=True)
class MiningOptions:
    """Which pairs are made.

    Distance is the mean over the 22 body joints, in metres, of poses with the pelvis at the origin and, across
    recordings, facing the same way.

    Args:
        least, most: distance of the two poses. An arm raised from the side to the
            horizontal makes 0.05 m.
        every: take every N-th row as the first pose.
        window: how many rows after the first pose the second one of the same recording is sought.
    """

    least: float = 0.08
    most: float = 0.35
    every: int = 1
    window: int = 32

    def __post_init__(self) -> None:
        if not 0 <= self.least < self.most < float("inf"):
            raise PoseloomError(f"least and most: expected distances with least < most, got {self.least}, {self.most}")
        for option in ("every", "window"):
            if getattr(self, option) < 1:
                raise PoseloomError(f"{option}: expected at least 1, got {getattr(self, option)}")

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


Mine = Callable[[Table, str, MiningOptions], Mined]
"""(table, shard, options) -> the pairs whose first pose is in that shard. A function of a module, since it is
pickled."""


def neighbours(table: Table, shard: str, options: MiningOptions) -> Mined:
    """For each first pose, the next pose of its recording that is far enough, and the nearest one of another.

    Second poses are sought in the same shard and split, so time and memory grow with the number of rows alone.
    """
    rows = table.rows_in_shard(shard)
    numbers = table.posed(rows)
    if not len(numbers):
        return Mined(numbers, numbers, np.zeros(0, dtype=bool))
    joints = _joints(table, numbers, facing=False)
    turned = _joints(table, numbers, facing=True)
    files, splits = (table.column(name, [shard]).take(numbers - rows.start).to_pylist() for name in ("file", "split"))
    recorded = np.array([bool(name) for name in files])
    sequence, split = _labels(files), _labels(splits)
    found: list[tuple[int, int, bool]] = []
    for first in range(0, len(numbers), _ANCHORS_AT_ONCE):
        anchors = np.arange(first, min(first + _ANCHORS_AT_ONCE, len(numbers)))
        anchors = anchors[anchors % options.every == 0]
        same = (sequence[anchors, None] == sequence[None]) & recorded[anchors, None]
        ahead = np.arange(len(numbers))[None] - anchors[:, None]
        moved = _distances(joints, anchors)
        later = same & (ahead > 0) & (ahead <= options.window) & _within(moved, options)
        found += [(a, int(row.argmax()), True) for a, row in zip(anchors, later, strict=True) if row.any()]
        other = _distances(turned, anchors)
        free = ~same & (ahead != 0) & (split[anchors, None] == split[None]) & _within(other, options)
        nearest = np.where(free, other, np.inf).argmin(-1)
        chosen = zip(anchors, nearest, free.any(-1), strict=True)
        found += [(a, int(b), False) for a, b, any_free in chosen if any_free]
    found.sort(key=lambda pair: (pair[0], not pair[2]))
    columns = numbers[np.array([pair[:2] for pair in found], dtype=np.int64).reshape(-1, 2)]
    return Mined(columns[:, 0], columns[:, 1], np.array([pair[2] for pair in found], dtype=bool))


def _within(distance: Float[Array, "anchors rows"], options: MiningOptions) -> Bool[Array, "anchors rows"]:
    return (distance >= options.least) & (distance <= options.most)


def _joints(table: Table, numbers: Int64[Array, " n"], facing: bool) -> Float[Tensor, "n 22 3"]:
    body = default_body("preview")
    found = []
    for _, pose in table.batches(_ANCHORS_AT_ONCE, numbers):
        one = type(pose)(pose.rotations)
        joints = body.joints(one.without_heading() if facing else one)[:, :BODY_JOINTS]
        found.append(joints - joints[:, :1])
    return torch.cat(found)


def _distances(joints: Float[Tensor, "n 22 3"], anchors: Int64[Array, " a"]) -> Float[Array, "a n"]:
    total = torch.zeros(len(anchors), len(joints))
    chosen = joints[torch.from_numpy(anchors)]
    for joint in range(BODY_JOINTS):
        total += torch.cdist(chosen[:, joint], joints[:, joint], compute_mode="donot_use_mm_for_euclid_dist")
    return (total / BODY_JOINTS).numpy()


def _labels(names: list[str]) -> Int64[Array, " n"]:
    """Equal numbers for equal names."""
    place = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.int64)
