"""The tiny models of all tasks, trained for no or few steps on few poses: what can be called, not what is good."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from poseloom.tasks import DEFAULT, TASKS
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import Recipe, export_model

OWN_MODELS = tuple(name for name, declared in TASKS.items() if DEFAULT in declared.learners)
"""Tasks with a model of poseloom's own, which have a tiny recipe."""
SMALL_DATA = {"procedural": 200, "validation": 12, "quick": 6, "batches": 2, "vocabulary_texts": 300}
SMALL_SIGNS = {"pool": 12, "held_out": 2, "quick": 2, "gallery": 4, "batches": 2}


def tiny_recipe(task: str, **stage) -> Recipe:
    """The tiny recipe with few poses; `stage` replaces values of its only stage."""
    small = SMALL_SIGNS if task == "sign" else SMALL_DATA
    overrides = [(f"data.{name}", str(value)) for name, value in small.items()]
    _, recipe = open_recipe(f"{task}/tiny", [*overrides, ("engine.loggers", "[]"), ("engine.accelerator", "cpu")])
    return replace(recipe, stages=[replace(recipe.stages[0], **stage)])


def untrained(task: str, folder: Path) -> Path:
    """The exported tiny model of a task with its first weights."""
    from poseloom.tasks import task as task_named

    recipe = tiny_recipe(task)
    learner = task_named(task).build(recipe)
    learner.begin(recipe.stages[0])
    path = folder / f"{task}.safetensors"
    export_model(learner, recipe, path, {"made_up": 12.5})
    return path


class TinyModels:
    """Task -> path of its exported tiny model, made when it is first asked for."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._made: dict[str, Path] = {}

    def __getitem__(self, task: str) -> Path:
        if task not in self._made:
            self._made[task] = untrained(task, self._folder)
        return self._made[task]

    @property
    def folder(self) -> Path:
        """Where the models of all tasks lie."""
        for task in OWN_MODELS:
            self[task]
        return self._folder
