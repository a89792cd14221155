"""Models by name or path: those that poseloom ships, exported ones, and published ones that were imported."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, overload

import torch

from poseloom.base.errors import FileError, PoseloomError, closest
from poseloom.checkpoints.places import WEIGHTS
from poseloom.tasks import TASKS
from poseloom.tasks.common.placed import Placed
from poseloom.training.devices import CPU, chosen_device, device_named
from poseloom.training.export import ModelCard, card_path, read_card

if TYPE_CHECKING:
    from poseloom.tasks.captioning.predict import PoseCaptioner
    from poseloom.tasks.editing.predict import PoseEditor
    from poseloom.tasks.embedding.head_predict import SpaceBodies
    from poseloom.tasks.embedding.predict import ModalitySpace
    from poseloom.tasks.generation.predict import PoseGenerator
    from poseloom.tasks.instruction.predict import PoseInstructor
    from poseloom.tasks.keypoints.predict import KeypointReader
    from poseloom.tasks.lifting.predict import PoseLifter
    from poseloom.tasks.mesh_recovery.network_predict import BodyNetwork
    from poseloom.tasks.pair_retrieval.predict import TextPairSpace
    from poseloom.tasks.retrieval.predict import TextPoseSpace
    from poseloom.tasks.sign.predict import LearnedSigner
    from poseloom.tasks.transfer.predict import PersonTransfer

KEYPOINTS = "keypoints"
"""MediaPipe's networks: six files with one card, which says their names."""
SUFFIX = ".safetensors"
_TORCH_SUFFIXES = (".pth", ".pt", ".zip", ".tar")
_CHECKPOINT = ".ckpt"
_KEPT_OPEN = 8
"""Models that stay in memory."""


class Predictor(Protocol):
    """A model that is ready to be called; what it offers besides depends on its task."""

    task: str
    card: ModelCard


@dataclass(frozen=True)
class Shipped:
    """A model that poseloom has a place for.

    Args:
        name: what the model is called: its task's name, or a companion's.
        path: where its weights lie.
        card: what is known of it; None where this installation lacks it.
    """

    name: str
    path: Path
    card: ModelCard | None

    @property
    def bytes(self) -> int:
        """Of all its files of weights."""
        if self.card is not None and self.name == KEYPOINTS:
            return sum((WEIGHTS / name).stat().st_size for name in self.card.extras["files"])
        return self.path.stat().st_size


def shipped_names() -> tuple[str, ...]:
    """Names of the models that poseloom ships and that have the names of their tasks."""
    return tuple(name for name, declared in TASKS.items() if declared.shipped)


def companion_names() -> tuple[str, ...]:
    """Names of the models that poseloom ships besides, which hang on those of their tasks."""
    return tuple(name for declared in TASKS.values() for name in declared.companions)


def _own_names() -> tuple[str, ...]:
    return (*shipped_names(), *companion_names())


def shipped_models() -> list[Shipped]:
    """All models that poseloom knows by name."""
    return [*(_shipped(name) for name in _own_names()), _shipped_keypoints()]


def model_path(model: str | Path) -> Path:
    """The weights' file of a shipped model's name or of a path.

    Raises:
        PoseloomError: nothing is there, or it is a file of another kind.
    """
    name = str(model)
    if name == KEYPOINTS:
        return card_path(WEIGHTS / KEYPOINTS)
    if name in _own_names():
        path = _shipped(name).path
        if not path.is_file():
            recipe = f"{name}/default" if name in shipped_names() else name.replace("_", "/", 1)
            raise PoseloomError(
                f"the model {name!r} is not in this installation; train it ('poseloom train {recipe}'), or name "
                f"the path of a model"
            )
        return path
    path = Path(model)
    if path.suffix in _TORCH_SUFFIXES and path.exists():
        raise FileError(
            path, "is a checkpoint of others", remedy=f"'poseloom models import {path}' makes a model of it"
        )
    if path.suffix == _CHECKPOINT and path.exists():
        raise FileError(path, "is a checkpoint of a training", remedy="name the model.safetensors of its run")
    if not path.exists():
        known = f"known are {', '.join(_own_names())}, {KEYPOINTS}, and paths of {SUFFIX} files"
        raise PoseloomError(f"no model {name!r}: {known}{closest(name, [*_own_names(), KEYPOINTS])}")
    if path.suffix != SUFFIX:
        raise FileError(path, "is no model", remedy=f"expected a {SUFFIX} file that poseloom exported or imported")
    if not card_path(path).exists():
        raise FileError(path, "has no card", remedy=f"expected {card_path(path).name} beside it")
    return path


