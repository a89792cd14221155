"""`find`: rows of an index by words, by meaning or by a pose, with the learned model whose vectors the index holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.checkpoints.registry import load_model
from poseloom.pose.types import Clip, Pose

if TYPE_CHECKING:
    from poseloom.results.found import Found
    from poseloom.search.index import Filters, Index
    from poseloom.tasks.retrieval.predict import TextPoseSpace

FLOOR = 0.5
"""Cosine below which no row is like a question: postures that an index lacks come to 0.43 to 0.50, whole descriptions
to 0.57 and more with their own pose (1 of 100 below)."""
_CANDIDATES = 500
"""Rows of which the statements hold that are ranked by the meaning."""


def find(
    query: str | Pose | Clip | None,
    index: str | Path | Index,
    k: int = 10,
    *,
    image: str | Path | Tensor | None = None,
    pose: Pose | Clip | None = None,
    text: str | None = None,
    box: Sequence[float] | None = None,
    where: Filters = (),
    near: bool = False,
    mirrored: bool = False,
    statements: bool = False,
    model: str | Path | None = None,
    blend: bool = False,
) -> Found:
    """Rows of an index that meet a question in words, or whose poses are like one.

    Statements about poses are understood by one grammar, see `poseloom.search.Index.search`: rows of which they hold
    come first. An index of learned vectors ranks those by the meaning of the whole question, and where none holds, or
    nothing is stated, gives the rows nearest to it; those with a cosine below `FLOOR` are not like it at all. An index
    of one space of pictures, poses and texts takes any mixture of them; words change what a photo or a pose shows:
    ``find("but with both arms raised", index, image="photo.jpg")``.

    Args:
        query: words, or a single pose; None where all that is asked with stands in `image`, `pose` and `text`.
        index: folder of an index, or an open one.
        k: most results.
        image: path of a photo, or RGB floats (3, height, width), of which one space alone knows.
        pose: a single pose, beside words.
        text: words, beside a pose.
        box: where the person is in the photo: x, y, width, height in pixels; the largest person by default.
        where: conditions on the metadata, as ``"split=train"``.
        near: give the nearest rows where none meets the statements, or is like the question.
        mirrored: rows like the mirrored pose count as well.
        statements: ask for statements where the index has learned vectors, too.
        model: that made the learned vectors; the shipped ``retrieval``, or ``embedding``, by default.
        blend: let words and a photo or a pose make one vector, as one space learns it, instead of a changed body.

    Raises:
        PoseloomError: no index; nothing is given, or a photo or a mixture for an index that is not of one space; a
            question that is empty or not understood; vectors of another model; k below one.
    """
    from poseloom.checkpoints.space_index import find_in_space, is_of_space
    from poseloom.search import Index

    opened = index if isinstance(index, Index) else Index(index)
    asked = _asked_with(query, image, pose, text)
    if is_of_space(opened) and not (statements and list(asked) == ["text"]):
        return find_in_space(opened, k, **asked, box=box, where=where, model=model, blend=blend)
    alone = _alone(asked, opened, box)
    learned = model is not None or (has_learned_vectors(opened) and not (statements and isinstance(alone, str)))
    space = space_of(opened, model) if learned else None
    if not isinstance(alone, str):
        return opened.like(alone, k, where, mirrored, embedder=space)
    if space is None or statements:
        return opened.search(alone, k, where, near)
    if not alone.strip():
        raise PoseloomError("an empty question; say what to look for")
    notes = space.notes_on_question(alone, near)
    vector = space.embed_texts([space.meant(alone)]).vectors[0].numpy()
    stated = opened.search(alone, max(k, _CANDIDATES), where) if opened.states(alone) else None
    if stated:  # rows of which the statements hold, those first that the whole question is nearest to
        return replace(stated, hits=opened.ranked(stated.hits, vector, k), notes=notes)
    return _nearest(opened, vector, k, where, near, (*notes, *(stated.notes if stated is not None else ())))


def _nearest(
    index: Index, vector: Float[np.ndarray, " dimensions"], k: int, where: Filters, near: bool, notes: tuple[str, ...]
) -> Found:
    """The rows that a question is nearest to; none where nothing is like it, unless the nearest are asked for."""
    found = index.nearest(vector, k, where)
    hits = found.hits if near else tuple(hit for hit in found if hit.score >= FLOOR)
    if found.hits and not hits:
        notes += (f"nothing in the index is like it: the nearest row has a cosine of {found[0].score:.2f}",)
    return replace(found, hits=hits, notes=notes)


def _asked_with(query: Any, image: Any, pose: Any, text: Any) -> dict[str, Any]:
    """What is given, by modality.

    Raises:
        PoseloomError: nothing, or the same modality twice.
    """
    if query is not None and (text if isinstance(query, str) else pose) is not None:
        raise PoseloomError("the question stands in two places; give words once, and one pose")
    words = query if isinstance(query, str) else text
    body = query if isinstance(query, Pose | Clip) else pose
    body = body.pose if isinstance(body, Clip) else body
    given = {"image": image, "pose": body, "text": words}
    asked = {name: value for name, value in given.items() if value is not None}
    if not asked:
        raise PoseloomError("nothing is asked; give words, a pose, or, for an index of one space, a photo")
    return asked


def _alone(asked: dict[str, Any], index: Index, box: Any) -> Any:
    """The words or the pose, for an index that knows nothing else.

    Raises:
        PoseloomError: a photo, or words with a pose.
    """
    if len(asked) > 1 or "image" in asked or box is not None:
        remedy = "'poseloom index build TABLE --model embedding' makes one that does"
        raise FileError(index.folder, "takes words or a pose alone, no photo and no mixture", remedy=remedy)
    return next(iter(asked.values()))


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
        remedy = "'poseloom index build TABLE --model retrieval' makes one"
        raise FileError(index.folder, "is no index of learned vectors", remedy=remedy)
    space = load_model(model or "retrieval", "retrieval")
    if space.name != index.manifest.embedder:
        problem = f"has vectors made by {index.manifest.embedder}, the model is {space.name}"
        raise FileError(index.folder, problem, remedy="name the model that it was built with: --model PATH")
    return space
