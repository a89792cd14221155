"""Long work: started by one request, asked about by others, cancelled where nobody wants it any more."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from threading import Event
from typing import Any

from poseloom.base.progress import Step, listening
from poseloom.server.errors import RefusalError, refusal_of


class JobStatus(str, Enum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)


class CancelledJobError(Exception):
    """Raised within the work of a job that somebody cancelled."""


@dataclass(eq=False)
class Job:
    """One piece of long work.

    Args:
        kind: what is done.
        id: that cannot be guessed.
    """

    kind: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    status: JobStatus = JobStatus.WAITING
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    step: Step | None = None
    stop: Event = field(default_factory=Event)

    def listen(self, step: Step) -> None:
        """Take note of how far the work is.

        Raises:
            CancelledJobError: nobody wants it any more.
        """
        self.step = step
        if self.stop.is_set():
            raise CancelledJobError

    def as_json(self, whole: bool = True) -> dict[str, Any]:
        """``id``, ``kind``, ``status``, ``progress``, and where it is over, if `whole`, ``result`` or ``error``."""
        step = self.step
        progress = None
        if step is not None:
            progress = {"what": step.what, "done": step.done, "total": step.total, "unit": step.unit}
        made: dict[str, Any] = {"id": self.id, "kind": self.kind, "status": self.status.value, "progress": progress}
        if whole and self.status is JobStatus.DONE:
            made["result"] = self.result
        if whole and self.status is JobStatus.FAILED and self.error is not None:
            made |= self.error
        return made


class Jobs:
    """The jobs of a service, one at work at a time, the others waiting.

    Args:
        most: jobs that are kept; of those that are over the oldest make room.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: dict[str, Job] = {}
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="poseloom-jobs")

    def start(self, kind: str, work: Callable[[], Mapping[str, Any]]) -> Job:
        """Begin some work; `poseloom.base.progress` tells how far it is.

        Raises:
            RefusalError: too many jobs wait already.
        """
        if len(self._jobs) >= self._most:
            over = next((job for job in self._jobs.values() if job.status in _OVER), None)
            if over is None:
                raise RefusalError(503, f"{self._most} jobs wait already; come back later, or cancel one")
            del self._jobs[over.id]
        job = Job(kind)
        self._jobs[job.id] = job
        asyncio.get_running_loop().run_in_executor(self._pool, _run, job, work)
        return job

    def get(self, number: str) -> Job:
        """The job of an id.

        Raises:
            RefusalError: there is none.
        """
        if number not in self._jobs:
            raise RefusalError(404, "no such job; those that are long over are forgotten", "id")
        return self._jobs[number]

    def cancel(self, number: str) -> Job:
        """Stop a job, or forget one that is over."""
        job = self.get(number)
        if job.status in _OVER:
            del self._jobs[number]
        else:
            job.stop.set()
            if job.status is JobStatus.WAITING:
                job.status = JobStatus.CANCELLED
        return job

    def all(self) -> list[Job]:
        """Those that are kept, the oldest first."""
        return list(self._jobs.values())

    def close(self) -> None:
        """Stop everything."""
        for job in self._jobs.values():
            job.stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


def _run(job: Job, work: Callable[[], Mapping[str, Any]]) -> None:
    if job.stop.is_set():
        job.status = JobStatus.CANCELLED
        return
    job.status = JobStatus.RUNNING
    try:
        with listening(job.listen):
            job.result = work()
        job.status = JobStatus.DONE
    except CancelledJobError:
        job.status = JobStatus.CANCELLED
    except BaseException as error:
        job.error = refusal_of(error).as_json()
        job.status = JobStatus.FAILED
