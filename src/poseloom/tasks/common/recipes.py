"""Recipes by address: ``generation/tiny`` for one that poseloom has, or the path of a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.tasks import TASKS, task_of

if TYPE_CHECKING:
    from poseloom.training.recipe import Recipe
    from poseloom.training.task import Task

SUFFIXES = (".toml", ".json", ".yaml", ".yml")


def open_recipe(address: str, overrides: Sequence[tuple[str, str]] = ()) -> tuple[Task, Recipe]:
    """The recipe at an address, and its task.

    Args:
        address: ``TASK/NAME`` or the path of a TOML, JSON or YAML file.
        overrides: keys with dots and the texts of their values.

    Raises:
        PoseloomError: nothing is there, a key is unknown or has no effect, or a value has the wrong type.
    """
    from poseloom.tasks.common.stage_data import check_effect
    from poseloom.training.recipe_files import read_plain, recipe_of

    path = recipe_path(address)
    values = read_plain(path)
    name = values.get("task")
    if not isinstance(name, str):
        raise FileError(path, "is missing or no text", field="task", remedy=f"expected one of {', '.join(TASKS)}")
    try:
        chosen = task_of(values)
    except PoseloomError as mistake:
        raise FileError(path, str(mistake), field="task") from None
    recipe = recipe_of(values, chosen.recipe, overrides, path)
    check_effect(recipe)
    return chosen, recipe


def recipe_path(address: str) -> Path:
    """The file of an address.

    Raises:
        PoseloomError: nothing is there.
    """
    if Path(address).suffix in SUFFIXES or Path(address).is_file():
        return Path(address)
    known = recipe_names()
    if address not in known:
        near = closest(address, list(known))
        listed = "" if near else f"; known are {', '.join(known) or 'none'}"
        raise PoseloomError(f"recipe {address!r} is unknown, and no such file is here{near}{listed}")
    return known[address]


def recipe_names() -> dict[str, Path]:
    """Address -> file of the recipes that poseloom has; no task is imported for it."""
    return {address: path for one in TASKS.values() for address, path in one.recipes().items()}
