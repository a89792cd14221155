"""Exported models of the default recipes: a card, weights, and a vocabulary become a module again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from torch import nn

from poseloom.base.errors import FileError
from poseloom.facts.measured import MeasuredFacts
from poseloom.facts.measured_pairs import MeasuredChanges
from poseloom.facts.stated import Asked, ClaimList, FactList, TextNumbers, Weights
from poseloom.nn.text.words import WordList
from poseloom.training.export import ModelCard, read_model

T = TypeVar("T")
M_co = TypeVar("M_co", bound=nn.Module, covariant=True)
M = TypeVar("M", bound=nn.Module)


class WordedModel(Protocol[M_co]):
    """A module that is built from the size of a vocabulary and its sizes."""

    def __call__(self, words: int, config: Any) -> M_co: ...


@dataclass(frozen=True, eq=False)
class Exported(Generic[M]):
    """A trained model that is ready to predict.

    Args:
        model: in evaluation mode.
        words: its vocabulary.
        card: what is known of it.
    """

    model: M
    words: WordList
    card: ModelCard

    def told(self, read: Callable[[str], Weights], claims: Callable[[str], list[Asked]]) -> TextNumbers:
        """Words and facts of texts, as the model takes them.

        Args:
            read: gives the facts of a text.
            claims: gives the claims of a text.
        """
        judged = tuple(self.card.extras["measured"])
        return TextNumbers(self.words, FactList(*self._facts, read), ClaimList(judged, claims))

    def measured(self) -> MeasuredFacts:
        """The measured facts that the model sees of poses."""
        return MeasuredFacts(tuple(self.card.extras["facts"]))

    def measured_changes(self) -> MeasuredChanges:
        """The measured changes that the model sees of pairs."""
        return MeasuredChanges(tuple(self.card.extras["facts"]))

    @property
    def _facts(self) -> tuple[tuple[str, ...], int]:
        return tuple(self.card.extras["facts"]), self.card.recipe["model"]["facts"]


def open_exported(path: str | Path, task: str, model: WordedModel[M], config: type) -> Exported[M]:
    """Read exported weights.

    Args:
        path: of the safetensors file; its card lies beside it.
        task: that it must be of.
        model: makes the module.
        config: data class of the module's sizes.

    Raises:
        FileError: they are of another task, damaged, or of other sizes than their card says.
    """
    card, weights = read_model(path, task)
    if "words" not in card.extras:
        raise FileError(path, "has no vocabulary", field="extras.words", remedy="name a model of a default recipe")
    words = WordList(card.extras["words"])
    module = model(len(words), section_of(config, card.recipe["model"]))
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        problem = f"does not fit its card: {str(error).splitlines()[-1].strip()}"
        raise FileError(path, problem, remedy="export or get both files again") from None
    return Exported(module.eval(), words, card)


def section_of(kind: type[T], values: Mapping[str, Any]) -> T:
    """A data class object of plain values, without the machinery of recipes: a card was checked when it was written."""
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{
            name: section_of(hints[name], value) if is_dataclass(hints[name]) else value
            for name, value in values.items()
            if name in known
        }
    )
