"""Mining of pose pairs for instructions: similar poses that still differ in many ways, within and across recordings.

The constraints are those of PoseFix (Delmas et al., ICCV 2023). Matrices of poses by poses are only ever held for a
block of rows, so memory grows with the number of poses, time with its square.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int, Int8
from numpy.typing import NDArray
from torch import Tensor

from poseloom.base.errors import PoseloomError

Progress = Callable[[int, int], None]
"""Called with (poses done, poses in all)."""

BLOCK_ENTRIES = 16_000_000
"""Entries of the similarity matrix held at once: 64 MB."""


@dataclass(frozen=True)
class MiningRules:
    """Which pairs are worth an instruction."""

    seconds: float = 0.5
    """Poses of one recording must be less than this apart, the second one later."""
    neighbours: int = 100
    """The first pose is among so many most similar ones of the second."""
    least_similarity: float = 0.7
    most_similarity: float = 0.9
    """Cosine of the features, both bounds excluded."""
    least_difference_within: int = 15
    """More posecodes than this must differ between poses of one recording."""
    least_difference_across: int = 20
    kept_across: int = 3
    """First poses kept for each second one, across recordings: the most similar."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Pairs that meet a constraint, sorted by second pose, then by first pose."""

    second: Int[Tensor, " pairs"]
    first: Int[Tensor, " pairs"]
    similarity: Float[Tensor, " pairs"]
    bookkeeping: Int[Tensor, " pairs"]
    """Number of posecodes that differ; where those were judged, plus rank times the number of posecodes. The rank is
    1 for the most similar first pose. Negative where fewer than `kept_across` first poses were found."""

    def __len__(self) -> int:
        return len(self.second)

    def where(self, keep: Tensor) -> Candidates:
        """The pairs for which `keep` holds."""
        return Candidates(self.second[keep], self.first[keep], self.similarity[keep], self.bookkeeping[keep])


@dataclass(frozen=True, eq=False)
class MinedPairs:
    """What was found, with the constraints one after the other, and the chosen pairs in order."""

    within: dict[str, Candidates]
    """Pairs of one recording after ``feature``, ``posecode`` and ``unicity``."""
    across: dict[str, Candidates]
    """Other pairs after ``feature`` and ``posecode``."""
    within_pairs: Int[Tensor, "within 2"]
    """(first pose, second pose), as instructions lead from one to the other."""
    across_pairs: Int[Tensor, "across 2"]


@dataclass(frozen=True, eq=False)
class PoseTable:
    """What mining knows of each pose; checked when made.

    Raises:
        PoseloomError: columns of different lengths, or features that are not finite.
    """

    features: Float[Tensor, "poses width"]
    """Unit vectors of any kind of pose feature."""
    sequence: Int[Tensor, " poses"]
    """Number of the recording."""
    frame: Int[Tensor, " poses"]
    fps: Float[Tensor, " poses"] | Int[Tensor, " poses"]
    categories: Int8[Tensor, "poses posecodes"]

    def __post_init__(self) -> None:
        count = len(self.features)
        for name in ("sequence", "frame", "fps", "categories"):
            if len(getattr(self, name)) != count:
                raise PoseloomError(f"{name}: expected {count} rows as features has, got {len(getattr(self, name))}")
        if not torch.isfinite(self.features).all():
            raise PoseloomError("features: holds NaN or infinity; remove those poses first")
        if bool((self.fps <= 0).any()):
            raise PoseloomError("fps: expected numbers above 0, the frames per second of each pose's recording")

    def __len__(self) -> int:
        return len(self.features)


