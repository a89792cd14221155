"""A recipe's data section as a stage sees it; values that would change nothing are refused."""

from __future__ import annotations

from typing import Any

from poseloom.base.errors import PoseloomError, closest
from poseloom.training import Recipe, Stage, overlaid


def stage_data(recipe: Recipe, stage: Stage) -> Any:
    """The data section with the stage's values in place of the recipe's.

    A data class says by `stage_keys` which of its values are read again in each stage; one that says nothing takes all.

    Raises:
        PoseloomError: a key is unknown, has another type, or would have no effect in a stage.
    """
    data: Any = getattr(recipe, "data", None)
    where = f"stages.{stage.name}.data"
    if data is None:
        if stage.data:
            raise PoseloomError(f"recipe: {where}: the recipes of {recipe.task} have no data section; remove it")
        return None
    changed = overlaid(data, stage.data, f"{where}.")
    effective = getattr(type(data), "stage_keys", None)
    for key in stage.data:
        if effective is not None and key not in effective:
            choices = ", ".join(effective) or "nothing"
            near = closest(key, list(effective))
            raise PoseloomError(
                f"recipe: {where}.{key} has no effect: it counts for the whole run; set data.{key}. "
                f"A stage can change {choices}{near}"
            )
    return changed


def check_effect(recipe: Recipe) -> None:
    """Refuse values that change nothing: stage values that are never read, and keys that this kind of recipe ignores.

    A recipe class lists ignored keys, with dots, by `without_effect`, each with what to do instead.

    Raises:
        PoseloomError: with the key and what has an effect.
    """
    for stage in recipe.stages:
        stage_data(recipe, stage)
    ignored: dict[str, str] = getattr(type(recipe), "without_effect", {})
    for key, instead in ignored.items():
        if _value(recipe, key) != _value(type(recipe)(), key) or _in_a_stage(recipe, key):
            raise PoseloomError(f"recipe: {key} has no effect in {recipe.task}/{recipe.name}: {instead}")


def _value(recipe: Any, key: str) -> Any:
    for name in key.split("."):
        recipe = getattr(recipe, name)
    return recipe


def _in_a_stage(recipe: Recipe, key: str) -> bool:
    section, _, name = key.partition(".")
    return section == "data" and any(name in stage.data for stage in recipe.stages)
