"""Pictures of people -> bodies: rotations, cameras, and which joints were seen."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, Declaration

DECLARATION = Declaration(
    __name__,
    "pictures of people -> bodies",
    model="BodyNetwork",
    offers=("look",),
    place=9,
    learners={
        DEFAULT: ".objectives.small",
        **{name: f".objectives.{name}" for name in ("small", "hmr", "spin", "pare", "graphcmr", "graphormer")},
    },
    predictor=".opening",
    shipped=True,
)
