"""The service with the studio's page in front of it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from poseloom.server.app import create_app
from poseloom.server.settings import Settings

POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self' blob: data:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The page can ask its own server and nobody else, whatever is dropped on it."""


class _Page(StaticFiles):
    """Files of the page; a browser asks whether they are still those that it has."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-cache"
        return response


def static_folder() -> Path:
    """Where the page's files are."""
    return Path(str(resources.files("poseloom.studio") / "static"))


def create_studio(settings: Settings | None = None) -> FastAPI:
    """The service, and the studio at ``/``."""
    return create_app(settings, mounts={"/": _Page(directory=static_folder(), html=True)})
