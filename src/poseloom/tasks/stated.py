"""What texts state, as numbers that steer a model: facts that the rules read in them, beside what an encoder makes of
the words. A fact that is read steers at once; words that no rule knows are left to the encoder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from poseloom.nn.words import LONGEST, WordList
from poseloom.tasks.reading import first_words

Weights = dict[str, float]
"""Names of facts -> how surely a text states them, up to 1."""
_SIDES = {"both": ("left", "right")}
_SELDOM = 5
"""Facts that are stated less often in the texts that a list is made from are left out."""
_UNREAD = 0.15


def described(text: str) -> Weights:
    """Facts that a description states of a pose, one for each side, channel and class."""
    from poseloom.language.description.agreement import claims_of
    from poseloom.language.description.truth import Together

    found: Weights = {}
    for options in claims_of(text).statements:
        for option in options:
            together = isinstance(option, Together)
            for claim in option.claims if together else (option,):
                weight = 1 / (len(options) * len(claim.classes))
                denied = " not" if option.denied or claim.denied else ""
                told = option.side if together else claim.side
                for side in _SIDES.get(told, (told,)):
                    _add(found, (f"{side} {claim.channel}{denied} {name}" for name in claim.classes), weight)
    return found


def instructed(text: str) -> Weights:
    """Facts that an instruction states of a change: each in its own words, and in general."""
    from poseloom.language.instruction.reading import read_instruction

    found: Weights = {}
    for options in read_instruction(text).said:
        for claim in options:
            for side in _SIDES.get(claim.side, (claim.side,)):
                thing = f"{side} {claim.part} {claim.measure.value}"
                goal = f"{claim.goal} {claim.sector} {claim.place_side} {claim.place}"
                exactly = f"{thing} {claim.way} {claim.least:.2f} {goal}"
                _add(found, (f"{thing} {claim.way}", exactly, f"{side} {claim.name}"), 1 / len(options))
    return found


def _add(found: Weights, names: Iterable[str], weight: float) -> None:
    for name in names:
        found[name] = min(1.0, found.get(name, 0.0) + weight)


@dataclass(frozen=True)
class FactList:
    """The facts that a model knows, by place.

    Args:
        names: of the facts.
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


Told = tuple[Int[Tensor, "texts length"], Float[Tensor, "texts facts"]]
"""Word ids and facts of texts."""


@dataclass(frozen=True)
class TextNumbers:
    """Texts as a model takes them.

    Args:
        words: its vocabulary.
        facts: those that it knows.
    """

    words: WordList
    facts: FactList

    def __call__(self, texts: Sequence[str], multiple: int = 1) -> Told:
        return self.words.encode(texts, longest=LONGEST, multiple=multiple), self.facts.numbers(texts)
