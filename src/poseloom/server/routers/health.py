"""``/v1/health``: whether the service answers, and what this installation can do."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from poseloom import __version__
from poseloom.server.service import Shared

router = APIRouter(tags=["service"])


@router.get("/v1/health", summary="Whether the service answers")
async def health(service: Shared) -> JSONResponse:
    """``status``, ``version``, ``waiting``: calls in each queue."""
    waiting = {pool.name: pool.waiting for pool in service.pools}
    return JSONResponse({"status": "ok", "version": __version__, "waiting": waiting})
