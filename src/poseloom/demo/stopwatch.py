"""CPU time of the steps of the tour."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """One step of the tour: CPU seconds of this process and what it did."""

    what: str
    seconds: float
    count: str


class Stopwatch:
    """CPU time by step."""

    def __init__(self) -> None:
        self.timings: list[Timing] = []

    @contextmanager
    def step(self, what: str, count: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.timings.append(Timing(what, time.process_time() - start, count))
