"""Pair of poses -> text."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "pair of poses -> text",
    model="PoseInstructor",
    offers=("instruct",),
    place=6,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective"},
    released=("FeedbackGenerator",),
    shipped=True,
)
