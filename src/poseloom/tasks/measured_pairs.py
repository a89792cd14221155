"""What the geometry says of pairs of poses: which claims of instructions hold, whether or not a text makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.language.instruction.claim import Claim, Measure
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
        from poseloom.language.instruction.reading import read_instruction

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
        from poseloom.language.instruction.checking import pair_truths

        places = np.random.default_rng(seed).integers(max(1, len(self.claims)), size=(len(first), each))
        holds = np.full(places.shape, np.nan, np.float32)
        row = 0
        for truth in pair_truths(first, second) if self.claims else ():
            for pair in range(len(truth)):
                found = [truth.holds(pair, self.claims[place], False) for place in places[row]]
                holds[row] = [np.nan if one is None else one for one in found]
                row += 1
        return torch.from_numpy(places), torch.from_numpy(holds)
