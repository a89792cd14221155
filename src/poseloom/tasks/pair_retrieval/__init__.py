"""Instruction <-> pair of poses in one space."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "instruction <-> pair of poses",
    model="TextPairSpace",
    offers=("embed_texts", "embed_pairs", "rank"),
    place=2,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective"},
    released=("PairText",),
    shipped=True,
)
