"""The same person in another pose."""

from __future__ import annotations

from poseloom.tasks.declaration import DEFAULT, Declaration

DECLARATION = Declaration(
    __name__,
    "picture of a person + pose -> the person in that pose",
    model="PersonTransfer",
    offers=("transfer",),
    shipped=True,
    place=9,
    learners={
        DEFAULT: ".objective",
        "small": ".small_objective",
        "pg2": ".pg2_objective",
        "pngan": ".pngan_objective",
        "patn": ".patn_objective",
        "dpig": ".dpig_objective",
    },
    released=(
        "PG2",
        "PG2-G1",
        "PG2-G2",
        "PG2-D",
        "PN-GAN-G",
        "PN-GAN-D",
        "PATN-G",
        "PATN-D",
        "DPIG-Pose",
        "DPIG-Mapping",
    ),
)
