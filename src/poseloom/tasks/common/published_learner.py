"""The learners of the published models: tables to batches, held-out batches, what an exported model needs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from poseloom.data.schema import TextKind
from poseloom.data.splits import TRAIN, VAL
from poseloom.nn.text.encoder_choice import TextEncoderChoice
from poseloom.nn.text.tokenizers import Tokenizer, WordTokenizer
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.common.published_data import (
    BATCH,
    Chance,
    PairItems,
    PoseItems,
    SampledItems,
    in_parts,
    texts_in,
    vocabulary_of,
)
from poseloom.tasks.common.published_models import CONFIG, KIND, PIECES, SOURCE, VOCABULARY
from poseloom.tasks.common.published_recipe import PublishedRecipe
from poseloom.tasks.common.published_text import (
    FrozenTokens,
    TextMaker,
    give_first_weights,
    pieces_of,
    text_choice,
    tokenizer_of,
)
from poseloom.tasks.common.stage_data import check_effect, stage_data
from poseloom.training import Batches, DatasetBatches, FeatureCache, Learner, ParameterGroup, Share
from poseloom.training.evaluation import evaluation_device
from poseloom.training.feed import on_device

_TURNS = 3
"""Texts of an item that are evaluated one after the other where its texts are made by rule."""


class PublishedLearner(Learner):
    """What all six share. A subclass builds its model and says its losses and figures."""

    kind: ClassVar[str]
    """The model's class in the original code."""
    pairs: ClassVar[bool] = False
    """Whether it learns from pairs of poses."""
    recipe: Any
    model: Any

    def __init__(self, recipe: PublishedRecipe):
        super().__init__(recipe)
        check_effect(recipe)
        self._checked = False
        self.words = self._vocabulary()
        self.tokenizer = self._tokenizer()
        self.model = self._model()
        self.items: Any = (PairItems if self.pairs else PoseItems)(recipe.model.joints, self._maker())  # type: ignore[attr-defined]

    @abstractmethod
    def _model(self) -> nn.Module:
        """The model with its first weights."""

    @abstractmethod
    def _tokenizer(self) -> Tokenizer: ...

    def _vocabulary(self) -> Vocabulary | None:
        """Words that the model says or reads; None where it reads word pieces."""
        return self._words_of_tables()

    def _maker(self) -> TextMaker:
        return TextMaker(self.tokenizer)

    def _words_of_tables(self) -> Vocabulary:
        sections = [stage_data(self.recipe, stage) for stage in self.recipe.stages]
        return vocabulary_of(sections, self.pairs)

    def batches(self, share: Share) -> Batches:
        self._check_stages()
        data = stage_data(self.recipe, share.stage)
        view = self.items.view(data, TRAIN, seed=share.seed)
        if self.items.maker.cache is not None:
            self.items.maker.keep(list(texts_in(view)), data.flip)
        chance = Chance(data.flip, getattr(data, "copies", 0.0), share.seed)
        table = {"table": view.table} if self.pairs else {}
        collate: Any = partial(self.items.training_batch, chance=chance, **table)
        return DatasetBatches(SampledItems(view, share.seed), share, collate)

    def held_out(self, split: str, data: Any, **choice: Any) -> Iterator[Any]:
        """Batches of a split on the device, in the table's order.

        Args:
            split: train, val or test.
            data: the data section, of a stage.
            choice: which text of each; see `TextDataset`.
        """
        view = self.items.view(data, split, **choice)
        for places in in_parts(view, BATCH):
            yield on_device(self.items.held_out(view, places), self.device)

    def validate(self) -> dict[str, float]:
        data = stage_data(self.recipe, self.recipe.stages[self.position.stage])
        figures = self.validated(self.held_out(VAL, data, in_turn=True))
        self._keep()
        return figures

    @abstractmethod
    def validated(self, batches: Iterator[Any]) -> dict[str, float]:
        """Figures between epochs, of all held-out batches."""

    def evaluate(self, split: str) -> dict[str, float]:
        """The published protocol on a split, with the texts of the last stage; means over three texts by rule each."""
        data = stage_data(self.recipe, self.recipe.stages[-1])
        turns = 1 if TextKind.HUMAN.value in data.texts else _TURNS
        found = [self.evaluated(list(self.held_out(split, data, which=turn))) for turn in range(turns)]
        self._keep()
        return {name: sum(one[name] for one in found) / turns for name in found[0]}

    @abstractmethod
    def evaluated(self, batches: list[Any]) -> dict[str, float]:
        """The figures of the protocol, of all held-out batches."""

    def extras(self) -> dict[str, Any]:
        return {
            KIND: self.kind,
            CONFIG: config_to_plain(self.model.config),
            VOCABULARY: None if self.words is None else list(self.words.words),
            PIECES: pieces_of(self.tokenizer),
            SOURCE: {"recipe": f"{self.recipe.task}/{self.recipe.name}"},
        }

    def _check_stages(self) -> None:
        """Open what every stage reads: a mistake in the last one should not show after days of the first.

        Raises:
            PoseloomError: a table is not there, or lacks such texts in train or val.
        """
        for stage in () if self._checked else self.recipe.stages:
            for split in (TRAIN, VAL):
                self.items.view(stage_data(self.recipe, stage), split)
        self._checked = True

    def _keep(self) -> None:
        """Write the features that were met for the first time."""
        if self.items.maker.cache is not None:
            self.items.maker.cache.flush()


