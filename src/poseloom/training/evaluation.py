"""Measure a learner by its task's protocol: the other entrance of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from poseloom.training.checkpoint import load_weights, read_checkpoint
from poseloom.training.devices import device_named
from poseloom.training.export import read_model
from poseloom.training.learner import Learner
from poseloom.training.recipe import Engine
from poseloom.training.seeds import Purpose, seeded, stream

EXPORTED = ".safetensors"


def evaluate(
    learner: Learner, split: str = "val", *, weights: str | Path | None = None, seed: int | None = None
) -> dict[str, float]:
    """The figures of the task's protocol.

    Args:
        learner: what is measured, on the device where it is.
        split: train, val or test.
        weights: a checkpoint of a run or an exported model, loaded first; the learner's own by default.
        seed: what the protocol draws depends on it; the recipe's by default.

    Raises:
        PoseloomError: the split is unknown, or the weights are of another model.
    """
    if weights is not None:
        load_file(learner, weights)
    recipe = learner.recipe
    learner.eval()
    with seeded(stream(recipe.seed if seed is None else seed, Purpose.EVALUATION)), torch.no_grad():
        return {name: float(value) for name, value in learner.evaluate(split).items()}


def evaluation_device(engine: Engine) -> torch.device:
    """The one device on which a recipe's model is measured.

    Raises:
        PoseloomError: this machine does not have the one that the recipe asks for.
    """
    return device_named(engine.accelerator, "engine.accelerator")


def load_file(learner: Learner, path: str | Path) -> None:
    """Put the weights of a checkpoint or of an exported model into a learner.

    Raises:
        FileError: they are of another task or model, or damaged.
    """
    task = learner.recipe.task
    if Path(path).suffix == EXPORTED:
        _, weights = read_model(path, task)
        elsewhere = tuple(n.removeprefix("model.") for n in learner.kept_elsewhere if n.startswith("model."))
        load_weights(learner.model, weights, path, elsewhere)
        return
    checkpoint = read_checkpoint(path, task)
    state: Mapping[str, Tensor] = checkpoint["weights"]
    average = checkpoint.get("average")
    if average:  # a last checkpoint: the averaged weights are those that count
        state = {**state, **average["averages"]}
    load_weights(learner, state, path, learner.kept_elsewhere)
