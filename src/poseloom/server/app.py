"""The ASGI application: one router a capability, checked and bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import import_module

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from poseloom import __version__
from poseloom.server.errors import add_handlers
from poseloom.server.guard import Guard
from poseloom.server.live import LiveKind, live_router
from poseloom.server.observing import Figures, Observer
from poseloom.server.routers import ROUTERS
from poseloom.server.schemas.common import ERRORS
from poseloom.server.service import Service
from poseloom.server.settings import Settings

DESCRIPTION = """Human pose across language, 3D bodies, images and sign.

Poses are JSON: local axis-angle rotations in radians of 22 or 52 joints, metres, +Y up. Results have the keys that the
commands print with `--json`. Errors are `{"error": {"code", "message", "field"}}`.
"""


def create_app(settings: Settings | None = None, *, mounts: Mapping[str, ASGIApp] | None = None) -> FastAPI:
    """The service as an ASGI application.

    Args:
        settings: what may be asked for, and by whom; the safe defaults if None.
        mounts: other applications by the path below which they answer, such as ``{"/": StaticFiles(...)}``. They come
            after the service's own endpoints, behind the same checks.

    Raises:
        PoseloomError: a setting out of its range.
    """
    settings = settings or Settings()
    service = Service(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="poseloom",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        responses=ERRORS,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    kinds: dict[str, LiveKind] = {}
    for name in ROUTERS:
        module = import_module(f"poseloom.server.routers.{name}")
        router: APIRouter = module.router
        app.include_router(router)
        kinds.update(getattr(module, "LIVE", {}))
    app.include_router(live_router(kinds))
    add_handlers(app)
    app.state.figures = Figures(service)
    app.add_middleware(Guard, settings=settings)
    if settings.allowed_origins:
        origins = [one.rstrip("/") for one in settings.allowed_origins]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_methods=["*"], allow_headers=["*"])
    app.add_middleware(Observer, figures=app.state.figures)
    for path, other in (mounts or {}).items():
        app.mount(path, other)
    return app
