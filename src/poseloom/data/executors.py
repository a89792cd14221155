"""Where the work of a build is done: in this process, in several, or on a Ray cluster. The results are the same.

An executor maps a function over tasks and yields the results as they come, in any order. Function, tasks and results
are pickled, and only a few tasks are under way at any time, so that memory does not grow with their number.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import import_module
from itertools import chain, islice
from typing import Any, Protocol, TypeVar

from poseloom.base.errors import PoseloomError, closest

T = TypeVar("T")
R = TypeVar("R")
_UNDER_WAY = 2
"""Tasks handed out for each worker: one that it does and one that waits."""
_FORKS = sys.platform == "linux"
_LOADED_BEFORE = ("poseloom.data.builders.rows", "poseloom.data.builders.describe", "poseloom.data.builders.pairs")
"""Modules that workers share, so that two do not load torch twice."""
_SINGLE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""Environment in which loading torch, numpy and pyarrow starts no thread: one with threads is not safely forked."""
_STORE_BYTES = 128 << 20
"""Shared memory of a Ray that is started here: workers write their shards to disk, what they return is small."""
_LONGEST_REASON = 200
_DIED = (
    "a worker process died, perhaps for want of memory; run the same command again with fewer workers: it continues "
    "where it stopped"
)


class Executor(Protocol):
    """Does the tasks of a build."""

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Yield `function(task)` of every task, in any order.

        Raises:
            PoseloomError: the workers cannot be had, or one of them died.
        """
        ...


@dataclass(frozen=True)
class InProcess:
    """One task after the other, here."""

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        return map(function, tasks)


@dataclass(frozen=True)
class Processes:
    """Several processes of this machine.

    They do not inherit what this process holds, so a script that uses this needs the ``if __name__ == "__main__":``
    guard. On Linux they come from one that has loaded torch already, elsewhere each loads it anew.
    """

    workers: int = 0
    """0: one for each core that this process may use."""

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        workers = self.workers or cores()
        context = _context()
        waiting = iter(tasks)
        first = list(islice(waiting, 2))
        if len(first) < 2:  # not worth a process
            yield from map(function, first)
            return
        waiting = chain(first, waiting)
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker) as pool:
            try:
                running = {pool.submit(function, task) for task in islice(waiting, workers * _UNDER_WAY)}
                while running:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    running |= {pool.submit(function, task) for task in islice(waiting, len(done))}
                    yield from map(Future.result, done)
            except BrokenProcessPool:
                raise PoseloomError(_DIED) from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Ray:
    """A Ray cluster that exists at `address`, or one started on this machine. All machines must see the table's
    folder under the same path."""

    workers: int = 0
    """Tasks at a time; 0: as many as the cluster has cores."""
    address: str | None = None

    def run(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        ray = _ray()
        ours = not ray.is_initialized()
        if ours:
            self._begin(ray)
        try:
            yield from self._map(ray, function, iter(tasks))
        finally:
            if ours:
                ray.shutdown()

    def _begin(self, ray: Any) -> None:
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        here = {
            "address": "local",  # and not some other cluster that the environment names
            "num_cpus": self.workers or cores(),
            "object_store_memory": _STORE_BYTES,
            "include_dashboard": False,
        }
        try:
            ray.init(**({"address": self.address} if self.address else here), **quiet)
        except (ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
            at = self.address or "this machine"
            told = " ".join(str(error).split())[:_LONGEST_REASON]
            raise PoseloomError(f"no Ray cluster at {at}: {told}; start one with 'ray start --head'") from None

    def _map(self, ray: Any, function: Callable[[T], R], waiting: Iterator[T]) -> Iterator[R]:
        remote = ray.remote(function)
        workers = self.workers or int(ray.cluster_resources().get("CPU", 1))
        running = [remote.remote(task) for task in islice(waiting, workers * _UNDER_WAY)]
        while running:
            done, running = ray.wait(running, num_returns=1)
            running += [remote.remote(task) for task in islice(waiting, len(done))]
            try:
                results = ray.get(done)
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError):
                raise PoseloomError(_DIED) from None
            yield from results


EXECUTORS: dict[str, Callable[[int, str | None], Executor]] = {
    "here": lambda workers, address: InProcess(),
    "processes": lambda workers, address: Processes(workers),
    "ray": lambda workers, address: Ray(workers, address),
}
"""By the name that a user gives."""


def executor(name: str | None = None, workers: int = 0, address: str | None = None) -> Executor:
    """The executor of that name; processes where none is given, or this process if one worker is enough.

    Raises:
        PoseloomError: an unknown name or a negative number of workers.
    """
    if workers < 0:
        raise PoseloomError(f"workers: expected a number, 0 for one a core, got {workers}")
    if name is None:
        name = "ray" if address else "here" if (workers or cores()) == 1 else "processes"
    if name not in EXECUTORS:
        known = list(EXECUTORS)
        raise PoseloomError(f"unknown executor {name!r}{closest(name, known)}; known: {', '.join(known)}")
    return EXECUTORS[name](workers, address)


def warm(name: str | None, workers: int, address: str | None) -> None:
    """Let another process load what workers need, while this one loads it for itself; where that is of use."""
    if isinstance(executor(name, workers, address), Processes):
        _context()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _context() -> Any:
    """How workers are made; the process that they come from, where there is one, is running."""
    if not _FORKS:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LOADED_BEFORE))
    before = {name: os.environ.get(name) for name in _SINGLE_THREAD}
    os.environ.update(_SINGLE_THREAD)
    try:
        import_module("multiprocessing.forkserver").ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return context


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent is gone: it may have been killed without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report every start to its makers
    try:
        return import_module("ray")
    except ImportError:
        raise PoseloomError("the executor 'ray' needs Ray; pip install 'poseloom[scale]'") from None
