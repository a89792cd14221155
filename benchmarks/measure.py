"""How a figure is measured and how the table of all figures is written."""

from __future__ import annotations

import platform
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """One figure of the table.

    Args:
        name: what is measured.
        prepare: makes the work; its own time does not count.
        figure: turns the median CPU seconds of one run into the figure, as text.
        target: the figure that is asked for, as text; empty where none is.
        runs: how often the work is done.
        clock: returns CPU seconds so far; that of this process unless the work runs in another one.
    """

    name: str
    prepare: Callable[[], Work]
    figure: Callable[[float], str]
    target: str = ""
    runs: int = 7
    clock: Callable[[], float] = time.process_time


def seconds_of(case: Case) -> float:
    """Median CPU seconds of one run, after one that does not count."""
    work = case.prepare()
    work()
    times = []
    for _ in range(case.runs):
        start = case.clock()
        work()
        times.append(case.clock() - start)
    return statistics.median(times)


def children_seconds() -> float:
    """CPU seconds of all child processes that have ended: a `Case.clock` for work in other processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def per_second(count: int, what: str) -> Callable[[float], str]:
    return lambda seconds: f"{count / seconds:,.0f} {what}/s"


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def milliseconds_each(count: int) -> Callable[[float], str]:
    return lambda seconds: f"{seconds / count * 1000:.1f} ms each"


def in_seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"


def machine() -> str:
    """Processor, Python and torch, as the table names them."""
    import torch

    return f"{_processor()}, one thread; Python {platform.python_version()}, torch {torch.__version__}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        return names[0] if names else platform.processor() or platform.machine()
    except OSError:
        return platform.processor() or platform.machine()
