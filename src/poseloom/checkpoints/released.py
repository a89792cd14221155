"""The released checkpoints of others, read and checked, and made into modules.

Structure of the files of PoseScript, PoseFix and PoseEmbroider: a dict with ``model`` (state dict), ``args``
(`argparse.Namespace`), ``epoch``, a score, and in training files ``optimizer`` and ``scheduler``. Others are state
dicts, alone or under ``state_dict``, without options: their shapes tell the sizes. Which model a file holds is told by
the names of its weights.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor, nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.published_kinds import published_kinds
from poseloom.formats.torch_files import checkpoint_names, load_torch_file, load_torch_member
from poseloom.tasks.common.published_models import build_with_weights, check_weights
from poseloom.tasks.common.released_kinds import ReleasedKind
from poseloom.tasks.common.released_options import CheckpointOptions

_REMEDY = "expected weights of PoseScript, PoseFix, PoseEmbroider, PG2, PN-GAN, PATN or DPIG"
_HALVES = ("G1", "G2")
_PARTS, _PREFIXES = ("PG2-G1", "PG2-G2"), ("generator1.", "generator2.")
"""The two stages of PG2 in an archive, as kinds, and in a model of both."""
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


def read_released(path: str | Path, *, task: str | None = None, second: str | Path | None = None) -> ReleasedCheckpoint:
    """Read a published checkpoint: a ``.pth`` file, or the zip archive that it is published in.

    Args:
        path: the file.
        task: that it must be of; any by default.
        second: file of PG2's stage 2, where `path` is of its stage 1; an archive may hold both, G1 and G2.

    Raises:
        FileError: cut off, holds code, of another structure, of another task, or its arguments or weights do not fit.
    """
    names = checkpoint_names(path)
    halves = [[name for name in names if half in PurePosixPath(name).stem.upper()] for half in _HALVES]
    if all(len(one) == 1 for one in halves) and second is None:
        contents = [load_torch_member(path, one[0]) for one in halves]
    else:
        contents = [load_torch_file(path), *([] if second is None else [load_torch_file(second)])]
    if len(contents) == 1:
        return _read(contents[0], path, task)
    states = [_kind_of(_checked_state(_weights_in(one, path), path), path) for one in contents]
    if [kind.name for _, kind in states] != list(_PARTS):
        found = " and ".join(kind.name for _, kind in states)
        raise FileError(second or path, f"do not belong together: {found}", remedy=f"expected {' and '.join(_PARTS)}")
    both = zip(_PREFIXES, states, strict=True)
    return _read({f"{prefix}{name}": value for prefix, (state, _) in both for name, value in state.items()}, path, task)


def _read(content: Any, path: str | Path, task: str | None) -> ReleasedCheckpoint:
    state, kind = _kind_of(_checked_state(_weights_in(content, path), path), path)
    if task is not None and kind.task != task:
        raise FileError(path, f"is {kind.name}, of task {kind.task!r}, expected one of task {task!r}")
    arguments = {} if kind.read_state else _arguments(content.get("args"), path)
    try:
        if kind.read_state:
            config = _config_of(kind, state)
        else:
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


def _weights_in(content: Any, path: str | Path) -> Mapping[Any, Any]:
    """The table of weights of a file: under ``model``, under ``state_dict``, or the file itself."""
    if isinstance(content, Mapping):
        for key in ("model", "state_dict"):
            if isinstance(content.get(key), Mapping):
                table: Mapping[Any, Any] = content[key]
                return table
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return content
    raise FileError(path, "holds no 'model' table of weights", remedy=_REMEDY)


def _kind_of(state: dict[str, Tensor], path: str | Path) -> tuple[Mapping[str, Tensor], ReleasedKind]:
    """The weights under the names of their kind, and the kind."""
    named = [(kind.tidy(state) if kind.tidy else state, kind) for kind in published_kinds()]
    found = [(one, kind) for one, kind in named if kind.fits(list(one))]
    if len(found) != 1:
        parts = ", ".join(sorted({name.split(".")[0] for name in state})[:8]) or "nothing"
        raise FileError(path, f"holds no known model, but {parts}", field="model", remedy=_REMEDY)
    return found[0]


def _config_of(kind: ReleasedKind, state: Mapping[str, Tensor]) -> Any:
    """What the weights say of their model's sizes."""
    assert kind.read_state is not None
    try:
        return kind.read_state(state)
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise PoseloomError(f"model: no {kind.name} has such weights: {error}") from None


def _arguments(arguments: Any, path: str | Path) -> dict[str, Any]:
    values = vars(arguments) if isinstance(arguments, argparse.Namespace) else arguments
    if not isinstance(values, dict):
        raise FileError(path, "has no 'args', the options of its training", remedy=_REMEDY)
    plain = (str, int, float, bool, type(None))
    return {str(name): value for name, value in values.items() if isinstance(value, plain)}
