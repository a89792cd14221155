"""Farthest-point selection among very many poses, which can be stopped and continued.

The result is that of `poseloom.pose.farthest_points`. Distances are skipped where the triangle inequality tells that
they cannot matter: a pose at distance m of its nearest chosen pose c stays there if the new one is 2 m or more from c.
Of films, whose poses lie in dense trails, nearly all distances are skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write
from poseloom.formats.npz_files import open_npz

_SLACK = 1e-4
"""Metres by which a skipped distance must be too large: rounding is far below."""
_SAVE_SECONDS = 20.0

Report = Callable[[int, int], None]
"""Called with (chosen so far, to be chosen)."""


def farthest_rows(
    joints: Float[Tensor, "n joints 3"],
    count: int,
    state: Path | None = None,
    *,
    report: Report | None = None,
    save_seconds: float = _SAVE_SECONDS,
) -> Int[Tensor, " count"]:
    """Indices of `count` poses, beginning with the first one; all of them, in that order, if there are fewer.

    Args:
        joints: positions, metres.
        count: how many.
        state: npz file that keeps what was found, every `save_seconds`; where it exists, it is continued.
        report: called whenever that is written, and at the end.

    Raises:
        PoseloomError: there are no poses, or the file is of other poses.
    """
    total = len(joints)
    if total == 0 or count < 1:
        raise PoseloomError(f"count: expected at least 1 of at least 1 pose, got {count} of {total}")
    search = _Search(joints, min(count, total))
    if state is not None and state.exists():
        search.load(state)
    saved = time.monotonic()
    while search.found < search.count:
        search.step()
        if state is not None and time.monotonic() - saved >= save_seconds:
            search.save(state)
            saved = time.monotonic()
            if report is not None:
                report(search.found, search.count)
    if state is not None:
        search.save(state)
    if report is not None:
        report(search.found, search.count)
    return search.chosen


class _Search:
    """What is known between two steps: the chosen poses; for each pose its nearest chosen one, and how far that is."""

    def __init__(self, joints: Tensor, count: int):
        self.joints, self.count = joints, count
        self.chosen = torch.zeros(count, dtype=torch.long)
        self.centres = joints.new_zeros(count, *joints.shape[1:])
        self.nearest = joints.new_full((len(joints),), torch.inf)
        self.owner = torch.zeros(len(joints), dtype=torch.int32)
        self.found = 0

    def step(self) -> None:
        """Choose one more."""
        latest = self.nearest.argmax() if self.found else torch.tensor(0)
        place = self.found
        self.chosen[place], self.centres[place] = latest, self.joints[latest]
        self.found += 1
        if place == 0:
            self.nearest = _distance(self.joints, self.centres[0])
            return
        between = _distance(self.centres[:place], self.centres[place])
        perhaps = (between.index_select(0, self.owner) < 2 * self.nearest + _SLACK).nonzero().squeeze(-1)
        apart = _distance(self.joints.index_select(0, perhaps), self.centres[place])
        closer = apart < self.nearest[perhaps]
        moved = perhaps[closer]
        self.nearest[moved] = apart[closer]
        self.owner[moved] = place

    def save(self, path: Path) -> None:
        arrays = {"chosen": self.chosen[: self.found], "nearest": self.nearest, "owner": self.owner}
        with atomic_write(path) as temporary, temporary.open("wb") as stream:
            np.savez(stream, **{name: tensor.numpy() for name, tensor in arrays.items()})

    def load(self, path: Path) -> None:
        archive = open_npz(path)
        chosen, nearest, owner = (torch.from_numpy(archive[name].copy()) for name in ("chosen", "nearest", "owner"))
        if len(nearest) != len(self.joints) or len(chosen) > self.count:
            remedy = "remove it: the selection begins anew"
            raise FileError(path, f"is of {len(nearest):,} poses, not of {len(self.joints):,}", remedy=remedy)
        self.found = len(chosen)
        self.chosen[: self.found] = chosen
        self.centres[: self.found] = self.joints[chosen]
        self.nearest, self.owner = nearest, owner


def _distance(joints: Float[Tensor, "n joints 3"], one: Float[Tensor, "joints 3"]) -> Float[Tensor, " n"]:
    return torch.linalg.vector_norm(joints - one, dim=-1).mean(-1)