class ReadingLearner(PublishedLearner):
    """A model with a text encoder."""

    def _vocabulary(self) -> Vocabulary | None:
        return self._words_of_tables() if self.recipe.model.text.has_words else None

    def _tokenizer(self) -> Tokenizer:
        return tokenizer_of(self.recipe.model.text, self.words)

    def _model(self) -> nn.Module:
        model: Any = self.built(text_choice(self.recipe.model.text, self.words))
        give_first_weights(model.text_encoder, self.recipe.model.text, self.words, self.recipe.seed)
        return model

    @abstractmethod
    def built(self, text: TextEncoderChoice) -> nn.Module:
        """The model around a text encoder."""

    def _maker(self) -> TextMaker:
        folder = self.recipe.data.features
        if not folder:
            return TextMaker(self.tokenizer)
        frozen = FrozenTokens(self.model.text_encoder.pretrained_text_encoder, evaluation_device(self.recipe.engine))
        return TextMaker(self.tokenizer, FeatureCache(folder, frozen))


class SayingLearner(PublishedLearner):
    """A model that says texts in words of its own."""

    def _tokenizer(self) -> Tokenizer:
        return WordTokenizer(self._known)

    @property
    def _known(self) -> Vocabulary:
        assert self.words is not None  # it never reads word pieces
        return self.words

    def said(self, tokens: Tensor) -> list[str]:
        """Texts of token ids."""
        return [self.tokenizer.decode(row) for row in tokens.cpu()]


def groups_with(learner: Learner, slower: list[nn.Module], factor: float) -> list[ParameterGroup]:
    """All parameters of a learner, those of some modules with their own factor of the learning rate."""
    own = [parameter for module in slower for parameter in module.parameters()]
    known = {id(parameter) for parameter in own}
    others = [parameter for parameter in learner.parameters() if id(parameter) not in known]
    return [ParameterGroup(others), ParameterGroup(own, lr_factor=factor)]


def mean_of(figures: list[tuple[int, dict[str, Tensor]]]) -> dict[str, float]:
    """Means over items of figures that were measured in batches of some sizes."""
    count = sum(size for size, _ in figures)
    return {name: float(sum(size * one[name] for size, one in figures) / count) for name in figures[0][1]}


def joined(parts: list[Tensor]) -> Tensor:
    """Parts of a set, one after another, on the CPU."""
    return torch.cat([part.cpu() for part in parts])
