"""Pictures, poses and texts in one space."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, Declaration

DECLARATION = Declaration(
    __name__,
    "pictures, poses and texts, in any mixture, as vectors of one space",
    model="ModalitySpace",
    offers=("embed", "tokens"),
    place=2,
    learners={DEFAULT: ".objective", "bodies": ".body_objective", "instructions": ".instruction_objective"},
    shipped=True,
    companions=("embedding_bodies",),
    released=("PoseEmbroider", "Aligner", "HPSEstimator", "InstructionGenerator"),
)
