"""How far a training is: a bar on a terminal, plain lines otherwise, nothing with ``--json``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from poseloom.training.observer import Observer, StageBegins

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_LINES = 10
"""Plain lines about the losses that a stage prints at most."""
_SHOWN = 4
"""Figures in one line."""


def progress_observer(quiet: bool) -> Observer:
    """What suits the place where messages go."""
    if quiet:
        return Observer()
    if sys.stderr.isatty():
        try:
            return Bar()
        except ImportError:
            pass
    return Lines()


class Lines(Observer):
    """One line for a stage, for every tenth of it, and for every validation."""

    def __init__(self) -> None:
        self._steps = self._tenth = 0

    def stage_begins(self, stage: StageBegins) -> None:
        self._steps, self._tenth = stage.steps, _LINES * stage.done // stage.steps
        print(_beginning(stage), file=sys.stderr, flush=True)

    def stepped(self, step: int, losses: Mapping[str, float] | None) -> None:
        if losses and _LINES * step // self._steps > self._tenth:
            self._tenth = _LINES * step // self._steps
            print(f"  step {step} of {self._steps}: {figures_line(losses)}", file=sys.stderr, flush=True)

    def validated(self, step: int, figures: Mapping[str, float], best: bool) -> None:
        print(f"  {_validation(step, figures, best)}", file=sys.stderr, flush=True)


class Bar(Observer):
    """A bar of the stage with its losses; validations stay above it as lines."""

    def __init__(self) -> None:
        import rich.progress  # noqa: F401 - missing without the extra

        self._progress: Progress | None = None
        self._stage: TaskID | None = None

    def stage_begins(self, stage: StageBegins) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.progress import TimeRemainingColumn as Left

        if self._progress is None:
            columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), "left", Left())
            shown = TextColumn("{task.fields[losses]}")
            self._progress = Progress(*columns, shown, console=Console(stderr=True), refresh_per_second=4)
            self._progress.start()
        if self._stage is not None:
            self._progress.remove_task(self._stage)
        self._progress.console.print(_beginning(stage), markup=False, highlight=False)
        self._stage = self._progress.add_task(stage.name, total=stage.steps, completed=stage.done, losses="")

    def stepped(self, step: int, losses: Mapping[str, float] | None) -> None:
        if self._progress is None or self._stage is None:
            return
        self._progress.update(self._stage, completed=step)
        if losses:
            self._progress.update(self._stage, losses=figures_line(losses, most=2))

    def validated(self, step: int, figures: Mapping[str, float], best: bool) -> None:
        if self._progress is not None:
            self._progress.console.print(_validation(step, figures, best), markup=False, highlight=False)

    def ended(self) -> None:
        if self._progress is not None:
            self._progress.stop()


def figures_line(figures: Mapping[str, float], most: int = _SHOWN) -> str:
    """The first figures in one line."""
    first = list(figures.items())[:most]
    more = ", ..." if len(figures) > most else ""
    return ", ".join(f"{name} {value:.4g}" for name, value in first) + more


def _beginning(stage: StageBegins) -> str:
    place = f"stage {stage.name} ({stage.number} of {stage.of}), {stage.steps} steps"
    return f"{place}, goes on after step {stage.done}" if stage.resumed else place


def _validation(step: int, figures: Mapping[str, float], best: bool) -> str:
    return f"validation after step {step}: {figures_line(figures)}{' (best so far)' if best else ''}"
