"""Published checkpoints as models of ours: weights as safetensors, beside them the card that every model has.

The card's ``extras`` hold what `load_converted` needs: the kind of model, its configuration, its vocabulary.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import nn

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, writable_target
from poseloom.checkpoints.published_kinds import kind_named
from poseloom.checkpoints.released import ReleasedCheckpoint
from poseloom.nn.text.vocabulary import Vocabulary
from poseloom.tasks.common.configs import config_from_plain, config_to_plain
from poseloom.tasks.common.published_models import (
    CONFIG,
    KIND,
    SOURCE,
    VOCABULARY,
    build_with_weights,
    check_weights,
)
from poseloom.tasks.common.released_kinds import ReleasedKind
from poseloom.training.export import FORMAT, VERSION, ModelCard, card_path, read_model
from poseloom.training.recipe import Card
from poseloom.training.recipe_files import plain

SUFFIX = ".safetensors"
_CARD = Card(
    summary="Published weights, converted; the architecture is the published one.",
    data="PoseScript, PoseFix or BEDLAM, by the authors of the model.",
    measured="Not measured here; run the published evaluation on the published data.",
    limits="Made for poses as its authors prepared them: z up, heading removed, SMPL-H or SMPL-X joints.",
    licence="CC BY-NC-SA 4.0, that of the original weights: no commercial use.",
    attribution="Ginger Delmas and others, NAVER LABS Europe: PoseScript, PoseFix, PoseEmbroider.",
)
_LEFT_OUT = ("output_dir",)
"""Of the training's options: a path on its authors' machine."""


@dataclass(frozen=True, eq=False)
class ConvertedModel:
    """A published model from a file of ours.

    Args:
        module: in evaluation mode.
        kind: which model.
        card: what is known of it.
        vocabulary: its own words, which texts are said or read in; None if the model has none of its own or it was not
            given.
    """

    module: nn.Module
    kind: ReleasedKind
    card: ModelCard
    vocabulary: Vocabulary | None


def write_converted(
    checkpoint: ReleasedCheckpoint, path: str | Path, vocabulary: Vocabulary | None = None
) -> ModelCard:
    """Write a published checkpoint as a model of ours: ``NAME.safetensors`` and ``NAME.json``.

    Without its vocabulary a text generator can be kept, but it says token ids only.

    Raises:
        PoseloomError: the vocabulary is not of the model's size, or the name does not end in ``.safetensors``.
        FileError: the place cannot be written; what was there stays.
    """
    if Path(path).suffix != SUFFIX:
        raise FileError(path, f"does not end in {SUFFIX}", remedy=f"name it {Path(path).stem}{SUFFIX}")
    if vocabulary is not None and len(vocabulary) != checkpoint.words:
        raise PoseloomError(f"the vocabulary has {len(vocabulary)} words, the model {checkpoint.words}")
    # a copy of each: tables that are one in the model are two in the file
    content = save({name: value.detach().clone() for name, value in checkpoint.state.items()}, {"format": FORMAT})
    card = ModelCard(
        task=checkpoint.kind.task,
        name=f"published {checkpoint.kind.name}",
        recipe={key: value for key, value in checkpoint.arguments.items() if key not in _LEFT_OUT},
        figures={},
        card=checkpoint.kind.card or _CARD,
        extras={
            KIND: checkpoint.kind.name,
            CONFIG: config_to_plain(checkpoint.config),
            VOCABULARY: None if vocabulary is None else list(vocabulary.words),
            SOURCE: {"file": checkpoint.path.name, "epoch": checkpoint.epoch},
        },
        sha256=hashlib.sha256(content).hexdigest(),
        parameters=sum(value.numel() for value in checkpoint.state.values()),
        precision="fp32",
    )
    writable_target(card_path(path))
    with atomic_write(path) as weights, atomic_write(card_path(path)) as words:
        weights.write_bytes(content)
        words.write_text(_card_text(card), encoding="utf-8")
    return card


def load_converted(path: str | Path, *, task: str | None = None) -> ConvertedModel:
    """A model that `write_converted` wrote.

    Raises:
        FileError: damaged, of another task, or not a converted model.
    """
    card, weights = read_model(path, task)
    extras = card.extras
    try:
        kind = kind_named(str(extras.get(KIND)))
        config = config_from_plain(kind.config_class, extras.get(CONFIG))
        words = extras.get(VOCABULARY)
        vocabulary = None if words is None else Vocabulary(tuple(map(str, words)))
        check_weights(kind.build, config, weights)
    except PoseloomError as error:
        raise FileError(path, str(error), remedy="expected a model made from a published checkpoint") from None
    return ConvertedModel(build_with_weights(kind.build, config, weights), kind, card, vocabulary)


def predictor_of(model: ConvertedModel, path: Path) -> Any:
    """A converted model with the methods that the small ones have; `path` is that of its weights."""
    return model.kind.calling(model.module, model.card, model.vocabulary, path)


def _card_text(card: ModelCard) -> str:
    content: dict[str, Any] = {"format": FORMAT, "version": VERSION, **plain(card)}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
