"""The tiny models of all tasks, trained for no or few steps on few poses: what can be called, not what is good."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from poseloom.tasks import TASKS
from poseloom.tasks.common.recipes import open_recipe
from poseloom.training import Recipe, export_model

SMALL_DATA = {"procedural": 200, "validation": 12, "quick": 6, "batches": 2, "vocabulary_texts": 300}
SMALL_SIGNS = {"pool": 12, "held_out": 2, "quick": 2, "gallery": 4, "batches": 2}


def tiny_recipe(task: str, **stage) -> Recipe:
    """The tiny recipe with few poses; `stage` replaces values of its only stage."""
    small = SMALL_SIGNS if task == "sign" else SMALL_DATA
    if task == "lifting":
        small = {"batches": 2, "pairs": _pairs()}
    if task == "transfer":
        small = {"held_out": 1}
    if task == "embedding":
        small = {}
    if task == "mesh_recovery":
        small = {"batches": 2, "people": _people()}
    overrides = [(f"data.{name}", str(value)) for name, value in small.items()]
    _, recipe = open_recipe(f"{task}/tiny", [*overrides, ("engine.loggers", "[]"), ("engine.accelerator", "cpu")])
    return replace(recipe, stages=[replace(recipe.stages[0], **stage)])


@lru_cache(maxsize=1)
def _pairs() -> Path:
    return made_up_pairs(Path(tempfile.mkdtemp()))


@lru_cache(maxsize=1)
def _people() -> Path:
    return made_up_people(Path(tempfile.mkdtemp()))


def untrained(task: str, folder: Path) -> Path:
    """The exported tiny model of a task with its first weights."""
    from poseloom.tasks import task as task_named

    recipe = tiny_recipe(task)
    learner = task_named(task).build(recipe)
    learner.begin(recipe.stages[0])
    path = folder / f"{task}.safetensors"
    export_model(learner, recipe, path, {"made_up": 12.5})
    return path


def made_up_pairs(folder: Path, count: int = 40) -> Path:
    """A folder with two shards of pairs of no picture, one of which is held out: random landmarks, poses, lenses."""
    place = folder / "pairs"
    place.mkdir(parents=True, exist_ok=True)
    for number in (0, 9):
        random = np.random.default_rng(number)
        roi = random.normal([160, 160, 300, 0], [1, 1, 1, 0.1], (count, 4))
        arrays = {
            "points": random.normal(160, 40, (count, 33, 3)),
            "world": random.normal(0, 0.4, (count, 33, 3)),
            "visibility": random.random((count, 33)),
            "roi": roi,
            "size": np.full((count, 2), 320.0),
            "rotations": random.normal(0, 0.3, (count, 52, 3)),
            "lens": np.tile([400.0, 159.5, 159.5], (count, 1)),
        }
        path = place / f"pairs-{number:05d}.npz"
        np.savez(path, **{name: values.astype(np.float32) for name, values in arrays.items()})
    return place


def made_up_people(folder: Path, count: int = 8) -> Path:
    """The same of people of no picture, as the small network of mesh recovery learns from them."""
    place = folder / "people"
    place.mkdir(parents=True, exist_ok=True)
    for number in (0, 9):
        random = np.random.default_rng(number)
        arrays = {
            "deep": random.random((count, 288, 2, 2)).astype(np.float16),
            "fine": random.normal(0, 1, (count, 33, 48)).astype(np.float16),
            "numbers": random.normal(0, 0.5, (count, 266)).astype(np.float32),
            "local": np.tile(np.eye(3, dtype=np.float32), (count, 22, 1, 1)),
            "flat": random.normal(0, 0.3, (count, 22, 2)).astype(np.float32),
            "shape": random.random((count, 6)).astype(np.float32),
        }
        np.savez(place / f"people-{number:05d}.npz", **arrays)
    return place


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
        """Where the models of all tasks lie that ship one."""
        for task, declaration in TASKS.items():
            if declaration.shipped:
                self[task]
        return self._folder
