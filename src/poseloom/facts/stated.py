"""What texts state, as numbers that condition a model: facts that the rules read in them, beside what an encoder makes
of the words. A fact that is read counts at once; words that no rule knows are left to the encoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.nn.pose.fact_classifier import Wanted
from poseloom.nn.text.reading import first_words
from poseloom.nn.text.words import LONGEST, WordList

if TYPE_CHECKING:
    from poseloom.language.description.truth import Claim, Together

Weights = dict[str, float]
"""Names of facts -> how surely a text states them, up to 1."""


class Asked(NamedTuple):
    """A claim of a text: one of these facts must hold, or none of them where it is denied."""

    names: tuple[str, ...]
    denied: bool = False


_SIDES = {"both": ("left", "right")}
_EITHER = {"both": (("left",), ("right",)), "any": (("left", "right"),)}
"""Sides of claims: of each of these claims one side must do."""
_SELDOM = 5
"""Facts that are stated less often in the texts that a list is made from are left out."""
_UNREAD = 0.15
"""Share of the texts that are taken as unread in training."""


class _Part(NamedTuple):
    """One claim of a statement, with the side that the whole statement is about."""

    channel: str
    classes: frozenset[str]
    side: str
    denied: bool


def _parts(option: Claim | Together) -> list[_Part]:
    """The claims that must all hold."""
    from poseloom.language.description.truth import Together

    if isinstance(option, Together):
        return [_Part(*one[:2], option.side, option.denied or one.denied) for one in option.claims]
    return [_Part(*option)]


def facts_of_description(text: str) -> Weights:
    """Facts that a description states of a pose, one for each side, channel and class."""
    from poseloom.language.description.agreement import claims_of

    found: Weights = {}
    for options in claims_of(text).statements:
        for option in options:
            for part in _parts(option):
                weight = 1 / (len(options) * len(part.classes))
                denied = " not" if part.denied else ""
                for side in _SIDES.get(part.side, (part.side,)):
                    _add(found, (f"{side} {part.channel}{denied} {name}" for name in part.classes), weight)
    return found


def facts_of_instruction(text: str) -> Weights:
    """Facts that an instruction states of a change: each in its own words, and in general."""
    from poseloom.language.claims.reading import read_instruction

    found: Weights = {}
    for options in read_instruction(text).said:
        for claim in options:
            for side in _SIDES.get(claim.side, (claim.side,)):
                thing = f"{side} {claim.part} {claim.measure.value}"
                goal = f"{claim.goal} {claim.sector} {claim.place_side} {claim.place}"
                exactly = f"{thing} {claim.way} {claim.least:.2f} {goal}"
                _add(found, (f"{thing} {claim.way}", exactly, f"{side} {claim.name}"), 1 / len(options))
    return found


def described_claims(text: str) -> list[Asked]:
    """What a description claims of a pose, in the names of measured facts."""
    from poseloom.language.description.agreement import claims_of

    found: list[Asked] = []
    for options in claims_of(text).statements:
        for part in _parts(options[0]) if len(options) == 1 else ():  # of several it is not known which one is meant
            for sides in _EITHER.get(part.side, ((part.side,),)):
                names = [f"{side} {part.channel} {name}" for side in (*sides, "") for name in part.classes]
                found.append(Asked(tuple(names), part.denied))
    return found


def instructed_claims(text: str) -> list[Asked]:
    """What an instruction claims of a pair, in the names of measured claims."""
    from poseloom.facts.measured_pairs import claim_name
    from poseloom.language.claims.reading import read_instruction

    return [Asked(tuple(claim_name(one) for one in options)) for options in read_instruction(text).said]


def _add(found: Weights, names: Iterable[str], weight: float) -> None:
    for name in names:
        found[name] = min(1.0, found.get(name, 0.0) + weight)


@dataclass(frozen=True)
class FactList:
    """The facts that a model knows, by place.

    Args:
        names: the facts, in the order of their places.
        size: numbers of a text; those that no fact has are zero.
        read: gives the facts of a text.
    """

    names: tuple[str, ...]
    size: int
    read: Callable[[str], Weights]

    @classmethod
    def of_texts(cls, texts: Iterable[str], read: Callable[[str], Weights], size: int) -> FactList:
        """The facts that are stated most often in some texts, ties by alphabet."""
        counts = Counter(name for text in texts for name in read(text))
        often = sorted((name for name in counts if counts[name] >= _SELDOM), key=lambda name: (-counts[name], name))
        return cls(tuple(often[:size]), size, read)

    def numbers(self, texts: Sequence[str]) -> Float[Tensor, "texts facts"]:
        """What the first 250 words of each text state."""
        places = {name: place for place, name in enumerate(self.names)}
        found = torch.zeros(len(texts), self.size)
        for row, text in enumerate(texts):
            for name, weight in self.read(first_words(text)).items():
                if name in places:
                    found[row, places[name]] = weight
        return found


def unread(facts: Float[Tensor, "texts facts"], share: float = _UNREAD) -> Float[Tensor, "texts facts"]:
    """Facts in training: for a share of the texts as if none had been read, so that the words are listened to too."""
    return facts * (torch.rand(len(facts), 1, device=facts.device) >= share)


@dataclass(frozen=True)
class ClaimList:
    """The facts that a model judges, by place, and how texts ask for them.

    Args:
        names: the facts, by place; empty for places that no fact has.
        read: gives the claims of a text.
    """

    names: tuple[str, ...]
    read: Callable[[str], list[Asked]]

    def wanted(self, texts: Sequence[str]) -> Wanted:
        """What the first 250 words of each text claim."""
        places = {name: place for place, name in enumerate(self.names) if name}
        rows = [[row for one in self.read(first_words(text)) if (row := _row(one, places))] for text in texts]
        found = torch.zeros(len(texts), max([1, *map(len, rows)]), len(self.names))
        for text, claims in enumerate(rows):
            for place, (facts, value) in enumerate(claims):
                found[text, place, facts] = value
        return found


def _row(asked: Asked, places: dict[str, int]) -> tuple[list[int], float] | None:
    """Places of a claim's facts, and what stands there; None where no fact is known."""
    known = [places[name] for name in asked.names if name in places]
    return (known, -1.0 if asked.denied else 1.0) if known else None


EncodedTexts = tuple[Int[Tensor, "texts length"], Float[Tensor, "texts facts"]]
"""Word ids and facts of texts."""


@dataclass(frozen=True)
class TextNumbers:
    """Texts as a model takes them.

    Args:
        words: its vocabulary.
        facts: those that it knows.
        claims: those that it judges.
    """

    words: WordList
    facts: FactList
    claims: ClaimList

    def __call__(self, texts: Sequence[str], multiple: int = 1) -> EncodedTexts:
        return self.words.encode(texts, longest=LONGEST, multiple=multiple), self.facts.numbers(texts)

    def asked(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Wanted]:
        """Word ids, facts, and what is claimed: all that drawing takes of texts."""
        return (*self(texts), self.claims.wanted(texts))
