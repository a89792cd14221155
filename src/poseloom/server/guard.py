"""Who may ask: hosts, origins and keys checked before anything is read, for sockets as well; bodies bounded."""

from __future__ import annotations

import asyncio
import hmac
import time
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from poseloom.server.errors import RefusalError
from poseloom.server.settings import Settings

_WITHOUT_KEY = ("/v1/health",)
POLICY_VIOLATION = 1008
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Guard:
    """ASGI middleware that lets only permitted requests through.

    Any page in a browser can reach a loopback server, by its address or by a name that its owner lets point there: so
    the ``Host`` must be one of ours, and an ``Origin``, where there is one, the service's own or a permitted one.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._origins = frozenset(one.rstrip("/").lower() for one in settings.allowed_origins)
        self._held = _Held(settings.largest_together)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refused(scope, headers)
        if refusal is None and scope["type"] == "http":
            body = _Body(receive, self._largest(headers), self._settings.seconds, self._held)
            try:
                await self._app(scope, body, body.watched(send, scope))
            finally:
                self._held.bytes -= body.bytes
        elif refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.message[:120]})
        else:
            await refusal.response()(scope, receive, send)

    def _largest(self, headers: dict[str, str]) -> int:
        """Bytes that a request may have: uploads more than others."""
        settings = self._settings
        is_upload = headers.get("content-type", "").lower().startswith("multipart/")
        return settings.largest_body if is_upload else min(settings.largest_body, settings.largest_json)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> RefusalError | None:
        host = headers.get("host", "")
        if _name_of(host) not in self._settings.hosts:
            return RefusalError(
                403, f"the host {host[:80]!r} is not served; --allow-host NAME permits one", "Host", "host"
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_allowed(origin, host, scope["scheme"]):
            message = f"pages of {origin[:80]!r} may not ask; --allow-origin ORIGIN permits one"
            return RefusalError(403, message, "Origin", "origin")
        if scope["path"] not in _WITHOUT_KEY and not self._has_key(headers, scope):
            return RefusalError(
                401, "an API key is needed: Authorization: Bearer KEY, or X-API-Key: KEY", "Authorization"
            )
        length = headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._largest(headers):
            return _too_large(self._largest(headers))
        return None

    def _is_allowed(self, origin: str, host: str, scheme: str) -> bool:
        if origin.lower() in self._origins:
            return True
        parts = urlsplit(origin)
        page = {"ws": "http", "wss": "https"}.get(scheme, scheme)
        return parts.scheme == page and _with_port(parts.netloc, page) == _with_port(host, page)

    def _has_key(self, headers: dict[str, str], scope: Scope) -> bool:
        key = self._settings.api_key
        if key is None:
            return True
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        given = bearer.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")
        if not given and scope["type"] == "websocket":  # pages cannot set a socket's headers
            protocols = [one.strip() for one in headers.get("sec-websocket-protocol", "").split(",")]
            given = next((one.removeprefix(KEY_PROTOCOL) for one in protocols if one.startswith(KEY_PROTOCOL)), "")
        return hmac.compare_digest(given.encode("latin-1", "replace"), key.encode())


KEY_PROTOCOL = "poseloom-key."
"""Begins the subprotocol by which a page's socket brings the key."""


class _Held:
    """Bytes of the requests that are worked on.

    Args:
        most: of them; more are refused.
    """

    def __init__(self, most: int) -> None:
        self.bytes, self.most = 0, most


class _Body:
    """A request's body that is refused where it becomes too large, or does not come.

    Args:
        receive: gives its parts.
        largest: bytes.
        seconds: until it must be there.
        held: what other requests hold.
    """

    def __init__(self, receive: Receive, largest: int, seconds: float, held: _Held) -> None:
        self._receive, self._largest, self._held, self.bytes = receive, largest, held, 0
        self._until = time.monotonic() + seconds
        self._whole = False
        self._refusal: RefusalError | None = None

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # until the client goes
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._until - time.monotonic()))
        except asyncio.TimeoutError:
            self._refusal = RefusalError(408, "the request did not arrive in time")
            raise self._refusal from None
        more = len(message.get("body", b""))
        self.bytes += more
        self._held.bytes += more
        self._whole = not message.get("more_body", False)
        if self.bytes > self._largest:
            self._refusal = _too_large(self._largest)
            raise self._refusal
        if self._held.bytes > self._held.most:
            self._refusal = RefusalError(503, "the service holds as much as it can; come back in a second")
            raise self._refusal
        return message

    def watched(self, send: Send, scope: Scope) -> Send:
        """Sends the refusal instead of what the application makes of a body that it could not read."""
        told = False

        async def sent(message: Message) -> None:
            nonlocal told
            if self._refusal is None:
                await send(message)
            elif not told and message["type"] == "http.response.start":
                told = True
                await self._refusal.response()(scope, self._receive, send)

        return sent


def _too_large(largest: int) -> RefusalError:
    return RefusalError(413, f"the request is larger than {largest >> 20} MiB; send less, or start with --max-body")


def _name_of(host: str) -> str:
    """The name in a ``Host`` header, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _with_port(netloc: str, scheme: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(f"//{netloc}")
        return (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)
    except ValueError:
        return "", None
