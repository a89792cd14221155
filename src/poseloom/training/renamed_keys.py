"""Names that recipes, figures and weights had in earlier versions: they are read under the names that they have now.

Written are the present names alone. Whoever renames a key of a recipe, a figure or a layer adds a line here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")

RECIPE_KEYS = {
    "data.clipped": "data.telegraphic",
    "data.partly": "data.partial_texts",
    "data.wordless": "data.condition_dropout",
    "model.judge": "model.classifier",
    "model.spread": "model.temperature",
    "model.nudges": "model.guidance_steps",
    "model.nudge": "model.guidance_step_size",
    "model.flow.draws": "model.flow.time_samples",
}
"""Keys of recipes, with dots; those of `data` also in the stages."""

FIGURES = {
    "mpje": "mpjpe",
    "mpje_unchanged": "mpjpe_unchanged",
    "best_mpje": "best_mpjpe",
    "mean_mpje": "mean_mpjpe",
    "judge": "classifier",
}
"""Figures of validation and losses."""

WEIGHTS = (
    (re.compile(r"(^|\.)judge\.tower\."), r"\1classifier.tower."),
    (re.compile(r"(^|\.)flow\.told$"), r"\1flow.geometry_deviation"),
    (re.compile(r"(^|\.)(flow\.blocks\.\d+)\.steer\."), r"\1\2.modulation."),
)
"""Parts of the names of weights."""


def present_key(key: str) -> str:
    """A key of a recipe, with dots, under its present name."""
    stage = re.fullmatch(r"(stages\.[^.]+\.)(data\..*)", key)
    before, key = (stage[1], stage[2]) if stage else ("", key)
    for old, new in RECIPE_KEYS.items():
        if key == old or key.startswith(f"{old}."):
            key = new + key[len(old) :]
    return before + key


def present_recipe(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain values of a recipe under the present names; an old name beside its new one stays, to be refused."""
    renamed = _section(values, "")
    stages = renamed.get("stages")
    if isinstance(stages, list):
        renamed["stages"] = [
            {**stage, "data": _section(stage["data"], "data.")}
            if isinstance(stage, Mapping) and isinstance(stage.get("data"), Mapping)
            else stage
            for stage in stages
        ]
    return renamed


def present_figures(figures: Mapping[str, T]) -> dict[str, T]:
    """Figures or losses under their present names."""
    return {FIGURES.get(name, name): value for name, value in figures.items()}


def present_weights(weights: Mapping[str, T]) -> dict[str, T]:
    """Weights by name under their present names."""
    return {_weight(name): value for name, value in weights.items()}


def present_checkpoint(content: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a checkpoint of a run under the present names: recipe, weights, averages and figures so far."""
    renamed = dict(content)
    for key, present in (("recipe", present_recipe), ("weights", present_weights)):
        if isinstance(content.get(key), Mapping):
            renamed[key] = present(content[key])
    average = content.get("average")
    if isinstance(average, Mapping) and isinstance(average.get("averages"), Mapping):
        renamed["average"] = {**average, "averages": present_weights(average["averages"])}
    progress = content.get("progress")
    if isinstance(progress, Mapping):
        renamed["progress"] = _progress(progress)
    return renamed


def _progress(progress: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(progress)
    for key in ("sums", "summed"):
        if isinstance(progress.get(key), Mapping):
            renamed[key] = present_figures(progress[key])
    if isinstance(progress.get("best"), Mapping):
        renamed["best"] = {
            name: {**one, "figures": present_figures(one["figures"])}
            if isinstance(one, Mapping) and isinstance(one.get("figures"), Mapping)
            else one
            for name, one in progress["best"].items()
        }
    return renamed


def _section(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    renamed: dict[str, Any] = {}
    for key, value in values.items():
        place = f"{where}{key}"
        new = RECIPE_KEYS.get(place, place).removeprefix(where)
        inner = _section(value, f"{place}.") if isinstance(value, Mapping) else value
        renamed[key if new in values else new] = inner
    return renamed


def _weight(name: str) -> str:
    for old, new in WEIGHTS:
        name = old.sub(new, name)
    return name
