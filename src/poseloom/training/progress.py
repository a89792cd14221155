"""How far a run is: all of its state that is neither weights nor optimiser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor


@dataclass
class Best:
    """The best validation of a stage so far.

    Args:
        step: at which it was.
        figure: the monitored one.
        figures: all.
    """

    step: int
    figure: float
    figures: dict[str, float]


@dataclass
class Progress:
    """How far a run is: all of it that is neither weights nor optimiser.

    Args:
        stage: number of the stage.
        step: optimiser steps taken in it.
        before: steps of the stages before.
        due: a validation belongs here and has not been done.
        best: of each stage that has one, by name.
        log_bytes: length of metrics.csv.
        sums: of the losses since they were last logged.
        summed: batches in `sums`.
    """

    stage: int = 0
    step: int = 0
    before: int = 0
    due: bool = False
    best: dict[str, Best] = field(default_factory=dict)
    log_bytes: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)
    summed: int = 0

    @classmethod
    def of(cls, values: dict[str, Any]) -> Progress:
        """From a checkpoint."""
        return cls(**{**values, "best": {name: Best(**best) for name, best in values["best"].items()}})
