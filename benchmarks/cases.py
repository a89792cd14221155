"""All that `make bench` measures, one shelf of cases after the other."""

from __future__ import annotations

import os

from benchmarks import (
    embedding_cases,
    mesh_cases,
    model_cases,
    people_cases,
    photo_cases,
    picture_cases,
    recovery_cases,
    rule_cases,
    sign_cases,
    transfer_cases,
)

CASES = (
    *rule_cases.CASES,
    *model_cases.CASES,
    *sign_cases.CASES,
    *photo_cases.CASES,
    *people_cases.CASES,
    *picture_cases.CASES,
    *recovery_cases.CASES,
    *mesh_cases.CASES,
    *transfer_cases.CASES,
    *embedding_cases.CASES,
)

os.environ.setdefault("OMP_NUM_THREADS", "1")
