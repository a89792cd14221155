"""The client, and the same for `asyncio`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable
from types import TracebackType
from typing import Any

import httpx2

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import Listener, Step
from poseloom.client.answer import Answer, ServiceError
from poseloom.client.calls import Call
from poseloom.client.methods import Methods

ADDRESS = "http://127.0.0.1:8642"
_BUSY = 503
_LONGEST_PAUSE = 30.0
"""Seconds that a busy service may ask for."""
_POLLING = 0.5
_WORKING = ("waiting", "running")


class _Settings:
    """What both clients are made with."""

    def __init__(self, url: str, api_key: str | None, timeout: float, retries: int, transport: Any) -> None:
        self.url, self.retries = url.rstrip("/"), retries
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        self.options: dict[str, Any] = {"base_url": self.url, "headers": headers, "timeout": timeout}
        if transport is not None:
            self.options["transport"] = transport

    def pause(self, response: httpx2.Response, tried: int) -> float | None:
        """Seconds after which to ask again; None for an answer that counts."""
        if response.status_code != _BUSY or tried >= self.retries:
            return None
        given = response.headers.get("retry-after", "1")
        return min(_LONGEST_PAUSE, float(given) if given.isdigit() else 1.0)

    def unreachable(self, error: httpx2.HTTPError) -> PoseloomError:
        """What is told where no answer comes."""
        return PoseloomError(f"{self.url}: {type(error).__name__}: {error}; is 'poseloom serve' running there?")


class Client(Methods[Answer]):
    """A service, asked and waited for.

    Args:
        url: where it listens.
        api_key: where it wants one.
        timeout: seconds to wait for an answer.
        retries: how often to ask again where it is busy.
        transport: of httpx2, for tests.
    """

    def __init__(
        self,
        url: str = ADDRESS,
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._settings = _Settings(url, api_key, timeout, retries, transport)
        self._http = httpx2.Client(**self._settings.options)

    def send(self, call: Call) -> Answer:
        """The answer to a request.

        Raises:
            ServiceError: the service refuses it.
            PoseloomError: no answer comes.
        """
        tried = 0
        while True:
            try:
                response = self._http.request(**call.arguments())
            except httpx2.HTTPError as error:
                raise self._settings.unreachable(error) from None
            pause = self._settings.pause(response, tried)
            if pause is None:
                return _answer(response)
            time.sleep(pause)
            tried += 1

    def wait(self, answer: Answer, progress: Listener | None = None) -> Answer:
        """The result of a job that `recover` or `keypoints` began; an answer that is no job as it is.

        Args:
            answer: what began it.
            progress: is told how far it is, each time that there is news; what it raises cancels the job.

        Raises:
            ServiceError: the job failed or was cancelled.
        """
        news = _News(progress)
        while answer.get("status") in _WORKING:
            try:
                news.tell(answer)
                time.sleep(_POLLING)
            except BaseException:
                self.cancel(answer["id"])
                raise
            answer = self.job(answer["id"])
        return _result(answer)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(Methods[Awaitable[Answer]]):
    """The same for `asyncio`: every function is awaited.

    Args:
        url, api_key, timeout, retries, transport: as for `Client`.
    """

    def __init__(
        self,
        url: str = ADDRESS,
        *,
        api_key: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = _Settings(url, api_key, timeout, retries, transport)
        self._http = httpx2.AsyncClient(**self._settings.options)

    async def send(self, call: Call) -> Answer:
        """As `Client.send`."""
        tried = 0
        while True:
            try:
                response = await self._http.request(**call.arguments())
            except httpx2.HTTPError as error:
                raise self._settings.unreachable(error) from None
            pause = self._settings.pause(response, tried)
            if pause is None:
                return _answer(response)
            await asyncio.sleep(pause)
            tried += 1

    async def wait(self, answer: Answer, progress: Listener | None = None) -> Answer:
        """As `Client.wait`; a task that is cancelled cancels the job."""
        news = _News(progress)
        while answer.get("status") in _WORKING:
            try:
                news.tell(answer)
                await asyncio.sleep(_POLLING)
            except BaseException:
                await asyncio.shield(self.cancel(answer["id"]))
                raise
            answer = await self.job(answer["id"])
        return _result(answer)

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _News:
    """Tells of the steps of a job, each once."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener, self._last = listener, None

    def tell(self, answer: Answer) -> None:
        step = answer.get("progress")
        if self._listener is not None and step is not None and step != self._last:
            self._last = step
            self._listener(Step(**step))


def _answer(response: httpx2.Response) -> Answer:
    answer = Answer(response.content, response.headers.get("content-type", ""))
    if response.status_code < 400:
        return answer
    error = answer.json.get("error")
    raise ServiceError(response.status_code, error if isinstance(error, dict) else {})


def _result(answer: Answer) -> Answer:
    status = answer.get("status")
    if status == "failed":
        raise ServiceError(500, answer["error"])
    if status == "cancelled":
        raise ServiceError(499, {"code": "cancelled", "message": "the job was cancelled"})
    return Answer(json.dumps(answer["result"]).encode(), answer.media_type) if status == "done" else answer
