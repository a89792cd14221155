"""Text -> pose."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, PUBLISHED, Declaration

DECLARATION = Declaration(
    __name__,
    "text -> poses",
    model="PoseGenerator",
    offers=("generate",),
    place=3,
    learners={DEFAULT: ".objective", PUBLISHED: ".published_objective", "posevae": ".posevae_objective"},
    released=("CondTextPoser", "PoseVAE"),
    shipped=True,
)
