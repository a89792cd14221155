"""Published models with the methods that the small ones have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from poseloom.checkpoints.converted import ConvertedModel
from poseloom.tasks.captioning.predict import PublishedCaptioner
from poseloom.tasks.common.published_models import reader_of
from poseloom.tasks.editing.predict import PublishedEditor
from poseloom.tasks.generation.predict import PublishedGenerator
from poseloom.tasks.instruction.predict import PublishedInstructor
from poseloom.tasks.pair_retrieval.predict import PublishedTextPairSpace
from poseloom.tasks.retrieval.predict import PublishedTextPoseSpace

_Build = Callable[[ConvertedModel, Path], Any]


def _reading(kind: Callable[..., Any]) -> _Build:
    """Models that read texts."""

    def build(model: ConvertedModel, path: Path) -> Any:
        config: Any = model.module.config
        return kind(model.module, model.card, reader_of(config, model.vocabulary, model.card, path))

    return build


def _saying(kind: Callable[..., Any]) -> _Build:
    """Models that say texts."""
    return lambda model, path: kind(model.module, model.card, model.vocabulary, path)


_BUILDERS: dict[str, _Build] = {
    "PoseText": _reading(PublishedTextPoseSpace),
    "PairText": _reading(PublishedTextPairSpace),
    "CondTextPoser": _reading(PublishedGenerator),
    "PoseVAE": lambda model, path: PublishedGenerator(model.module, model.card, None),
    "PoseBGenerator": _reading(PublishedEditor),
    "DescriptionGenerator": _saying(PublishedCaptioner),
    "FeedbackGenerator": _saying(PublishedInstructor),
}
"""Name of a published kind -> its predictor."""


def predictor_of(model: ConvertedModel, path: Path) -> Any:
    """The predictor of an imported model."""
    return _BUILDERS[model.kind.name](model, path)
