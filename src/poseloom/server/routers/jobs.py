"""``/v1/jobs``: long work, how far it is, what it gave; and how to stop it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from poseloom.server.service import Shared

router = APIRouter(tags=["jobs"])


@router.get("/v1/jobs", summary="The jobs that are kept")
async def jobs(service: Shared) -> JSONResponse:
    """``jobs``: rows of ``id``, ``kind``, ``status`` and ``progress``, the oldest first."""
    return JSONResponse({"jobs": [job.as_json(whole=False) for job in service.jobs.all()]})


@router.get("/v1/jobs/{id}", summary="How far a job is, and what it gave")
async def job(id: str, service: Shared) -> JSONResponse:
    """``status``: waiting, running, done (with ``result``), failed (with ``error``) or cancelled; ``progress``."""
    return JSONResponse(service.jobs.get(id).as_json())


@router.delete("/v1/jobs/{id}", summary="Stop a job, or forget one that is over")
async def cancel(id: str, service: Shared) -> JSONResponse:
    """The job; one that runs stops at its next step."""
    return JSONResponse(service.jobs.cancel(id).as_json(whole=False))
