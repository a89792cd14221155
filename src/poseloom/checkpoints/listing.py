"""The models that are here as results: one line of each, and the whole card of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from poseloom.checkpoints.registry import Shipped, model_path, shipped_models
from poseloom.results.reports import ModelDescribed, ModelList, ModelRow
from poseloom.training.export import read_card


def model_list(trained: Mapping[str, Path] | None = None) -> ModelList:
    """The models that poseloom ships, and those that are named.

    Args:
        trained: other models by name.

    Raises:
        FileError: one of the others is no model.
    """
    rows = [_row(model) for model in shipped_models()]
    for name, path in (trained or {}).items():
        card = read_card(model_path(path))
        rows.append(ModelRow(name, True, card.parameters, path.stat().st_size, card.card.summary))
    return ModelList(tuple(rows))


def _row(model: Shipped) -> ModelRow:
    if model.card is None:
        return ModelRow(model.name, here=False)
    return ModelRow(model.name, True, model.card.parameters, model.bytes, model.card.card.summary)


def model_card(model: str | Path) -> ModelDescribed:
    """What is known of a model; lists of words are told by their number.

    Args:
        model: by name or path.

    Raises:
        PoseloomError: no such model.
    """
    path = model_path(model)
    shown = asdict(card := read_card(path))
    shown["extras"] = {name: _brief(value) for name, value in card.extras.items()}
    return ModelDescribed(path, shown)


def task_of(model: str | Path) -> str:
    """The task that a model is of.

    Raises:
        PoseloomError: no such model.
    """
    return read_card(model_path(model)).task


def _brief(value: Any) -> Any:
    return f"{len(value)} words" if isinstance(value, list) else value