def mine_pairs(
    poses: PoseTable,
    rules: MiningRules | None = None,
    *,
    order: Int[Tensor, " poses"] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> MinedPairs:
    """Pairs of poses worth an instruction.

    Args:
        poses: features, recordings and posecodes of the poses.
        rules: bounds; those of PoseFix if None.
        order: rank of each pose, such as its place in a farthest-point selection; pairs are listed by the rank of
            their second pose. The order of the table if None.
        seed: for the first poses drawn across recordings.
        progress: called after each block.

    Raises:
        PoseloomError: fewer poses than `rules.neighbours`.
    """
    rules = rules or MiningRules()
    if len(poses) < rules.neighbours:
        raise PoseloomError(
            f"features: expected at least {rules.neighbours} poses, the neighbours looked at, got {len(poses)}; "
            "lower MiningRules.neighbours"
        )
    near = _similar(poses, rules, progress)
    together = poses.sequence[near.second] == poses.sequence[near.first]
    apart = torch.where(together, poses.frame[near.second] - poses.frame[near.first], 0)
    follows = (apart > 0) & (apart / poses.fps[near.second] < rules.seconds)
    later = _compared(poses, near.where(follows))
    others = _compared(poses, near.where((apart == 0) & (near.second != near.first)))
    within = _different_within(poses, later, rules)
    across = _different_across(poses, others, rules)
    single = _each_once(poses, within)
    rank = torch.arange(len(poses)) if order is None else order
    return MinedPairs(
        {"feature": later, "posecode": within, "unicity": single},
        {"feature": others, "posecode": across},
        _listed(single, rank),
        _sampled(across, rank, seed),
    )


# -- similar poses -----------------------------------------------------------------------------------------------


def _similar(poses: PoseTable, rules: MiningRules, progress: Progress | None) -> Candidates:
    """Pairs of poses inside the bounds of similarity, the first among the nearest of the second."""
    count = len(poses)
    rows = max(1, BLOCK_ENTRIES // max(count, 1))
    features = poses.features.float()
    columns = features.T.contiguous()
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for start in range(0, count, rows):
        block = features[start : start + rows] @ columns
        own = torch.arange(len(block))
        block[own, own + start] = 0
        similarity, first = block.topk(rules.neighbours, dim=1, sorted=False)
        inside = (similarity > rules.least_similarity) & (similarity < rules.most_similarity)
        second = (own + start)[:, None].expand_as(first)
        found.append((second[inside], first[inside], similarity[inside]))
        if progress is not None:
            progress(min(start + rows, count), count)
    second, first, similarity = (torch.cat(parts) for parts in zip(*found, strict=True))
    by_place = torch.argsort(second * count + first)
    return Candidates(second[by_place], first[by_place], similarity[by_place], torch.zeros_like(second))


# -- poses that differ -------------------------------------------------------------------------------------------

_COMPARED_AT_ONCE = 65_536


def _compared(poses: PoseTable, pairs: Candidates) -> Candidates:
    """The pairs with the number of posecodes whose category differs."""
    counts = torch.empty(len(pairs), dtype=torch.long)
    for start in range(0, len(pairs), _COMPARED_AT_ONCE):
        part = slice(start, start + _COMPARED_AT_ONCE)
        counts[part] = (poses.categories[pairs.second[part]] != poses.categories[pairs.first[part]]).sum(1)
    return replace(pairs, bookkeeping=counts)


def _different_within(poses: PoseTable, pairs: Candidates, rules: MiningRules) -> Candidates:
    found = pairs.where(pairs.bookkeeping > rules.least_difference_within)
    return replace(found, bookkeeping=found.bookkeeping + poses.categories.shape[1])


def _different_across(poses: PoseTable, pairs: Candidates, rules: MiningRules) -> Candidates:
    """Of the poses that differ enough, the most similar ones of each second pose."""
    pairs = pairs.where(pairs.bookkeeping > rules.least_difference_across)
    # Most similar first, within each second pose; stable, so that equal similarities keep the order of places.
    by_similarity = torch.argsort(pairs.similarity, descending=True, stable=True)
    by_similarity = by_similarity[torch.argsort(pairs.second[by_similarity], stable=True)]
    place, size = _places_in_groups(pairs.second)
    rank = torch.empty_like(place)
    rank[by_similarity] = place + 1
    few = size < rules.kept_across
    rank = torch.where(few, place + 1, rank)
    marks = (pairs.bookkeeping + rank * poses.categories.shape[1]) * torch.where(few, -1, 1)
    return replace(pairs, bookkeeping=marks).where(few | (rank <= rules.kept_across))


def _places_in_groups(groups: Tensor) -> tuple[Tensor, Tensor]:
    """For sorted group numbers: the place of each entry in its group, and the size of its group."""
    _, sizes = torch.unique_consecutive(groups, return_counts=True)
    starts = torch.cumsum(sizes, 0) - sizes
    return torch.arange(len(groups)) - starts.repeat_interleave(sizes), sizes.repeat_interleave(sizes)


# -- every pose once ---------------------------------------------------------------------------------------------


def _each_once(poses: PoseTable, pairs: Candidates) -> Candidates:
    """Within recordings: each pose once as a second and once as a first pose, that nearest in time.

    As in PoseFix a pair stays if it is the nearest of both of its poses in the list as it was before; so a pose can
    end without a pair.
    """
    gaps = poses.frame[pairs.second] - poses.frame[pairs.first]
    return pairs.where(_nearest(pairs.second, gaps) & _nearest(pairs.first, gaps))


def _nearest(poses: Tensor, gaps: Tensor) -> Tensor:
    """Whether an entry has the smallest gap among those of its pose, the first one on ties."""
    by_gap = torch.argsort(gaps, stable=True)
    by_pose = by_gap[torch.argsort(poses[by_gap], stable=True)]
    place, _ = _places_in_groups(poses[by_pose])
    nearest = torch.empty(len(poses), dtype=torch.bool)
    nearest[by_pose] = place == 0
    return nearest


# -- the final lists ---------------------------------------------------------------------------------------------


def _listed(pairs: Candidates, rank: Tensor) -> Tensor:
    by_rank = torch.argsort(rank[pairs.second], stable=True)
    return torch.stack([pairs.first, pairs.second], 1)[by_rank]


def _sampled(pairs: Candidates, rank: Tensor, seed: int) -> Tensor:
    """One first pose for each second pose, with the pair turned around where that first pose waits for its own.

    First poses that few others could use are drawn more often.
    """
    waiting = dict.fromkeys(pairs.second[torch.argsort(rank[pairs.second], stable=True)].tolist())
    uses = np.bincount(pairs.first.numpy()) if len(pairs) else np.zeros(0, np.int64)
    choices: dict[int, list[int]] = {}
    for second, first in zip(pairs.second.tolist(), pairs.first.tolist(), strict=True):
        choices.setdefault(second, []).append(first)
    dice = np.random.default_rng(seed)
    chosen: list[tuple[int, int]] = []
    while waiting:
        second = next(iter(waiting))
        del waiting[second]
        preferred = [first for first in choices[second] if first in waiting] or choices[second]
        first = _draw(dice, preferred, uses)
        chosen.append((first, second))
        if first in waiting:
            chosen.append((second, first))
            del waiting[first]
    return torch.tensor(chosen, dtype=torch.long).reshape(-1, 2)


def _draw(dice: np.random.Generator, options: list[int], uses: NDArray[np.int64]) -> int:
    weights = 1 / uses[options]
    return options[int(dice.choice(len(options), p=weights / weights.sum()))]
