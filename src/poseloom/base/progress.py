"""How far long work is: what does the work says so, and whoever listens shows it. Nobody needs to listen.

The command line listens in every command; in Python, `listening` takes any function::

    with listening(lambda step: print(step.what, step.done, "of", step.total)):
        poseloom.load("long.pose")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """How far some work is.

    Args:
        what: is done, as ``drawing``.
        done: how much of it.
        total: how much there is.
        unit: what is counted, as ``frames``.
        more: what else is worth telling, in a few words.
    """

    what: str
    done: int
    total: int
    unit: str
    more: str = ""


Listener = Callable[[Step], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)
_WORK: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Within the block, `listener` is told of every step; None for nobody."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def report(step: Step) -> None:
    """Tell whoever listens."""
    listener = _LISTENER.get()
    if listener is not None:
        listener(step)


def tracked(items: Iterable[T], total: int, what: str, unit: str) -> Iterator[T]:
    """The items; the work on each is done when the next one is asked for."""
    report(Step(what, 0, total, unit))
    for done, item in enumerate(items, start=1):
        yield item
        report(Step(what, min(done, total), total, unit))


class Work:
    """Work that goes on in several places."""

    def __init__(self, what: str, total: int, unit: str):
        self._what, self._total, self._unit, self._done = what, total, unit, 0
        report(Step(what, 0, total, unit))

    def go_on(self, count: int) -> None:
        """So much more is done."""
        self._done = min(self._done + count, self._total)
        report(Step(self._what, self._done, self._total, self._unit))


@contextmanager
def working(what: str, total: int, unit: str) -> Iterator[None]:
    """Within the block, `advance` counts towards `total`."""
    token = _WORK.set(Work(what, total, unit))
    try:
        yield
    finally:
        _WORK.reset(token)


def advance(count: int) -> None:
    """So much more of the work around is done; nothing happens where there is none."""
    work = _WORK.get()
    if work is not None:
        work.go_on(count)
