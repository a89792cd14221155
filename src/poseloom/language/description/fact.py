"""One fact that a text states about a pose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from poseloom.base.streams import text_key

_SWAP = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Fact:
    """What a description says of one part of the body; a checker can compare it with the geometry.

    Sides are told apart in `side`, `direction` and `target_side` alone, so a mirrored pose has the mirrored facts.
    """

    group: str
    """Part of the paragraph: body, trunk, head, arms, legs."""
    subject: str
    """Noun in the phrase file: body, trunk, head, arm, elbow, hand, ..."""
    name: str
    """Entry in the phrase file."""
    side: str = ""
    """``left``, ``right``, ``both``, or empty for parts in the middle."""
    sector: str = ""
    """Horizontal direction of a limb: forward, out, across, ..."""
    direction: str = ""
    """``left`` or ``right`` for leaning, turning and lying."""
    target: str = ""
    """Noun of the place where a hand or foot is, such as knee."""
    target_side: str = ""
    """``left``, ``right``, ``own`` or ``other`` (for both hands at once), or empty for places in the middle."""

    def mirrored(self) -> Fact:
        """The same fact about the mirrored pose."""
        sides = {
            name: _SWAP.get(getattr(self, name), getattr(self, name)) for name in ("side", "direction", "target_side")
        }
        return replace(self, **sides)

    def blind(self) -> tuple[str, ...]:
        """What is left when left and right are not told apart; places are on the own or on the other side."""
        relation = self.target_side
        if relation in _SWAP and self.side in _SWAP:
            relation = "own" if relation == self.side else "other"
        return (self.group, self.subject, self.name, self.sector, self.target, relation)


one_fact = lru_cache(maxsize=1 << 14)(Fact)
"""`Fact`, but the same object for the same words: there are some thousand different ones in a million poses."""


@lru_cache(maxsize=1 << 14)
def blind_key(fact: Fact) -> int:
    """A number for a fact that is the same for its mirror image and in every process."""
    return text_key(repr(fact.blind()))
