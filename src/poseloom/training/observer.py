"""Whom the engine tells how far it is. The command line shows it; the engine itself prints nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StageBegins:
    """A stage begins, or goes on where it was.

    Args:
        name: what the stage is called.
        number, of: its place, from 1, and how many there are.
        steps: optimiser steps in all.
        done: steps taken before.
        resumed: whether the run was taken up again.
    """

    name: str
    number: int
    of: int
    steps: int
    done: int
    resumed: bool


class Observer:
    """Hears of everything and does nothing; subclasses show what they want to."""

    def stage_begins(self, stage: StageBegins) -> None:
        """A stage begins."""

    def stepped(self, step: int, losses: Mapping[str, float] | None) -> None:
        """A step was taken; every `log_every` steps with the mean losses since the last time."""

    def validated(self, step: int, figures: Mapping[str, float], best: bool) -> None:
        """A validation ended; `best` where its weights are the best so far."""

    def ended(self) -> None:
        """The run ended, or stopped."""
