"""Random strings of HamNoSys that keep its order: symmetry, hands, place, actions; one sign or two.

How often each symbol is taken is set by hand (``weights.json``) to come near to what dictionaries have. Some signs are
variations: an earlier sign with one block drawn anew, as dictionaries have signs that differ in one feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from poseloom.language.hamnosys import from_names
from poseloom.tasks.sign.composed.actions import actions
from poseloom.tasks.sign.composed.choices import Choices
from poseloom.tasks.sign.composed.postures import Symbols, hand, on_other_hand, place, two_hands

_REMEMBERED = 50
"""Signs that may be varied: the latest ones."""
_SEPARATOR = "space"


@dataclass(frozen=True)
class SignKind:
    """What the blocks of one kind of sign are drawn from."""

    symmetry: Callable[[Choices], Symbols]
    hands: Callable[[Choices], Symbols]
    place: Callable[[Choices], Symbols]


@dataclass(frozen=True)
class Blocks:
    """One sign, block by block."""

    kind: SignKind
    symmetry: Symbols
    hands: Symbols
    place: Symbols
    actions: Symbols

    @property
    def symbols(self) -> Symbols:
        return self.symmetry + self.hands + self.place + self.actions

    @classmethod
    def sample(cls, choices: Choices) -> Blocks:
        """All blocks at random."""
        kind = _KINDS[choices.of("signs")]
        return cls(kind, kind.symmetry(choices), kind.hands(choices), kind.place(choices), actions(choices))

    def varied(self, choices: Choices) -> Blocks:
        """The same sign with one block drawn anew."""
        kind = self.kind
        match choices.below(4):
            case 0:
                return replace(self, symmetry=kind.symmetry(choices))
            case 1:
                return replace(self, hands=kind.hands(choices))
            case 2:
                return replace(self, place=kind.place(choices))
            case _:
                return replace(self, actions=actions(choices))


def composed_strings(seed: int) -> Iterator[str]:
    """Endlessly many well-formed strings of HamNoSys, different ones, that depend on the seed alone."""
    choices = Choices(np.random.default_rng(seed))
    known: list[Blocks] = []
    told: set[str] = set()
    while True:
        signs = [_next_sign(choices, known) for _ in range(int(choices.of("strings")))]
        text = from_names(_joined(signs))
        if text not in told:
            told.add(text)
            yield text


def _next_sign(choices: Choices, known: list[Blocks]) -> Blocks:
    if known and choices.happens("variations"):
        sign = known[choices.below(len(known))].varied(choices)
    else:
        sign = Blocks.sample(choices)
    known.append(sign)
    del known[:-_REMEMBERED]
    return sign


def _joined(signs: list[Blocks]) -> Symbols:
    symbols = list(signs[0].symbols)
    for sign in signs[1:]:
        symbols += [_SEPARATOR, *sign.symbols]
    return symbols


def _none(choices: Choices) -> Symbols:
    return []


def _symmetry(choices: Choices) -> Symbols:
    return choices.symbols("symmetries")


_KINDS = {
    "one_hand": SignKind(_none, hand, place),
    "both_alike": SignKind(_symmetry, hand, place),
    "two_postures": SignKind(_none, two_hands, on_other_hand),
}
