"""Checkpoints: written whole or not at all, read without running anything that is in them."""

from __future__ import annotations

import io
import os
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.base.archives import check_archive
from poseloom.base.errors import FileError
from poseloom.base.files import GIBIBYTE, atomic_write, readable_file
from poseloom.training.renamed_keys import present_checkpoint

FORMAT = "poseloom training checkpoint"
VERSION = 1
MAXIMUM_BYTES = 32 * GIBIBYTE
_KEYS = ("task", "recipe", "weights")


def write_checkpoint(path: Path, content: Mapping[str, Any]) -> None:
    """Write plain values and tensors; a file of that name is replaced when the new one is complete on the disk.

    Raises:
        FileError: the disk is full, or the folder may not be written; what was there stays.
    """
    memory = io.BytesIO()  # torch's own file writer ends the process when the disk is full
    torch.save({"format": FORMAT, "version": VERSION, **content}, memory)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        file.write(memory.getbuffer())
        file.flush()
        os.fsync(file.fileno())


def read_checkpoint(path: str | Path, task: str | None = None) -> dict[str, Any]:
    """The content of a checkpoint, on the CPU.

    Args:
        path: the file.
        task: that it must be of; any by default.

    Raises:
        FileError: it is cut off, holds code, is no checkpoint of a poseloom run, or one of another task.
    """
    file = readable_file(path, maximum_bytes=MAXIMUM_BYTES)
    content = _loaded(file)
    if not isinstance(content, dict) or content.get("format") != FORMAT or not all(key in content for key in _KEYS):
        remedy = "expected a checkpoint that 'poseloom train' wrote; 'poseloom models import' reads published ones"
        raise FileError(path, "is not a checkpoint of a poseloom run", remedy=remedy)
    if content.get("version") != VERSION:
        problem = f"has version {content.get('version')}, this poseloom reads {VERSION}"
        raise FileError(path, problem, remedy="use the poseloom that wrote it, or train again")
    if task is not None and content["task"] != task:
        raise FileError(path, f"is of task {content['task']!r}, expected {task!r}", remedy="name one of this task")
    return present_checkpoint(content)


def load_weights(module: nn.Module, weights: Mapping[str, Tensor], path: str | Path, left_out: tuple[str, ...]) -> None:
    """Put weights into a module, strictly but for names that begin with one of `left_out`.

    Raises:
        FileError: names or shapes differ.
    """
    expected = {name: value for name, value in module.state_dict().items() if not name.startswith(left_out or ("\0",))}
    missing = [name for name in expected if name not in weights]
    extra = [name for name in weights if name not in expected]
    wrong = [name for name in expected if name in weights and expected[name].shape != weights[name].shape]
    if missing or extra or wrong:
        parts = [("lacks", missing), ("has besides", extra), ("has another shape for", wrong)]
        problem = ", ".join(f"{what} {_some(names)}" for what, names in parts if names)
        raise FileError(path, f"does not fit the model: {problem}", remedy="use the recipe that it was trained with")
    module.load_state_dict(dict(weights), strict=False)


def kept_weights(module: nn.Module, left_out: tuple[str, ...]) -> dict[str, Tensor]:
    """The state dict on the CPU, without names that begin with one of `left_out`."""
    state = module.state_dict().items()
    return {name: value.detach().cpu().clone() for name, value in state if not name.startswith(left_out or ("\0",))}


def _loaded(file: Path) -> Any:
    check_archive(file, MAXIMUM_BYTES)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch wonders about pickles that it did not write
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        if named:
            problem = f"holds code ({named.group(1)}), which is never run"
            remedy = "do not use this file if you do not know where it is from"
            raise FileError(file, problem, remedy=remedy) from None
        raise _damaged(file) from None
    except Exception:  # a damaged file can raise anything
        raise _damaged(file) from None


def _damaged(file: Path) -> FileError:
    return FileError(file, "is damaged, cut off, or no checkpoint", remedy="use another checkpoint of the run")


def _some(names: list[str], most: int = 3) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
