"""``/v1/live``: a socket for drags. Of messages ``{id, kind, ...}`` only the newest waiting one of a kind is answered.

The rest of a message is what the endpoint of the kind takes. Answers: ``{id, kind, result}``, ``{id, kind, error}``;
messages that a newer one of their kind overtook are not answered. Bad messages are answered and leave the socket open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from poseloom.server.errors import RefusalError, invalid, refusal_of
from poseloom.server.guard import KEY_PROTOCOL
from poseloom.server.service import Service

LARGEST_MESSAGE = 1 << 20
_LONGEST_ID = 100
TRY_AGAIN_LATER = 1013
"""Code with which a socket is closed."""


@dataclass(frozen=True)
class LiveKind:
    """What may be asked through the socket.

    Args:
        request: the rest of a message.
        answer: answers it, as the endpoint does.
    """

    request: type[BaseModel]
    answer: Callable[[Service, Any], Awaitable[Mapping[str, Any]]]


class _Connection:
    """One client: a worker for each kind, which takes the newest message of it."""

    def __init__(self, socket: WebSocket, service: Service, kinds: Mapping[str, LiveKind]) -> None:
        self._socket, self._service, self._kinds = socket, service, kinds
        self._newest: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Until the client goes."""
        try:
            while True:
                await self._take(await self._socket.receive())
        except WebSocketDisconnect:
            pass
        finally:
            for worker in self._workers.values():
                worker.cancel()

    async def _take(self, event: Mapping[str, Any]) -> None:
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1000))
        number, kind = None, None
        try:
            message = _message(event)
            number, kind = message.pop("id", None), message.pop("kind", None)
            if isinstance(number, bool) or not (number is None or isinstance(number, int | str)):
                number, kind = None, None
                raise RefusalError(422, "expected a number or a text", "id")
            if isinstance(number, str) and len(number) > _LONGEST_ID:
                number = None
                raise RefusalError(422, f"expected at most {_LONGEST_ID} characters", "id")
            if not isinstance(kind, str) or kind not in self._kinds:
                kind = None
                raise RefusalError(422, f"expected one of {', '.join(self._kinds)}", "kind")
        except RefusalError as refusal:
            await self._send(number, kind, refusal.as_json())
            return
        self._newest[kind] = (number, message)
        worker = self._workers.get(kind)
        if worker is None or worker.done():
            self._workers[kind] = asyncio.create_task(self._work(kind))

    async def _work(self, kind: str) -> None:
        live = self._kinds[kind]
        while kind in self._newest:
            number, message = self._newest.pop(kind)
            try:
                answer = {"result": await live.answer(self._service, live.request.model_validate(message))}
            except ValidationError as error:
                rows = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
                answer = invalid(rows).as_json()
            except Exception as error:
                answer = refusal_of(error).as_json()
            await self._send(number, kind, answer)

    async def _send(self, number: Any, kind: str | None, answer: Mapping[str, Any]) -> None:
        text = json.dumps({"id": number, "kind": kind, **answer}, allow_nan=False, separators=(",", ":"))
        async with self._sending:
            await self._socket.send_text(text)


def _message(event: Mapping[str, Any]) -> dict[str, Any]:
    text = event.get("text")
    if text is None:
        raise RefusalError(422, "expected text with JSON, got bytes")
    if len(text) > LARGEST_MESSAGE:
        raise RefusalError(413, f"a message holds at most {LARGEST_MESSAGE >> 10} KiB")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusalError(400, "the message is not JSON", code="bad_json") from None
    if not isinstance(message, dict):
        raise RefusalError(422, 'expected an object such as {"id": 1, "kind": "describe", "pose": {...}}')
    return message


def live_router(kinds: Mapping[str, LiveKind]) -> APIRouter:
    """The endpoint for these kinds."""
    router = APIRouter()
    open_sockets: set[WebSocket] = set()

    @router.websocket("/v1/live")
    async def live(socket: WebSocket) -> None:
        offered = socket.scope.get("subprotocols", ())
        service: Service = socket.app.state.service
        if len(open_sockets) >= service.settings.sockets:
            await socket.close(TRY_AGAIN_LATER, "too many sockets are open; come back later, or use POST")
            return
        await socket.accept(subprotocol=next((one for one in offered if one.startswith(KEY_PROTOCOL)), None))
        open_sockets.add(socket)
        try:
            await _Connection(socket, service, kinds).serve()
        finally:
            open_sockets.discard(socket)

    return router
