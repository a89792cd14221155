"""The learned model whose vectors an index holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError
from poseloom.checkpoints.registry import load_model

if TYPE_CHECKING:
    from poseloom.search.index import Index
    from poseloom.tasks.retrieval.predict import TextPoseSpace


def has_learned_vectors(index: Index) -> bool:
    """Whether the vectors of an index are a learned model's."""
    from poseloom.tasks.retrieval.predict import LEARNED

    return index.manifest.embedder.startswith(LEARNED)


def space_of(index: Index, model: str | Path | None = None) -> TextPoseSpace:
    """The model of an index of learned vectors.

    Args:
        index: that holds the vectors.
        model: that made them, by name or path; the shipped ``retrieval`` by default.

    Raises:
        PoseloomError: the index has no learned vectors, or those of another model.
    """
    if not has_learned_vectors(index):
        remedy = "'poseloom index build TABLE --embedding retrieval' makes one"
        raise FileError(index.folder, "is no index of learned vectors", remedy=remedy)
    space = load_model(model or "retrieval", "retrieval")
    if space.name != index.manifest.embedder:
        problem = f"has vectors made by {index.manifest.embedder}, the model is {space.name}"
        raise FileError(index.folder, problem, remedy="name the model that it was built with: --embedding PATH")
    return space
