"""How far a run is: all of its state that is neither weights nor optimiser."""

from __future__ import annotations

from collections.abc import Mapping
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
        best: best validation of each stage that has one, by name.
        log_bytes: length of metrics.csv.
        sums: what the losses add up to since they were last logged.
        summed: batches in each of the `sums`.
    """

    stage: int = 0
    step: int = 0
    before: int = 0
    due: bool = False
    best: dict[str, Best] = field(default_factory=dict)
    log_bytes: int = 0
    sums: dict[str, Tensor] = field(default_factory=dict)
    summed: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Progress:
        """From a checkpoint."""
        best = {name: Best(**one) for name, one in values["best"].items()}
        summed = values["summed"]
        if isinstance(summed, int):  # of a run that began when one number did for all
            summed = dict.fromkeys(values["sums"], summed)
        return cls(**{**values, "best": best, "summed": summed})

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Take in the losses of a batch."""
        for name, value in losses.items():
            value = value.detach().float()
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.summed[name] = self.summed.get(name, 0) + 1

    def means(self) -> dict[str, Tensor]:
        """The mean losses since the last time."""
        means = {name: self.sums[name] / self.summed[name] for name in self.sums}
        self.sums, self.summed = {}, {}
        return means
