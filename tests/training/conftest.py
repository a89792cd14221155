import csv
import random
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy import DECLARATION, TASK, ToyData, ToyModel, ToyRecipe

import poseloom.tasks
from poseloom.training import Engine, Observer, Schedule, Stage, fit

STAGES = [
    Stage("pretrain", epochs=2, batch_size=8, ema=0.9, clip=1.0),
    Stage("finetune", steps=7, batch_size=8, accumulate=2, data={"phase": 0.5}, schedule=Schedule("cosine", warmup=2)),
]


@pytest.fixture(autouse=True)
def heard_interrupts():
    """SIGINT is heard, also where the tests run as a job in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def recipe():
    """Two stages that use all options: dropout, average, clipping, accumulation, a schedule."""
    data, engine = ToyData(batches=6), Engine("32", accelerator="cpu", log_every=2, save_steps=4, loggers=[])
    return ToyRecipe("toy", "tiny", 0, STAGES, engine, model=ToyModel(), data=data)


@pytest.fixture
def run():
    """run(recipe, folder) -> result of a whole training."""
    return lambda recipe, out, **options: fit(TASK.build(recipe), recipe, out, **options)


@pytest.fixture
def with_engine():
    """with_engine(recipe, devices=2) -> the recipe with other values in its engine section."""
    return lambda recipe, **values: replace(recipe, engine=replace(recipe.engine, **values))


@pytest.fixture
def toy_task(monkeypatch):
    """The command line knows the task."""
    monkeypatch.setitem(poseloom.tasks.TASKS, "toy", DECLARATION)


class Recorder(Observer):
    """Remembers what it was told."""

    def __init__(self):
        self.heard = []

    def stage_begins(self, stage):
        self.heard.append((stage.name, stage.done, stage.resumed))

    def validated(self, step, figures, best):
        self.heard.append((step, best))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def disturbed():
    """Other global random states than those that a fresh process begins with."""

    def disturb():
        random.seed(99)
        np.random.seed(99)
        torch.manual_seed(99)

    return disturb


@pytest.fixture
def figures_of():
    """figures_of(folder) -> rows of its metrics.csv."""

    def rows(folder):
        with (folder / "metrics.csv").open() as file:
            return list(csv.DictReader(file))

    return rows
