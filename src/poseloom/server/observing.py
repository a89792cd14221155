"""What operators see: figures for Prometheus, one line of log a request; never what was asked or answered."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseloom.server.service import Service

ACCESS = logging.getLogger("poseloom.server.access")
_BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
"""Seconds."""
_UNKNOWN = "other"


class Figures:
    """Counts and times of requests, and the lengths of queues.

    Args:
        service: whose queues and batches are told.
    """

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        names = ("route", "method", "status")
        self._requests = Counter("poseloom_requests", "Requests answered", names, registry=self._registry)
        self._seconds = Histogram(
            "poseloom_request_seconds", "Time of a request", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._registry.register(_Queues(service))

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """One more request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)


class _Queues:
    """Gauges that are read when somebody asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        waiting = GaugeMetricFamily("poseloom_waiting", "Calls that wait or run", labels=["work"])
        for pool in self._service.pools:
            waiting.add_metric([pool.name], pool.waiting)
        for name, batcher in self._service.batchers.items():
            waiting.add_metric([f"{name} batches"], batcher.waiting)
        yield waiting
        batches = GaugeMetricFamily("poseloom_batch_size", "Requests of a batch, in the mean", labels=["work"])
        for name, batcher in self._service.batchers.items():
            batches.add_metric([name], batcher.answered / max(1, batcher.batches))
        yield batches
        jobs = GaugeMetricFamily("poseloom_jobs", "Jobs that are kept", labels=["status"])
        states = [job.status.value for job in self._service.jobs.all()]
        for state in dict.fromkeys(states):
            jobs.add_metric([state], states.count(state))
        yield jobs


class Observer:
    """ASGI middleware that counts, times and logs."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", None) or _UNKNOWN
            method = scope["method"] if scope["method"] in _METHODS else _UNKNOWN
            self._figures.count(route, method, status, seconds)
            told = {"route": route, "method": method, "status": status, "ms": round(1000 * seconds, 1)}
            ACCESS.info("%s %s %s %.1f ms", method, route, status, 1000 * seconds, extra={"request": told})


_METHODS = ("GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH")


class JsonLines(logging.Formatter):
    """Log records as JSON, one a line."""

    def format(self, record: logging.LogRecord) -> str:
        made: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        request = getattr(record, "request", None)
        made |= request if request is not None else {"message": record.getMessage()}
        if record.exc_info is not None:
            made["trace"] = self.formatException(record.exc_info)
        return json.dumps(made)


def set_up_logs(as_json: bool, level: int) -> None:
    """Log to standard error: lines for people, or for programs."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("poseloom.server", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
