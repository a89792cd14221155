"""What requests share: settings, threads, batchers, models. No request leaves anything behind for the next one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends
from fastapi.requests import HTTPConnection

from poseloom.base.errors import closest
from poseloom.server.errors import RefusalError
from poseloom.server.jobs import Jobs
from poseloom.server.libraries import Libraries
from poseloom.server.settings import Settings
from poseloom.server.work import Batcher, Threads


class Service:
    """Threads by what they do, and the batchers on them.

    Args:
        settings: what may be asked for.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        queue, seconds = settings.queue, settings.seconds
        self.rules = Threads("rules", 1, queue, seconds)
        """Geometry and words."""
        self.models = Threads("models", 1, queue, seconds)
        """Learned models; one thread, because a batch uses all cores."""
        self.heavy = Threads("pictures and files", settings.threads, queue, seconds)
        """What is not batched: pictures, files, searches."""
        self.libraries = Libraries(settings.tables, settings.indexes)
        """Tables and indexes."""
        self.jobs = Jobs(settings.jobs)
        self._batchers: dict[str, Batcher[Any, Any]] = {}

    def batcher(self, name: str, function: Callable[[list[Any]], Sequence[Any]], threads: Threads) -> Batcher[Any, Any]:
        """The batcher of a capability, made when it is first asked for."""
        if name not in self._batchers:
            self._batchers[name] = Batcher(function, threads)
        return self._batchers[name]

    def model(self, name: str, task: str | None = None) -> str | Path:
        """The model of a name: one that poseloom ships or that the service was started with, never a client's path.

        Raises:
            RefusalError: there is none, or one of another task.
        """
        from poseloom.checkpoints.listing import task_of
        from poseloom.checkpoints.registry import KEYPOINTS, shipped_names

        known = (*shipped_names(), KEYPOINTS, *self.settings.models)
        if name not in known:
            raise RefusalError(422, f"no model {name[:80]!r}{closest(name, known)}; GET /v1/models lists them", "model")
        place = self.settings.models.get(name, name)
        if task is not None and task_of(place) != task:
            raise RefusalError(422, f"the model {name!r} is of the task {task_of(place)}, not of {task}", "model")
        return place

    @property
    def batchers(self) -> dict[str, Batcher[Any, Any]]:
        """Those that were asked for, by name."""
        return self._batchers

    @property
    def pools(self) -> tuple[Threads, ...]:
        return (self.rules, self.models, self.heavy)

    def close(self) -> None:
        """Drop what waits."""
        for pool in self.pools:
            pool.close()
        self.jobs.close()


async def _service(connection: HTTPConnection) -> Service:  # a plain function would be called in a thread
    found: Service = connection.app.state.service
    return found


Shared = Annotated[Service, Depends(_service)]
"""The service, as endpoints take it."""
