"""Text <-> pose in one space."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "text <-> pose as vectors of one space",
    model="TextPoseSpace",
    offers=("embed_texts", "embed_poses", "rank"),
    place=1,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective"},
    released=("PoseText",),
    shipped=True,
)
