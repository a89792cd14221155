"""The exported model: weights as safetensors, and beside them a card in JSON that says what they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, read_bytes, read_text
from poseloom.training.checkpoint import MAXIMUM_BYTES, kept_weights
from poseloom.training.learner import Learner
from poseloom.training.quantised import METADATA_KEY, SCHEME, expanded, half, is_quantised, quantised
from poseloom.training.recipe import Card, Recipe
from poseloom.training.recipe_plain import plain
from poseloom.training.renamed_keys import present_figures, present_recipe, present_weights

FORMAT = "poseloom model"
VERSION = 1
_MAXIMUM_CARD_BYTES = 64 << 20


@dataclass(frozen=True)
class ModelCard:
    """What is known of exported weights.

    Args:
        task: the folder under tasks.
        name: what the recipe is called.
        recipe: the whole recipe as plain values.
        figures: measured on the weights.
        card: for users, in words.
        extras: what the model needs besides recipe and weights.
        sha256: SHA-256 of the weights' file.
        parameters: how many numbers it holds.
        precision: fp32, fp16 or int8.
        poseloom: version that wrote it.
    """

    task: str
    name: str
    recipe: dict[str, Any]
    figures: dict[str, float]
    card: Card
    extras: dict[str, Any]
    sha256: str
    parameters: int
    precision: str
    poseloom: str = ""


def card_path(model: str | Path) -> Path:
    """Where the card of a weights' file lies."""
    return Path(model).with_suffix(".json")


def export_model(learner: Learner, recipe: Recipe, path: str | Path, figures: dict[str, float]) -> ModelCard:
    """Write `learner.model` to a safetensors file, and its card beside it, in the precision of the recipe.

    Half precision keeps single precision where a number is too large for it.

    Raises:
        FileError: the place cannot be written.
    """
    prefixes = [name.removeprefix("model.") for name in learner.kept_elsewhere if name.startswith("model.")]
    weights = kept_weights(learner.model, tuple(prefixes))
    content = weights_file(weights, recipe.engine.export)
    card = ModelCard(
        task=recipe.task,
        name=recipe.name,
        recipe=plain(recipe),
        figures=figures,
        card=recipe.card,
        extras=learner.extras(),
        sha256=hashlib.sha256(content).hexdigest(),
        parameters=sum(value.numel() for value in weights.values()),
        precision=recipe.engine.export,
        poseloom=metadata.version("poseloom"),
    )
    write_model(card, content, path)
    return card


def weights_file(weights: Mapping[str, Tensor], precision: str) -> bytes:
    """Weights as the content of a safetensors file.

    Args:
        weights: by name.
        precision: fp32 (as they are), fp16, or int8 (see `quantised`).
    """
    metadata = {"format": FORMAT}
    if precision == "fp16":
        weights = {name: half(value) for name, value in weights.items()}
    elif precision == "int8":
        weights, metadata = quantised(weights), {**metadata, METADATA_KEY: SCHEME}
    return save({name: value.contiguous() for name, value in weights.items()}, metadata)


def write_model(card: ModelCard, content: bytes, path: str | Path) -> None:
    """Write weights, and their card beside them.

    Raises:
        FileError: the place cannot be written.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
    with atomic_write(card_path(path)) as temporary:
        content_of_card = {"format": FORMAT, "version": VERSION, **plain(card)}
        temporary.write_text(json.dumps(content_of_card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_card(path: str | Path, task: str | None = None) -> ModelCard:
    """The card of exported weights.

    Args:
        path: the weights or the card.
        task: that it must be of; any by default.

    Raises:
        FileError: it is no card, or one of another task.
    """
    file = card_path(path)
    try:
        values = json.loads(read_text(file, maximum_bytes=_MAXIMUM_CARD_BYTES))
        if values.pop("format") != FORMAT or values.pop("version") != VERSION:
            raise KeyError
        known = {field.name for field in fields(ModelCard)}
        kept = {key: value for key, value in values.items() if key in known}
        card = ModelCard(**{**kept, "card": Card(**kept["card"])})
        _check_card(card)
        card = replace(card, recipe=present_recipe(card.recipe), figures=present_figures(card.figures))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, FileError):
            raise
        problem = f"is not a model card of version {VERSION}"
        raise FileError(file, problem, remedy="expected the JSON file that lies beside exported weights") from None
    if task is not None and card.task != task:
        raise FileError(path, f"is of task {card.task!r}, expected {task!r}", remedy="name a model of this task")
    return card


def _check_card(card: ModelCard) -> None:
    """A card is data from a stranger. Raises TypeError where a value has another type than its field."""
    kinds = {"recipe": dict, "figures": dict, "extras": dict, "parameters": int}
    for one in fields(card):
        if one.name != "card" and type(getattr(card, one.name)) is not kinds.get(one.name, str):
            raise TypeError(one.name)
    if not all(isinstance(getattr(card.card, one.name), str) for one in fields(card.card)):
        raise TypeError("card")
    if not all(isinstance(value, int | float) for value in card.figures.values()):
        raise TypeError("figures")


def read_model(path: str | Path, task: str | None = None) -> tuple[ModelCard, dict[str, Tensor]]:
    """Card and weights of an exported model; floating numbers come in single precision.

    Raises:
        FileError: they are damaged, do not belong together, or are of another task.
    """
    card = read_card(path, task)
    content = read_bytes(path, maximum_bytes=MAXIMUM_BYTES)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        problem = "does not match its card: damaged, cut off, or of another model"
        raise FileError(path, problem, field="sha256", remedy="export or get both files again")
    try:
        weights = load(content)
    except SafetensorError as error:
        raise FileError(path, f"is not safetensors: {error}", remedy="get the file again") from None
    if is_quantised(content):
        try:
            weights = expanded(weights)
        except PoseloomError as error:
            raise FileError(path, str(error), remedy="export or get both files again") from None
    held = sum(value.numel() for value in weights.values())
    if held != card.parameters:
        problem = f"says {card.parameters:,}, the weights have {held:,}"
        raise FileError(card_path(path), problem, field="parameters", remedy="export or get both files again")
    weights = present_weights(weights)
    return card, {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
