"""A generator that learns on from the weights of another."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from poseloom.base.errors import FileError
from poseloom.tasks.sign.models.parts import SignModel
from poseloom.training.export import read_model

SHIPPED = "sign"
"""Names the generator that poseloom ships."""


def learn_on(model: SignModel, path: str) -> None:
    """Put the weights and scales of an exported generator into a model; parts that it lacks begin afresh.

    Args:
        model: takes them.
        path: exported weights (safetensors); ``sign`` is the shipped generator.

    Raises:
        FileError: they are of another task, or do not fit the model's sizes.
    """
    if path == SHIPPED:
        path = str(Path(str(files("poseloom"))) / "checkpoints" / "weights" / f"{SHIPPED}.safetensors")
    _, weights = read_model(path, "sign")
    try:
        _, unknown = model.load_state_dict(weights, strict=False)
    except RuntimeError:
        unknown = ["sizes"]
    if unknown:
        raise FileError(
            path, "is of another kind or size", field="start.model", remedy="give model the sizes of its card"
        )
