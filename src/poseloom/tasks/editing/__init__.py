"""Pose and instruction -> pose."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "pose + instruction -> pose",
    model="PoseEditor",
    offers=("edit",),
    place=4,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective"},
    released=("PoseBGenerator",),
    shipped=True,
)
