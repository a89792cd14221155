"""One folder per capability, always the same files: model, objective, evaluate, predict, recipes, README."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from poseloom.base.errors import PoseloomError, closest

if TYPE_CHECKING:
    from poseloom.training.task import Task

TASKS: dict[str, str] = {
    "retrieval": "poseloom.tasks.retrieval.objective",
    "pair_retrieval": "poseloom.tasks.pair_retrieval.objective",
    "generation": "poseloom.tasks.generation.objective",
    "editing": "poseloom.tasks.editing.objective",
    "captioning": "poseloom.tasks.captioning.objective",
    "instruction": "poseloom.tasks.instruction.objective",
    "sign": "poseloom.tasks.sign.objective",
}
"""Name -> module that holds its `TASK`; a new task is one line here. Nothing of it is imported before it is used."""


def task(name: str) -> Task:
    """A task by its name.

    Raises:
        PoseloomError: there is none of that name.
    """
    if name not in TASKS:
        raise PoseloomError(f"task {name!r} is unknown (of {', '.join(TASKS)}){closest(name, list(TASKS))}")
    return import_module(TASKS[name]).TASK
