"""What the learners of all six text-pose models share: a vocabulary, and batches whose texts are made as they go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from poseloom.facts.stated import Asked, ClaimList, FactList, TextNumbers
from poseloom.nn.text.words import WordList
from poseloom.pose.types import Pose
from poseloom.tasks.common.examples import PoseData, PosePool, words_in
from poseloom.tasks.common.pair_examples import PairPool
from poseloom.tasks.common.people_texts import PeopleTexts
from poseloom.tasks.common.stage_data import stage_data
from poseloom.tasks.common.warm_start import WarmStart, known_facts, words_of_start
from poseloom.training import Batches, Learner, MadeBatches, Share

_WIDTHS = 16
"""Batches of texts are as wide as a multiple of this: kernels are made and kept for every shape that is met."""
_FACT_TEXTS = 6000
"""Texts from which facts are read: far fewer different facts are stated than words are said."""


class TextLearner(Learner):
    """Batches are made from a seed, texts by rule; the vocabulary is that of the texts, or of the start."""

    ends = False
    """Whether the words stand between start and end marks."""

    pool: PosePool | PairPool
    """Poses or pairs to learn from."""

    def examples(self, seed: int, count: int, data: Any) -> Any:
        """Poses or pairs that depend on the seed alone."""
        return self.pool.sample(seed, count)

    @abstractmethod
    def written(self, examples: Any, seed: int, data: Any) -> list[str]:
        """A text for each example."""

    @abstractmethod
    def batch(self, examples: Any, texts: list[str], seed: int) -> Any:
        """What `losses` takes."""

    def told(self, seed: int, count: int, data: Any) -> tuple[Any, list[str]]:
        """Examples and a text for each, some of them by people where the recipe asks for that."""
        examples = self.examples(seed, count, data)
        texts = self.written(examples, seed, data)
        share = getattr(data, "human_texts", 0.0)
        if share:
            single = isinstance(examples, Pose)
            seen, texts = self.people.among((examples,) if single else examples, texts, share, seed)
            examples = seen[0] if single else seen
        return examples, self.finished(texts, seed, data)

    def finished(self, texts: list[str], seed: int, data: Any) -> list[str]:
        """Texts as the model gets them."""
        return texts

    @cached_property
    def people(self) -> PeopleTexts:
        """What people wrote."""
        return PeopleTexts(self.pool.data.tables, isinstance(self.pool, PairPool))

    def texts(self, seed: int, count: int, data: Any) -> list[str]:
        """Texts of examples, from which words and facts are read: of the stage that has most by people."""
        stages = [stage_data(self.recipe, stage) for stage in self.recipe.stages]
        most = max([data, *(one for one in stages if one is not None)], key=_human_share)
        return self.told(seed, count, most)[1]

    @property
    def start(self) -> WarmStart:
        """Weights that are begun with."""
        return getattr(self.recipe, "start", WarmStart())

    @cached_property
    def words(self) -> WordList:
        """The vocabulary. Words that occur once in many texts are names of the unknown."""
        data = getattr(self.recipe, "data", PoseData())
        known = words_of_start(self.start)
        if known is not None and not self.start.more_words:
            return known
        texts = words_in(lambda seed, count: self.texts(seed, count, data), data.vocabulary_texts)
        found = WordList.of_texts(texts, at_least=2)
        return found if known is None else known.with_words(found.words)

    def batches(self, share: Share) -> Batches:
        data = stage_data(self.recipe, share.stage) or PoseData()
        self.prepare()

        def make(seed: int, count: int) -> Any:
            return self.batch(*self.told(seed, count, data), seed)

        return MadeBatches(make, share, data.batches)

    def prepare(self) -> None:
        """Read the vocabulary, once, before batches are made in other processes."""
        self.words  # noqa: B018

    def word_ids(self, texts: list[str]) -> Int[Tensor, "texts length"]:
        """What the model takes of texts."""
        return self.words.encode(texts, ends=self.ends, multiple=_WIDTHS)

    def extras(self) -> dict[str, Any]:
        return {"words": self.words.words}


def _human_share(data: Any) -> float:
    return float(getattr(data, "human_texts", 0.0))


class FactTextLearner(TextLearner):
    """A model that is conditioned on the facts that texts state, besides their words."""

    reads: Callable[[str], dict[str, float]]
    """Gives the facts of a text."""
    asks: Callable[[str], list[Asked]]
    """Gives the claims of a text."""

    @property
    @abstractmethod
    def fact_count(self) -> int:
        """Numbers for the facts of a text."""

    @abstractmethod
    def classified_names(self) -> tuple[str, ...]:
        """Names of the facts that the model learns to classify."""

    @cached_property
    def text_numbers(self) -> TextNumbers:
        """Words, facts and claims of texts, as the model takes them."""
        reads, asks = type(self).reads, type(self).asks
        facts = FactList(tuple(known_facts(self.start)), self.fact_count, reads)
        if not facts.names:
            facts = FactList.of_texts(self._some_texts(), reads, self.fact_count)
        return TextNumbers(self.words, facts, ClaimList(self.classified_names(), asks))

    def _some_texts(self) -> list[str]:
        data = getattr(self.recipe, "data", PoseData())
        return words_in(lambda seed, count: self.texts(seed, count, data), min(data.vocabulary_texts, _FACT_TEXTS))

    def prepare(self) -> None:
        self.text_numbers  # noqa: B018

    def words_and_facts(self, texts: list[str]) -> tuple[Int[Tensor, "texts length"], Float[Tensor, "texts facts"]]:
        """What the model takes of texts."""
        return self.text_numbers(texts, multiple=_WIDTHS)

    def extras(self) -> dict[str, Any]:
        return {
            "words": self.words.words,
            "facts": list(self.text_numbers.facts.names),
            "measured": list(self.text_numbers.claims.names),
        }
