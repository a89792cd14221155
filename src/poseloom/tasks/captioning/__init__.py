"""Pose -> text."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "pose -> text",
    model="PoseCaptioner",
    offers=("caption",),
    place=5,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective"},
    released=("DescriptionGenerator",),
    shipped=True,
)
