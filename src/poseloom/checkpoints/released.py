"""The released checkpoints of PoseScript, PoseFix and PoseEmbroider, read and checked, and made into modules.

Structure of the files: a dict with ``model`` (state dict), ``args`` (`argparse.Namespace`), ``epoch``, a score, and in
training files ``optimizer`` and ``scheduler``. Which model a file holds is told by the names of its weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.published_kinds import published_kinds
from poseloom.formats.torch_files import load_torch_file
from poseloom.tasks.common.published_models import build_with_weights, check_weights
from poseloom.tasks.common.released_kinds import ReleasedKind
from poseloom.tasks.common.released_options import CheckpointOptions

_REMEDY = "expected a checkpoint_best.pth or checkpoint_release.pth of PoseScript, PoseFix or PoseEmbroider"
_HARMLESS_EXTRAS = ("position_ids",)
"""Ends of names that old versions of libraries left in states and that hold nothing learned."""
_WORD_TABLES = ("text_decoder.embedding.weight", "text_encoder.embed.weight")


@dataclass(frozen=True, eq=False)
class ReleasedCheckpoint:
    """A published checkpoint, read and checked, not yet a module.

    Args:
        path: the file.
        kind: which model.
        config: its sizes and choices, a data class of the task.
        state: weights by name.
        arguments: the options of its training, plain values only.
        epoch: last finished epoch, from 0; -1 if the file does not say.
    """

    path: Path
    kind: ReleasedKind
    config: Any
    state: Mapping[str, Tensor]
    arguments: Mapping[str, Any]
    epoch: int

    @property
    def words(self) -> int:
        """Size of the model's own word vocabulary; 0 for models without one (DistilBERT has its own)."""
        return _words(self.state)

    @property
    def vocabulary(self) -> str:
        """Key of that vocabulary, such as ``vocPSA2H2``; empty for models without one."""
        full_name = self.arguments.get("text_decoder_name") or self.arguments.get("text_encoder_name")
        return full_name.partition("_")[2] if self.words and isinstance(full_name, str) else ""


def read_released(path: str | Path, *, task: str | None = None) -> ReleasedCheckpoint:
    """Read a published checkpoint: a ``.pth`` file, or the zip archive that it is published in.

    Args:
        path: the file.
        task: that it must be of; any by default.

    Raises:
        FileError: cut off, holds code, of another structure, of another task, or its arguments or weights do not fit.
    """
    content = load_torch_file(path)
    if not isinstance(content, dict) or not isinstance(content.get("model"), Mapping):
        raise FileError(path, "holds no 'model' table of weights", remedy=_REMEDY)
    state = _checked_state(content["model"], path)
    kind = _kind_of(list(state), path)
    if task is not None and kind.task != task:
        raise FileError(path, f"is {kind.name}, of task {kind.task!r}, expected one of task {task!r}")
    arguments = _arguments(content.get("args"), path)
    try:
        config = kind.read_config(CheckpointOptions(arguments), _words(state))
        check_weights(kind.build, config, state)
    except PoseloomError as error:
        raise FileError(path, str(error), remedy=_REMEDY) from None
    epoch = content.get("epoch")
    return ReleasedCheckpoint(Path(path), kind, config, state, arguments, epoch if isinstance(epoch, int) else -1)


def build_released(checkpoint: ReleasedCheckpoint) -> nn.Module:
    """The module with the checkpoint's weights, in evaluation mode. It takes the weights over without a copy."""
    return build_with_weights(checkpoint.kind.build, checkpoint.config, checkpoint.state)


def _words(state: Mapping[str, Tensor]) -> int:
    return next((state[name].shape[0] for name in _WORD_TABLES if name in state and state[name].dim()), 0)


def _checked_state(table: Mapping[Any, Any], path: str | Path) -> dict[str, Tensor]:
    """The weights by name, floating numbers in single precision."""
    for name, value in table.items():
        if not isinstance(name, str) or not isinstance(value, Tensor) or value.layout is not torch.strided:
            raise FileError(path, f"has the weight {name!r} that is no plain tensor", remedy=_REMEDY)
        if value.untyped_storage().nbytes() < value.numel() * value.element_size():
            raise FileError(path, f"claims more numbers than it has: {list(value.shape)}", field=name, remedy=_REMEDY)
        if not value.isfinite().all():
            raise FileError(path, "holds numbers that are not finite", field=name, remedy="get the file again")
    return {
        name: value.detach().float() if value.is_floating_point() else value
        for name, value in table.items()
        if not name.endswith(_HARMLESS_EXTRAS)
    }


def _kind_of(names: list[str], path: str | Path) -> ReleasedKind:
    kinds = [kind for kind in published_kinds() if kind.fits(names)]
    if len(kinds) != 1:
        parts = ", ".join(sorted({name.split(".")[0] for name in names})[:8]) or "nothing"
        raise FileError(path, f"holds no known text-pose model, but {parts}", field="model", remedy=_REMEDY)
    return kinds[0]


def _arguments(arguments: Any, path: str | Path) -> dict[str, Any]:
    values = vars(arguments) if isinstance(arguments, argparse.Namespace) else arguments
    if not isinstance(values, dict):
        raise FileError(path, "has no 'args', the options of its training", remedy=_REMEDY)
    plain = (str, int, float, bool, type(None))
    return {str(name): value for name, value in values.items() if isinstance(value, plain)}
