"""``/v1/health`` and ``/metrics``: for those who run the service."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from poseloom import __version__
from poseloom.server.schemas.common import answers
from poseloom.server.schemas.libraries import HealthAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["service"])
_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "text of Prometheus's format", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


@router.get("/v1/health", summary="Whether the service answers", responses=answers(HealthAnswer))
async def health(service: Shared) -> JSONResponse:
    """``status``, ``version``, ``waiting``: calls in each queue."""
    waiting = {pool.name: pool.waiting for pool in service.pools}
    return JSONResponse({"status": "ok", "version": __version__, "waiting": waiting})


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response, responses=_TEXT)
async def metrics(request: Request) -> PlainTextResponse:
    """Requests by route and status, their times, queues, batches, jobs."""
    return PlainTextResponse(request.app.state.figures.text(), media_type=CONTENT_TYPE_LATEST)
