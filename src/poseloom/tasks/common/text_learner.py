"""What the learners of all six text-pose models share: a vocabulary, and batches whose texts are made as they go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.facts.stated import Asked, ClaimList, FactList, TextNumbers
from poseloom.nn.losses import symmetric_bbc
from poseloom.nn.text.words import WordList
from poseloom.tasks.common.examples import PoseData, words_in
from poseloom.tasks.common.stage_data import stage_data
from poseloom.tasks.common.warm_start import WarmStart, known_facts, words_of_start
from poseloom.training import Batches, Learner, MadeBatches, ParameterGroup, Share, Stage

Examples = tuple[tuple[Tensor, ...], list[str]]
"""Rotations of one or two poses for each example, and the texts."""

_HOTTEST = 4.6
"""Greatest logarithm of the factor of the scores: a factor of 100, as in CLIP (Radford et al. 2021)."""
_FIRST_TEMPERATURE = 0.05
_WIDTHS = 16
"""Batches of texts are as wide as a multiple of this: kernels are made and kept for every shape that is met."""
_FACT_TEXTS = 6000
"""Texts from which facts are read: far fewer different facts are stated than words are said."""


class TextLearner(Learner):
    """Batches are rotations and word ids; the vocabulary is that of the texts by rule, or of the start."""

    ends = False
    """Whether the words stand between start and end marks."""

    @abstractmethod
    def examples(self, seed: int, count: int, data: Any) -> Examples:
        """Poses and texts that depend on the seed alone."""

    @property
    def start(self) -> WarmStart:
        """Weights that are begun with."""
        return getattr(self.recipe, "start", WarmStart())

    def texts(self, seed: int, count: int, data: Any) -> list[str]:
        """The texts of the examples, from which words and facts are read."""
        return self.examples(seed, count, data)[1]

    @cached_property
    def words(self) -> WordList:
        """The vocabulary. Words that occur once in many texts are names of the unknown."""
        data = getattr(self.recipe, "data", PoseData())
        known = words_of_start(self.start)
        if known is not None:
            return known
        texts = words_in(lambda seed, count: self.texts(seed, count, data), data.vocabulary_texts)
        return WordList.of_texts(texts, at_least=2)

    def batches(self, share: Share) -> Batches:
        data = stage_data(self.recipe, share.stage) or PoseData()
        self.prepare()

        def make(seed: int, count: int) -> tuple[Tensor, ...]:
            poses, texts = self.examples(seed, count, data)
            return (*poses, *self.numbers(texts))

        return MadeBatches(make, share, data.batches)

    def prepare(self) -> None:
        """Read the vocabulary, once, before batches are made in other processes."""
        self.words  # noqa: B018

    def numbers(self, texts: list[str]) -> tuple[Tensor, ...]:
        """What the model takes of texts: word ids."""
        return (self.words.encode(texts, ends=self.ends, multiple=_WIDTHS),)

    def extras(self) -> dict[str, Any]:
        return {"words": self.words.words}


class ToldLearner(TextLearner):
    """A model that is steered by the facts that texts state, besides their words."""

    reads: Callable[[str], dict[str, float]]
    """Gives the facts of a text."""
    asks: Callable[[str], list[Asked]]
    """Gives the claims of a text."""

    @property
    @abstractmethod
    def fact_count(self) -> int:
        """Numbers for the facts of a text."""

    @abstractmethod
    def judged_names(self) -> tuple[str, ...]:
        """Names of the facts that the model learns to judge."""

    @cached_property
    def told(self) -> TextNumbers:
        """Words, facts and claims of texts, as the model takes them."""
        reads, asks = type(self).reads, type(self).asks
        facts = FactList(tuple(known_facts(self.start)), self.fact_count, reads)
        if not facts.names:
            facts = FactList.of_texts(self._some_texts(), reads, self.fact_count)
        return TextNumbers(self.words, facts, ClaimList(self.judged_names(), asks))

    def _some_texts(self) -> list[str]:
        data = getattr(self.recipe, "data", PoseData())
        return words_in(lambda seed, count: self.texts(seed, count, data), min(data.vocabulary_texts, _FACT_TEXTS))

    def prepare(self) -> None:
        self.told  # noqa: B018

    def numbers(self, texts: list[str]) -> tuple[Tensor, ...]:
        return self.told(texts, multiple=_WIDTHS)

    def extras(self) -> dict[str, Any]:
        return {
            "words": self.words.words,
            "facts": list(self.told.facts.names),
            "measured": list(self.told.claims.names),
        }


class ContrastiveLearner(TextLearner):
    """Each text must find its own poses in the batch, and they their text. The factor of the scores is learned."""

    def __init__(self, recipe: Any):
        super().__init__(recipe)
        self.scale = nn.Parameter(torch.tensor(1 / _FIRST_TEMPERATURE).log())

    def losses(self, batch: Any) -> dict[str, Tensor]:
        *poses, words = batch
        scores = self.model(words, *poses) * self.scale.clamp(max=_HOTTEST).exp()
        return {"total": symmetric_bbc(scores)}

    def parameter_groups(self, stage: Stage) -> list[ParameterGroup]:
        return [ParameterGroup(list(self.model.parameters())), ParameterGroup([self.scale], decay=False)]
