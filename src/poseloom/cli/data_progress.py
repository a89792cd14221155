"""How far a build is: a bar on a terminal, plain lines otherwise, nothing with ``--json``."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseloom.data.build import BuildProgress

_WIDTH = 24
_LINES = 10
"""Plain lines that a build prints at most."""
_CLEAR = "\r\x1b[K"


class Shown:
    """Shows the progress of one build; the bar vanishes at the end."""

    def __init__(self, title: str, what: str = "rows", quiet: bool = False):
        self._title, self._what = title, what
        self._bar = not quiet and sys.stderr.isatty()
        self._plain = not quiet and not self._bar
        self._began = time.monotonic()
        self._tenth = 0

    def __enter__(self) -> Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            print(_CLEAR, end="", file=sys.stderr, flush=True)

    def report(self, progress: BuildProgress) -> None:
        """Called by the build after every shard."""
        if self._bar:
            filled = _WIDTH * progress.done // progress.units
            bar = "#" * filled + "." * (_WIDTH - filled)
            print(f"{_CLEAR}{self._line(progress, bar)}{self._left(progress)}", end="", file=sys.stderr, flush=True)
        elif self._plain and _LINES * progress.done // progress.units > self._tenth:
            self._tenth = _LINES * progress.done // progress.units
            print(self._line(progress), flush=True)

    def _line(self, progress: BuildProgress, bar: str = "") -> str:
        kept = f", {progress.kept} kept from before" if progress.kept else ""
        head = f"{self._title}: [{bar}]" if bar else f"{self._title}:"
        return f"{head} {progress.done} of {progress.units} shards, {progress.rows:,} {self._what}{kept}"

    def _left(self, progress: BuildProgress) -> str:
        done = progress.done - progress.kept
        seconds = (time.monotonic() - self._began) / done * (progress.units - progress.done)
        return f", {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"
