"""One folder per capability, always the same files: model, objective, evaluate, predict, recipes, README."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError, closest

if TYPE_CHECKING:
    from poseloom.training.task import Task

DEFAULT, PUBLISHED = "default", "published"
"""Names of algorithms: poseloom's own small model, and the architecture of the papers."""


def _with_published(folder: str) -> dict[str, str]:
    return {DEFAULT: f"{folder}.objective", PUBLISHED: f"{folder}.published_objective"}


TASKS: dict[str, str | dict[str, str]] = {
    "retrieval": _with_published("poseloom.tasks.retrieval"),
    "pair_retrieval": _with_published("poseloom.tasks.pair_retrieval"),
    "generation": {
        **_with_published("poseloom.tasks.generation"),
        "posevae": "poseloom.tasks.generation.posevae_objective",
    },
    "editing": _with_published("poseloom.tasks.editing"),
    "captioning": _with_published("poseloom.tasks.captioning"),
    "instruction": _with_published("poseloom.tasks.instruction"),
    "sign": "poseloom.tasks.sign.objective",
}
"""Name -> module that holds its `TASK`, or algorithm -> module where there are several: a new task is one line here.

A recipe names its algorithm by the key ``algorithm``; without that key it is of the default one. Nothing of a task is
imported before it is used.
"""


def algorithms(name: str) -> dict[str, str]:
    """Algorithm -> module of a task that there is."""
    modules = TASKS[name]
    return {DEFAULT: modules} if isinstance(modules, str) else modules


def task(name: str, algorithm: str = DEFAULT) -> Task:
    """A task by its name.

    Args:
        name: name of its folder.
        algorithm: which of its models and objectives.

    Raises:
        PoseloomError: there is none of that name.
    """
    if name not in TASKS:
        raise PoseloomError(f"task {name!r} is unknown (of {', '.join(TASKS)}){closest(name, list(TASKS))}")
    known = algorithms(name)
    if algorithm not in known:
        near = closest(algorithm, list(known))
        raise PoseloomError(f"algorithm {algorithm!r} is unknown, {name} has {', '.join(known)}{near}")
    return import_module(known[algorithm]).TASK


def task_of(values: Mapping[str, Any]) -> Task:
    """The task that a recipe's plain values name by ``task`` and ``algorithm``.

    Raises:
        PoseloomError: there is none of that name.
    """
    return task(str(values.get("task")), str(values.get("algorithm", DEFAULT)))
