"""The service on a port, until it is told to stop."""

from __future__ import annotations

import socket

import uvicorn
from starlette.types import ASGIApp

from poseloom.base.errors import PoseloomError
from poseloom.server.settings import Settings

_SECONDS_TO_FINISH = 10
_WAITING = 2048
"""Connections that are not answered yet."""
_LARGEST_MESSAGE = 4 << 20
"""Bytes of a message through a socket, before it is looked at."""


def listening_socket(settings: Settings) -> socket.socket:
    """The port, taken.

    Raises:
        PoseloomError: it is in use, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
        taken.listen(_WAITING)  # whoever is told the address may ask at once
    except OSError as error:
        taken.close()
        raise PoseloomError(
            f"{settings.host}:{settings.port} cannot be listened on: {error.strerror}; --port names another port, "
            "--port 0 takes a free one"
        ) from None
    return taken


def serve(app: ASGIApp, on: socket.socket) -> None:
    """Answer requests on a socket until SIGINT or SIGTERM; what runs then may finish."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        ws_max_size=_LARGEST_MESSAGE,
        lifespan="on",
    )
    uvicorn.Server(config).run(sockets=[on])
