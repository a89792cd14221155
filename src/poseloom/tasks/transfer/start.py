"""Weights that a training begins with: files of the originals, or models of ours."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from poseloom.base.errors import FileError
from poseloom.formats.torch_files import load_torch_file
from poseloom.training.checkpoint import load_weights
from poseloom.training.export import read_model

_EXPORTED = ".safetensors"
SHIPPED = "transfer"
"""Name of the generator that lies in the package."""


def start_with(part: nn.Module, path: str, tidy: Any = None, prefix: str = "") -> None:
    """Put the weights of a file into a network; nothing where the path is empty.

    Args:
        part: the network.
        path: a state dict of PyTorch, alone or under ``state_dict``, or a model of ours; ``transfer`` is the shipped.
        tidy: gives the weights the names that they have today.
        prefix: of the network's names in a model of ours that holds others as well.

    Raises:
        FileError: damaged, or of another network.
    """
    if not path:
        return
    weights = _weights(path)
    if any(name.startswith(prefix) for name in weights) and prefix:
        weights = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    load_weights(part, tidy(weights) if tidy else weights, path, ())


def _weights(path: str) -> Mapping[str, Tensor]:
    if path == SHIPPED:
        path = str(Path(str(files("poseloom"))) / "checkpoints" / "weights" / f"{SHIPPED}{_EXPORTED}")
    if path.endswith(_EXPORTED):
        return read_model(path, "transfer")[1]
    content = load_torch_file(path)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise FileError(path, "is no table of weights", remedy="name a state dict of PyTorch or a model of poseloom")
    return content
