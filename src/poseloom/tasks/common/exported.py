"""Exported models of the default recipes: a card, weights, and a vocabulary become a module again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from threading import get_ident
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, get_type_hints

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

from poseloom.base.errors import FileError, PoseloomError, shortened
from poseloom.base.ranges import check_ranges
from poseloom.facts.stated import Asked, ClaimList, FactList, TextNumbers, Weights
from poseloom.nn.text.words import WordList
from poseloom.tasks.common.configs import as_stated, stated_name
from poseloom.training.export import ModelCard, card_path, read_model

if TYPE_CHECKING:
    from poseloom.facts.measured import MeasuredFacts
    from poseloom.facts.measured_pairs import MeasuredChanges

T = TypeVar("T")
M_co = TypeVar("M_co", bound=nn.Module, covariant=True)
M = TypeVar("M", bound=nn.Module)
_AGAIN = "export or get both files again"


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

    def text_numbers(self, read: Callable[[str], Weights], claims: Callable[[str], list[Asked]]) -> TextNumbers:
        """Words and facts of texts, as the model takes them.

        Args:
            read: gives the facts of a text.
            claims: gives the claims of a text.
        """
        judged = tuple(self.card.extras["measured"])
        return TextNumbers(self.words, FactList(*self._facts, read), ClaimList(judged, claims))

    def measured(self) -> MeasuredFacts:
        """The measured facts that the model sees of poses."""
        from poseloom.facts.measured import MeasuredFacts

        return MeasuredFacts(tuple(self.card.extras["facts"]))

    def measured_changes(self) -> MeasuredChanges:
        """The measured changes that the model sees of pairs."""
        from poseloom.facts.measured_pairs import MeasuredChanges

        return MeasuredChanges(tuple(self.card.extras["facts"]))

    @property
    def _facts(self) -> tuple[tuple[str, ...], int]:
        return tuple(self.card.extras["facts"]), self.card.recipe["model"]["facts"]


def open_exported(path: str | Path, task: str, model: WordedModel[M], config: type) -> Exported[M]:
    """Read exported weights.

    Args:
        path: the safetensors file; its card lies beside it.
        task: that it must be of.
        model: makes the module.
        config: data class of the module's sizes.

    Raises:
        FileError: they are of another task, damaged, or of other sizes than their card says.
    """
    card, weights = read_model(path, task)
    if "words" not in card.extras:
        raise FileError(path, "has no vocabulary", field="extras.words", remedy="name a model of a default recipe")
    words = WordList(_listed_words(path, card))
    sizes: Any = section_of(config, card.recipe.get("model"), path)
    with _no_larger_than(weights, path), _Undrawn():
        module = model(len(words), sizes)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        problem = f"does not fit its card: {str(error).splitlines()[-1].strip()}"
        raise FileError(path, problem, remedy="export or get both files again") from None
    return Exported(module.eval(), words, card)


class _Undrawn(TorchFunctionMode):
    """Parameters keep whatever is in their memory: first weights are not drawn for a module whose weights are read."""

    _DRAWING = frozenset({torch.Tensor.uniform_, torch.Tensor.normal_, nn.init.uniform_, nn.init.normal_})

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in self._DRAWING or func is nn.init.kaiming_uniform_:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _listed_words(path: str | Path, card: ModelCard) -> list[str]:
    """The vocabulary; other lists of names in the card are checked with it."""
    for name in ("words", "facts", "measured"):
        value = card.extras.get(name, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise FileError(card_path(path), "expected a list of words", field=f"extras.{name}", remedy=_AGAIN)
    found: list[str] = card.extras["words"]
    return found


@contextmanager
def _no_larger_than(weights: Mapping[str, Tensor], path: str | Path) -> Iterator[None]:
    """Within the block this thread makes a module of as many numbers as the weights hold; not one of any size that a
    card says.

    Raises:
        FileError: the module grows larger.
    """
    left, thread = sum(value.numel() for value in weights.values()), get_ident()

    def count(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        nonlocal left
        if get_ident() == thread and parameter is not None:
            left -= parameter.numel()
            if left < 0:
                raise FileError(path, "does not fit its card: it holds fewer numbers", remedy=_AGAIN)

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def section_of(kind: type[T], values: Any, path: str | Path = "model card", where: str = "recipe.model") -> T:
    """A data class object of the plain values of a card, types and ranges checked, without the machinery of recipes.

    Raises:
        FileError: `values` are none of that class.
    """
    if not isinstance(values, Mapping):
        raise FileError(card_path(path), "expected named values", field=where, remedy=_AGAIN)
    hints = get_type_hints(kind)
    known = {}
    for one in fields(kind):  # type: ignore[arg-type]
        if one.name not in values:
            continue
        value, hint, place = values[one.name], hints[one.name], f"{where}.{one.name}"
        if is_dataclass(hint):
            value = section_of(hint, value, path, place)  # type: ignore[arg-type]
        else:
            try:
                value = as_stated(hint, value)
            except ValueError:
                problem = f"expected {stated_name(hint)}, got {shortened(repr(value), 60)}"
                raise FileError(card_path(path), problem, field=place, remedy=_AGAIN) from None
        known[one.name] = value
    try:
        made = kind(**known)
        check_ranges(made, f"{where}.")
        return made
    except (PoseloomError, TypeError, ValueError) as error:
        raise FileError(card_path(path), str(error), remedy=_AGAIN) from None
