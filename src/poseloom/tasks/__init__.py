"""One folder per capability, always the same files: model, objective, evaluate, predict, recipes, README.

The folder's ``__init__.py`` holds its `DECLARATION`. That is all that makes it known.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poseloom.base.errors import PoseloomError, closest
from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration, declared_in

if TYPE_CHECKING:
    from poseloom.training.task import Task

__all__ = ["DEFAULT", "PUBLISHED", "TASKS", "Declaration", "task", "task_of"]

TASKS: dict[str, Declaration] = declared_in(sys.modules[__name__])
"""Name -> declaration of every folder here. A task of another package is known as soon as it stands here, too."""


def task(name: str, algorithm: str = DEFAULT) -> Task:
    """A task by its name.

    Args:
        name: what its folder is called.
        algorithm: which of its models and objectives.

    Raises:
        PoseloomError: there is none of that name.
    """
    if name not in TASKS:
        raise PoseloomError(f"task {name!r} is unknown (of {', '.join(TASKS)}){closest(name, list(TASKS))}")
    return TASKS[name].learner(algorithm)


def task_of(values: Mapping[str, Any]) -> Task:
    """The task that a recipe's plain values name by ``task`` and ``algorithm``.

    Raises:
        PoseloomError: there is none of that name.
    """
    return task(str(values.get("task")), str(values.get("algorithm", DEFAULT)))
