"""How far long work is, on stderr: a bar on a terminal, plain lines otherwise.

Nothing is shown of work that is soon done, nor with ``-q`` or ``--json``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from poseloom.base.progress import Step
from poseloom.cli import messages

if TYPE_CHECKING:
    from rich.progress import Progress

_BAR_AFTER, _LINES_AFTER = 0.5, 3.0
"""Seconds of work before anything is shown of it: on a terminal, and in a log."""
_LINES = 10
"""Plain lines for one piece of work at most."""
_WIDTH = 24
_LEAST_PAUSE = 0.1
"""Seconds between two drawings of a line."""
_CLEAR = "\r\x1b[K"
_MINUTE = 60
Clock = Callable[[], float]


def listener_for(as_json: bool) -> Shown | None:
    """What suits the place where messages go; None for silence."""
    if as_json or messages.is_quiet():
        return None
    if not sys.stderr.isatty():
        return Lines()
    try:
        return Bar()
    except ImportError:
        return PlainBar()


class Shown:
    """One piece of work after the other; the seconds that are left are counted from its own pace.

    Args:
        after: seconds that pass before the work is shown.
        clock: gives seconds.
    """

    def __init__(self, after: float, clock: Clock = time.monotonic):
        self._after, self._clock = after, clock
        self._last: Step | None = None
        self._first = self._began = 0.0

    def __call__(self, step: Step) -> None:
        last = self._last
        if last is None or last.what != step.what or step.done < last.done:
            self.close()
            self._began, self._first = self._clock(), step.done
        self._last = step
        if self._clock() - self._began >= self._after:
            self._show(step)
        if step.done >= step.total:
            self.close()

    def close(self) -> None:
        """The work is done, or has failed."""
        self._last = None
        self._clear()

    def left(self, step: Step) -> str:
        """How long it will take, in words; empty where that is not known."""
        done = step.done - self._first
        if done <= 0:
            return ""
        return f", {duration((self._clock() - self._began) / done * (step.total - step.done))} left"

    def _show(self, step: Step) -> None:
        raise NotImplementedError

    def _clear(self) -> None:
        """Remove what was shown."""


class Lines(Shown):
    """A line for every tenth, for logs."""

    def __init__(self, after: float = _LINES_AFTER, clock: Clock = time.monotonic):
        super().__init__(after, clock)
        self._tenth = 0

    def _show(self, step: Step) -> None:
        tenth = _LINES * step.done // max(1, step.total)
        if tenth > self._tenth and step.done < step.total:
            print(f"poseloom: {told(step)}{self.left(step)}", file=sys.stderr, flush=True)
        self._tenth = max(self._tenth, tenth)

    def _clear(self) -> None:
        self._tenth = 0


class PlainBar(Shown):
    """One line that is written anew, where the library for bars is not installed."""

    def __init__(self, after: float = _BAR_AFTER, clock: Clock = time.monotonic):
        super().__init__(after, clock)
        self._drawn = 0.0

    def _show(self, step: Step) -> None:
        now = self._clock()
        if now - self._drawn < _LEAST_PAUSE:
            return
        filled = _WIDTH * step.done // max(1, step.total)
        bar = "#" * filled + "." * (_WIDTH - filled)
        print(f"{_CLEAR}[{bar}] {told(step)}{self.left(step)}", end="", file=sys.stderr, flush=True)
        self._drawn = now

    def _clear(self) -> None:
        if self._drawn:
            print(_CLEAR, end="", file=sys.stderr, flush=True)
        self._drawn = 0.0


class Bar(Shown):
    """A bar of `rich`, which vanishes when the work is done.

    Raises:
        ImportError: rich is not installed.
    """

    def __init__(self, after: float = _BAR_AFTER, clock: Clock = time.monotonic):
        from importlib.util import find_spec

        if find_spec("rich") is None:
            raise ImportError("rich")
        super().__init__(after, clock)
        self._progress: Progress | None = None

    def _show(self, step: Step) -> None:
        if self._progress is None:
            self._progress = _rich_bar(step)
            self._progress.start()
        (task,) = self._progress.task_ids
        self._progress.update(task, completed=step.done, told=f"{told(step)}{self.left(step)}")

    def _clear(self) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._progress = None


def _rich_bar(step: Step) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    shown = TextColumn("{task.fields[told]}", markup=False)
    bar = Progress(BarColumn(), shown, console=Console(stderr=True), transient=True, refresh_per_second=8)
    bar.add_task(step.what, total=step.total, told="")
    return bar


def told(step: Step) -> str:
    """``drawing: 12 of 40 frames``, and what else there is to say."""
    more = f", {step.more}" if step.more else ""
    return f"{step.what}: {step.done:,} of {step.total:,} {step.unit}{more}"


def duration(seconds: float) -> str:
    """``12 s`` or ``3 min``."""
    return f"{seconds:.0f} s" if seconds < 1.5 * _MINUTE else f"{seconds / _MINUTE:.0f} min"
