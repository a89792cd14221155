"""``/v1/jobs``: long work, how far it is, what it gave; and how to stop it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse

from poseloom.server.schemas.common import answers
from poseloom.server.schemas.libraries import JobAnswer, JobsAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["jobs"])
Id = Annotated[str, Path(max_length=100, examples=["2xq6nJ0uWm7BvYhC"], description="that the job was begun with")]


@router.get("/v1/jobs", summary="The jobs that are kept", responses=answers(JobsAnswer))
async def jobs(service: Shared) -> JSONResponse:
    """``jobs``: rows of ``id``, ``kind``, ``status`` and ``progress``, the oldest first."""
    return JSONResponse({"jobs": [job.as_json(whole=False) for job in service.jobs.all()]})


@router.get("/v1/jobs/{id}", summary="How far a job is, and what it gave", responses=answers(JobAnswer))
async def job(id: Id, service: Shared) -> JSONResponse:
    """``status``: waiting, running, done (with ``result``), failed (with ``error``) or cancelled; ``progress``."""
    return JSONResponse(service.jobs.get(id).as_json())


@router.delete("/v1/jobs/{id}", summary="Stop a job, or forget one that is over", responses=answers(JobAnswer))
async def cancel(id: Id, service: Shared) -> JSONResponse:
    """The job; one that runs stops at its next step."""
    return JSONResponse(service.jobs.cancel(id).as_json(whole=False))
