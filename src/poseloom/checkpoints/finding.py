"""`find`: rows of an index by words, by meaning or by a pose, with the learned model whose vectors the index holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

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
    query: str | Pose | Clip,
    index: str | Path | Index,
    k: int = 10,
    *,
    where: Filters = (),
    near: bool = False,
    mirrored: bool = False,
    statements: bool = False,
    model: str | Path | None = None,
) -> Found:
    """Rows of an index that meet a question in words, or whose poses are like one.

    Statements about poses are understood by one grammar, see `poseloom.search.Index.search`: rows of which they hold
    come first. An index of learned vectors ranks those by the meaning of the whole question, and where none holds, or
    nothing is stated, gives the rows nearest to it; those with a cosine below `FLOOR` are not like it at all.

    Args:
        query: words, or a single pose.
        index: folder of an index, or an open one.
        k: most results.
        where: conditions on the metadata, as ``"split=train"``.
        near: give the nearest rows where none meets the statements, or is like the question.
        mirrored: rows like the mirrored pose count as well.
        statements: ask for statements where the index has learned vectors, too.
        model: that made the learned vectors; the shipped ``retrieval`` by default.

    Raises:
        PoseloomError: no index; a question that is empty or not understood; vectors of another model; k below one.
    """
    from poseloom.search import Index

    opened = index if isinstance(index, Index) else Index(index)
    learned = model is not None or (has_learned_vectors(opened) and not (statements and isinstance(query, str)))
    space = space_of(opened, model) if learned else None
    if not isinstance(query, str):
        pose = query.pose if isinstance(query, Clip) else query
        return opened.like(pose, k, where, mirrored, embedder=space)
    if space is None or statements:
        return opened.search(query, k, where, near)
    if not query.strip():
        raise PoseloomError("an empty question; say what to look for")
    notes = space.notes_on_question(query, near)
    vector = space.embed_texts([space.meant(query)]).vectors[0].numpy()
    stated = opened.search(query, max(k, _CANDIDATES), where) if opened.states(query) else None
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