@overload
def load_model(
    model: Literal["retrieval"], task: Literal["retrieval"] | None = None, *, device: str | None = None
) -> TextPoseSpace: ...
@overload
def load_model(
    model: Literal["pair_retrieval"], task: Literal["pair_retrieval"] | None = None, *, device: str | None = None
) -> TextPairSpace: ...
@overload
def load_model(
    model: Literal["generation"], task: Literal["generation"] | None = None, *, device: str | None = None
) -> PoseGenerator: ...
@overload
def load_model(
    model: Literal["editing"], task: Literal["editing"] | None = None, *, device: str | None = None
) -> PoseEditor: ...
@overload
def load_model(
    model: Literal["captioning"], task: Literal["captioning"] | None = None, *, device: str | None = None
) -> PoseCaptioner: ...
@overload
def load_model(
    model: Literal["instruction"], task: Literal["instruction"] | None = None, *, device: str | None = None
) -> PoseInstructor: ...
@overload
def load_model(
    model: Literal["sign"], task: Literal["sign"] | None = None, *, device: str | None = None
) -> LearnedSigner: ...
@overload
def load_model(
    model: Literal["lifting"], task: Literal["lifting"] | None = None, *, device: str | None = None
) -> PoseLifter: ...
@overload
def load_model(
    model: Literal["mesh_recovery"], task: Literal["mesh_recovery"] | None = None, *, device: str | None = None
) -> BodyNetwork: ...
@overload
def load_model(
    model: Literal["embedding"], task: Literal["embedding"] | None = None, *, device: str | None = None
) -> ModalitySpace: ...
@overload
def load_model(model: Literal["embedding_bodies"], task: None = None, *, device: str | None = None) -> SpaceBodies: ...
@overload
def load_model(
    model: Literal["transfer"], task: Literal["transfer"] | None = None, *, device: str | None = None
) -> PersonTransfer: ...
@overload
def load_model(
    model: Literal["keypoints"], task: Literal["keypoints"] | None = None, *, device: str | None = None
) -> KeypointReader: ...
@overload
def load_model(model: str | Path, task: Literal["retrieval"], *, device: str | None = None) -> TextPoseSpace: ...
@overload
def load_model(model: str | Path, task: Literal["pair_retrieval"], *, device: str | None = None) -> TextPairSpace: ...
@overload
def load_model(model: str | Path, task: Literal["generation"], *, device: str | None = None) -> PoseGenerator: ...
@overload
def load_model(model: str | Path, task: Literal["editing"], *, device: str | None = None) -> PoseEditor: ...
@overload
def load_model(model: str | Path, task: Literal["captioning"], *, device: str | None = None) -> PoseCaptioner: ...
@overload
def load_model(model: str | Path, task: Literal["instruction"], *, device: str | None = None) -> PoseInstructor: ...
@overload
def load_model(model: str | Path, task: Literal["sign"], *, device: str | None = None) -> LearnedSigner: ...
@overload
def load_model(model: str | Path, task: Literal["lifting"], *, device: str | None = None) -> PoseLifter: ...
@overload
def load_model(model: str | Path, task: Literal["mesh_recovery"], *, device: str | None = None) -> BodyNetwork: ...
@overload
def load_model(model: str | Path, task: Literal["embedding"], *, device: str | None = None) -> ModalitySpace: ...
@overload
def load_model(model: str | Path, task: Literal["transfer"], *, device: str | None = None) -> PersonTransfer: ...
@overload
def load_model(model: str | Path, task: str | None = None, *, device: str | None = None) -> Any: ...
def load_model(model: str | Path, task: str | None = None, *, device: str | None = None) -> Any:
    """A model that is ready to be called.

    ``retrieval`` has `embed_texts`, `embed_poses`, `rank`; ``pair_retrieval`` `embed_texts`, `embed_pairs`, `rank`;
    ``generation`` `generate`; ``editing`` `edit`; ``captioning`` `caption`; ``instruction`` `instruct`;
    ``sign`` `sign`, `sign_all`, `stream`, `repair`; ``lifting`` `lift`; ``embedding`` `embed`, `tokens`, its companion
    ``embedding_bodies`` `estimate` besides; ``mesh_recovery`` `look`; ``transfer`` `transfer`; ``keypoints`` `people`
    (`poseloom.keypoints` reads files and videos with it). All others have `card`, what is known of the model. A model
    that was opened before comes from memory. What they give are results (`poseloom.results`); type checkers know the
    class of a model by its name, or by the task that it must be of.

    Args:
        model: name of a shipped model, which is that of its task, or the path of an exported or imported one.
        task: that it must be of; any by default.
        device: where its networks compute: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, ``auto``; by default that of the
            `on_device` block around, else the CPU.

    Raises:
        PoseloomError: there is no such model, its files are damaged, it is of another task, or no such device is here.
    """
    place = chosen_device() if device is None else device_named(device)
    path = model_path(model)
    card = read_card(path, task)
    if card.task == KEYPOINTS:
        from poseloom.checkpoints.people import keypoint_reader

        return keypoint_reader(str(place))
    stamp = tuple(one.stat().st_mtime_ns for one in (path, card_path(path)) if one.exists())
    return _opened(path.resolve(), card.task, "published_kind" in card.extras, stamp, str(place))


@lru_cache(maxsize=_KEPT_OPEN)
def _opened(path: Path, task: str, is_published: bool, stamp: tuple[int, ...], device: str) -> Predictor:
    try:
        return _placed(_predictor(path, task, is_published), torch.device(device))
    except PoseloomError:
        raise
    except Exception as error:  # the card is data from a stranger, and sizes the model
        problem = f"does not fit a model of task {task}: {type(error).__name__} {error}"
        raise FileError(card_path(path), problem, remedy="export or get both files again") from error


def _placed(predictor: Any, device: torch.device) -> Predictor:
    """The predictor, whose network computes on that device."""
    if device.type != CPU:
        predictor.model = Placed(predictor.model, device)
    opened: Predictor = predictor
    return opened


def _predictor(path: Path, task: str, is_published: bool) -> Predictor:
    if is_published:
        from poseloom.checkpoints.converted import load_converted, predictor_of

        return predictor_of(load_converted(path, task=task), path)
    if task not in TASKS:
        raise FileError(path, f"is of task {task!r}", remedy=f"expected one of {', '.join(TASKS)}")
    model: Predictor = TASKS[task].open_model(path)
    return model


def _shipped(name: str) -> Shipped:
    path = WEIGHTS / f"{name}{SUFFIX}"
    there = path.is_file() and card_path(path).is_file()
    return Shipped(name, path, read_card(path) if there else None)


def _shipped_keypoints() -> Shipped:
    path = model_path(KEYPOINTS)
    card = read_card(path) if path.is_file() else None
    there = card is not None and all((WEIGHTS / name).is_file() for name in card.extras["files"])
    return Shipped(KEYPOINTS, path, card if there else None)
