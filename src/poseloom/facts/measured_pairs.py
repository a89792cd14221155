"""What the geometry says of pairs of poses: what changes, and which claims of instructions hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.facts.measured import laid_out
from poseloom.language.claims.claim import Claim, Measure
from poseloom.language.description.figure import SIDES
from poseloom.language.instruction.change import Change
from poseloom.pose.types import Pose

_SELDOM = 4
"""Claims that are made less often in the texts that a list is made from are left out."""

Holding = tuple[Int[Tensor, "pairs claims"], Float[Tensor, "pairs claims"]]
"""Places of some claims, and 1 where the pair makes one true; NaN where the poses do not tell."""


def claim_name(claim: Claim) -> str:
    """What tells a claim from all others."""
    goal = f"{claim.goal} {claim.sector} {claim.place_side} {claim.place}"
    return f"{claim.source.value} {claim.name} {claim.side} {claim.part} {claim.way} {claim.least:g} {goal}"


@dataclass(frozen=True)
class PairClaims:
    """Claims that a model learns to judge, by place.

    Args:
        claims: none of them about touching, which only the mesh tells.
    """

    claims: tuple[Claim, ...]

    @classmethod
    def of_texts(cls, texts: Iterable[str], most: int) -> PairClaims:
        """The claims that are made most often in some texts, ties by alphabet."""
        from poseloom.language.claims.reading import read_instruction

        counts: Counter[Claim] = Counter()
        for text in texts:
            counts.update(claim for options in read_instruction(text).said for claim in options)
        often = [one for one in counts if counts[one] >= _SELDOM and one.measure is not Measure.TOUCH]
        named = {claim_name(one): one for one in sorted(often, key=lambda one: (-counts[one], claim_name(one)))}
        return cls(tuple(named.values())[:most])

    def names(self, size: int) -> tuple[str, ...]:
        """Names of the claims, and empty ones up to a size."""
        return (*map(claim_name, self.claims), *[""] * (size - len(self.claims)))

    def judged(self, first: Pose, second: Pose, each: int, seed: int) -> Holding:
        """Some claims at random for each pair, and whether they hold."""
        from poseloom.language.claims.checking import pair_truths

        places = np.random.default_rng(seed).integers(max(1, len(self.claims)), size=(len(first), each))
        holds = np.full(places.shape, np.nan, np.float32)
        row = 0
        for truth in pair_truths(first, second) if self.claims else ():
            for pair in range(len(truth)):
                found = [truth.holds(pair, self.claims[place], False) for place in places[row]]
                holds[row] = [np.nan if one is None else one for one in found]
                row += 1
        return torch.from_numpy(places), torch.from_numpy(holds)


# -- changes ------------------------------------------------------------------------------------------------------

CHANGES_SIDED, CHANGES_COMMON = 200, 64
"""Places for changes of one side, and for changes of no side."""
CHANGES = 2 * CHANGES_SIDED + CHANGES_COMMON
"""Numbers of a pair."""
_LARGE = 10.0
"""A change of so many of the smallest ones that are told, or more, counts as the largest."""
_BOTH = {"both": SIDES}
_STEP = 10.0
"""Degrees of a turn that are told apart."""


def name_changes(told: Iterable[Change]) -> dict[str, float]:
    """What changes, where to and how far, each with its side, and how large the change is: from 0.5 to 1."""
    found: dict[str, float] = {}
    for one in told:
        size = 0.5 + 0.5 * min(one.size, _LARGE) / _LARGE
        names = [f"{one.name} {one.degree} {one.direction} {one.noun}"]
        names += [f"{one.noun} goal {one.goal}"] if one.goal else []
        names += [f"{one.noun} sector {one.sector}"] if one.sector else []
        names += [f"{one.noun} place {one.place_side} {one.place}"] if one.place else []
        names += [f"{one.name} by {round(one.amount / _STEP)}"] if one.amount else []
        for side in _BOTH.get(one.side, (one.side,)):
            found |= {f"{side} {name}": size for name in names}
    return found


@dataclass(frozen=True)
class MeasuredChanges:
    """The changes that a model sees of pairs, by place, as `MeasuredFacts` of poses.

    Args:
        names: the changes, by place; empty for places that no change has.
    """

    names: tuple[str, ...]

    @classmethod
    def of_pairs(cls, first: Pose, second: Pose) -> MeasuredChanges:
        """The changes that most of some pairs have."""
        from poseloom.language import changes

        counts = Counter(name for told in changes(first, second) for name in name_changes(told))
        return cls(laid_out(counts, CHANGES_SIDED, CHANGES_COMMON))

    def numbers(self, first: Pose, second: Pose) -> Float[Tensor, "pairs changes"]:
        """How large the changes of each pair are; 0 where there are none."""
        from poseloom.language import changes

        places = {name: place for place, name in enumerate(self.names) if name}
        found = torch.zeros(len(first), CHANGES)
        for row, told in enumerate(changes(first, second) if len(first) else ()):
            for name, size in name_changes(told).items():
                if name in places:
                    found[row, places[name]] = size
        return found
