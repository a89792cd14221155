"""``/v1/edit``: a pose changed by an instruction."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.poses import PoseJson
from poseloom.server.requests import Request, Seed, Text
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])
MOST = 64
"""Poses of one request."""


class EditRequest(Request):
    """A pose and what to change."""

    pose: PoseJson
    instruction: Text
    n: Annotated[int, Field(ge=1, le=MOST)] = 1
    seed: Seed = 0
    verify: bool = Field(False, description="draw more, check them by the geometry, give the best")
    anyway: bool = Field(False, description="change the pose even where nothing is understood")


@router.post("/v1/edit", summary="A pose changed as an instruction says")
async def edit(asked: EditRequest, service: Shared) -> JSONResponse:
    """Changed poses with the heading, place, hands and shape of the given one."""
    pose = asked.pose.pose()

    def made() -> dict:
        result = api.edit(pose, asked.instruction, asked.n, asked.seed, verify=asked.verify, anyway=asked.anyway)
        return result.as_json()

    return JSONResponse(await service.models.run(made))
