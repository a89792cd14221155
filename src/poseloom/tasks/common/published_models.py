"""Models of the published architectures as files of ours: built with their weights, and read for other tasks to use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.nn.text.reading import PublishedReader
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.configs import config_from_plain
from poseloom.training.export import ModelCard, read_card, read_model

KIND, CONFIG, VOCABULARY, PIECES, SOURCE = "published_kind", "config", "vocabulary", "pieces", "source"
"""Keys of a card's ``extras``: class in the original code, sizes, words, BERT's word pieces, where it is from."""

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, eq=False)
class PublishedModel(Generic[M]):
    """A model of a published architecture, ready to be used by another one.

    Args:
        module: in evaluation mode.
        card: what is known of it.
        vocabulary: words that it says or reads; None where it has none of its own.
        reader: makes its tokens of texts; None for models that read none.
    """

    module: M
    card: ModelCard
    vocabulary: Vocabulary | None
    reader: PublishedReader | None


def is_published(path: str | Path) -> bool:
    """Whether a model is of a published architecture, imported or trained here.

    Raises:
        FileError: it has no card.
    """
    return KIND in read_card(path).extras


def open_published(path: str | Path, task: str, kind: type, build: Callable[[Any], M]) -> PublishedModel[M]:
    """A model that was imported, or trained by a published recipe.

    Args:
        path: where its weights lie.
        task: that it must be of.
        kind: data class of its sizes.
        build: makes the module.

    Raises:
        FileError: damaged, of another task, or of another architecture.
    """
    card, weights = read_model(path, task)
    try:
        config: Any = config_from_plain(kind, card.extras.get(CONFIG))
        words = card.extras.get(VOCABULARY)
        vocabulary = None if words is None else Vocabulary(tuple(map(str, words)))
        check_weights(build, config, weights)
    except PoseloomError as error:
        raise FileError(path, str(error), remedy=f"expected a {task} model of the published architecture") from None
    reader = reader_of(config, vocabulary, card, Path(path)) if hasattr(config, "text") else None
    return PublishedModel(build_with_weights(build, config, weights), card, vocabulary, reader)


def reader_of(config: Any, vocabulary: Vocabulary | None, card: ModelCard, path: Path) -> PublishedReader:
    """What makes tokens of texts for a model; word pieces that came with the model count first."""
    pieces = card.extras.get(PIECES)
    return PublishedReader(config.text, vocabulary, path, None if pieces is None else tuple(map(str, pieces)))


def build_with_weights(build: Callable[[Any], M], config: Any, state: Mapping[str, Tensor]) -> M:
    """A module made without first weights, which are then taken from `state`; in evaluation mode."""
    with torch.device("meta"):
        module = build(config)
    module.load_state_dict(state, assign=True)
    return module.eval()


def check_weights(build: Callable[[Any], nn.Module], config: Any, state: Mapping[str, Tensor]) -> None:
    """Compare names and shapes with the model's, before anything is copied."""
    try:
        with torch.device("meta"):
            expected = build(config).state_dict()
    except (AssertionError, RuntimeError, ZeroDivisionError) as error:  # torch's own checks of sizes
        raise PoseloomError(f"args do not fit each other: {error}") from None
    missing = [name for name in expected if name not in state]
    extra = [name for name in state if name not in expected]
    if missing or extra:
        what, names = ("lacks", missing) if missing else ("has the unknown", extra)
        raise PoseloomError(f"model {what} {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else ""))
    for name, value in expected.items():
        if state[name].shape != value.shape:
            raise PoseloomError(f"{name} is {list(state[name].shape)}, by its args {list(value.shape)} are expected")
        if state[name].is_floating_point() != value.is_floating_point():
            raise PoseloomError(f"{name} holds {state[name].dtype}, expected {value.dtype}")
