"""What the learners of models that hang on a space share: the space, its frozen features, what a card says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.tasks.common.configs import config_to_plain
from poseloom.tasks.common.published_models import CONFIG, KIND, SOURCE
from poseloom.tasks.common.stage_data import check_effect
from poseloom.tasks.embedding.encoders.choice import SHIPPED, Encoders
from poseloom.tasks.embedding.head_predict import AXES, SPACE, SPACE_DIGEST, Y_UP
from poseloom.tasks.embedding.modalities import check_seen, subset_of
from poseloom.tasks.embedding.predict import ModalitySpace, open_space
from poseloom.tasks.embedding.rows import EmbeddingData
from poseloom.training import Learner, Recipe

_OWN = "embedding"
"""Name of the space that poseloom ships."""


@dataclass(frozen=True)
class HeadRecipe(Recipe):
    """What the recipes of models on a space share.

    Args:
        space: trained or imported model of the space, which stays as it is; embedding is the one that poseloom ships.
        encoders: frozen encoders of an imported space, whose files are the user's; those of the space's training by
            default.
        inputs: modalities whose vectors are learned from, together.
        data: people in pictures.
    """

    space: str = ""
    encoders: Encoders = field(default_factory=Encoders)
    inputs: list[str] = field(default_factory=lambda: ["image"])
    data: EmbeddingData = field(default_factory=EmbeddingData)


class HeadLearner(Learner):
    """A network on vectors of a frozen space."""

    kind: str
    recipe: Any
    model: Any

    def __init__(self, recipe: HeadRecipe):
        super().__init__(recipe)
        check_effect(recipe)
        self.space = _opened(recipe)
        self.inputs = subset_of(recipe.inputs)
        check_seen(self.inputs, self.space.seen)

    def tokens(self, features: dict[str, Tensor], asked: tuple[str, ...] | None = None) -> Tensor:
        """Vectors of the space of a batch, without gradients; the space computes where the batch is."""
        self.space.model.to(next(iter(features.values())).device).eval()
        return self.space.tokens(features, asked or self.inputs)

    def extras(self) -> dict[str, Any]:
        return {
            KIND: self.kind,
            CONFIG: config_to_plain(self.model.config),
            SOURCE: {"recipe": f"{self.recipe.task}/{self.recipe.name}"},
            SPACE: f"{_OWN}.safetensors" if self.recipe.space == _OWN else self.recipe.space,
            SPACE_DIGEST: self.space.card.sha256,
            AXES: Y_UP,
        }


def _opened(recipe: HeadRecipe) -> ModalitySpace:
    """The space of a recipe, with the encoders that the recipe names.

    Raises:
        PoseloomError: none is named, or it is missing.
    """
    if not recipe.space:
        raise PoseloomError("recipe: space is empty; name the model of a trained or imported space: --space MODEL")
    path = SHIPPED / f"{_OWN}.safetensors" if recipe.space == _OWN else Path(recipe.space)
    if not path.exists():
        raise FileError(recipe.space, "is missing", remedy="'poseloom train embedding/default' makes a space")
    space = open_space(path)
    return space if recipe.encoders == Encoders() else space.with_encoders(recipe.encoders)
