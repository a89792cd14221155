"""Work outside the event loop: threads with bounded queues, and batches of what waits while the thread works."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any, Generic, TypeVar

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import Step, listening
from poseloom.server.errors import RefusalError

T = TypeVar("T")
R = TypeVar("R")
MOST_TOGETHER = 32
"""Requests that are worked on as one batch."""
_TURNS = 8
"""Of the event loop: what a request takes from its socket to its batch. They cost microseconds."""


class AbandonedError(Exception):
    """Raised within work that nobody waits for any more, at its next step."""


class Threads:
    """Some threads, and a bound for how many calls may wait for them.

    Args:
        name: what the threads do.
        count: of them.
        queue: calls that may wait or run; more are refused.
        seconds: how long one may take, waiting included.
    """

    def __init__(self, name: str, count: int, queue: int, seconds: float) -> None:
        self.name, self.queue, self.seconds = name, queue, seconds
        self.waiting = 0
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=f"poseloom-{name}")

    async def run(self, function: Callable[..., R], *arguments: Any, **options: Any) -> R:
        """What the function gives, worked out in one of the threads.

        Raises:
            RefusalError: too many wait already.
            TimeoutError: it took too long; the thread stops at the next step that the work reports.
        """
        self.admit()
        late = Event()

        def listen(_: Step) -> None:
            if late.is_set():
                raise AbandonedError

        def work() -> R:
            if late.is_set():
                raise AbandonedError
            with listening(listen):
                return function(*arguments, **options)

        try:
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
            future.add_done_callback(self._settled)
            return await asyncio.wait_for(asyncio.shield(future), self.seconds)
        except asyncio.TimeoutError:
            late.set()
            raise TimeoutError from None
        except asyncio.CancelledError:
            late.set()
            raise

    def admit(self) -> None:
        """Count one more call.

        Raises:
            RefusalError: too many wait already.
        """
        if self.waiting >= self.queue:
            raise RefusalError(503, f"too many requests wait for {self.name}; come back in a second")
        self.waiting += 1

    def _settled(self, future: asyncio.Future[Any]) -> None:
        self.waiting -= 1
        if not future.cancelled():
            future.exception()  # one that nobody waits for any more is no fault

    def close(self) -> None:
        """Let what runs finish; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)


@dataclass(eq=False)
class _Waiting(Generic[T, R]):
    item: T
    key: Hashable
    answer: asyncio.Future[R]


class Batcher(Generic[T, R]):
    """Answers single requests by batches: it takes what waits while the thread works, and what has arrived,
    without a timer.

    Args:
        function: answers several requests of the same key, in their order.
        threads: where it runs.
        most: requests of one batch.
    """

    def __init__(self, function: Callable[[list[T]], Sequence[R]], threads: Threads, most: int = MOST_TOGETHER) -> None:
        self._function, self._threads, self._most = function, threads, most
        self._waiting: deque[_Waiting[T, R]] = deque()
        self._runner: asyncio.Task[None] | None = None
        self.batches = self.answered = 0

    async def __call__(self, item: T, key: Hashable = None) -> R:
        """The answer to one request; only requests of one key are answered together.

        Raises:
            RefusalError: too many wait already.
            TimeoutError: it took too long.
        """
        if len(self._waiting) >= self._threads.queue:
            raise RefusalError(503, f"too many requests wait for {self._threads.name}; come back in a second")
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(item, key, answer))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        try:
            return await asyncio.wait_for(answer, self._threads.seconds)
        except asyncio.TimeoutError:
            raise TimeoutError from None

    @property
    def waiting(self) -> int:
        """Requests that wait for a batch."""
        return len(self._waiting)

    async def _run(self) -> None:
        while batch := await self._arrived():
            self.batches += 1
            self.answered += len(batch)
            answers = await self._answers([one.item for one in batch])
            for one, answer in zip(batch, answers, strict=True):
                if one.answer.done():
                    continue
                if isinstance(answer, BaseException):
                    one.answer.set_exception(answer)
                else:
                    one.answer.set_result(answer)

    async def _arrived(self) -> list[_Waiting[T, R]]:
        """The next batch, with requests that have arrived and are still being read: fewer batches under load."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return self._next()

    def _next(self) -> list[_Waiting[T, R]]:
        """The oldest request and others of its key; those that nobody waits for any more are dropped."""
        batch: list[_Waiting[T, R]] = []
        others: list[_Waiting[T, R]] = []
        while self._waiting and len(batch) < self._most:
            one = self._waiting.popleft()
            if one.answer.done():
                continue
            (batch if not batch or one.key == batch[0].key else others).append(one)
        self._waiting.extendleft(reversed(others))
        return batch

    async def _answers(self, items: list[T]) -> Sequence[R | BaseException]:
        """An answer or an error for each; a mistake in one of several does not spoil the others."""
        try:
            return await self._threads.run(self._function, items)
        except PoseloomError as mistake:
            if len(items) == 1:
                return [mistake]
            return [(await self._answers([item]))[0] for item in items]
        except Exception as error:
            return [error] * len(items)
