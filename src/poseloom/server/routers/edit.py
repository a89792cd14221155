"""``/v1/edit``: a pose changed by an instruction."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.poses import PoseJson
from poseloom.server.requests import Request, Seed, Text
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import STANDING
from poseloom.server.schemas.poses import EditAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["models"], route_class=BodyRoute)
MOST = 64
"""Poses of one request."""


class EditRequest(Request):
    """A pose and what to change."""

    model_config = example({"pose": STANDING, "instruction": "raise the left arm"})

    pose: PoseJson
    instruction: Text
    n: Annotated[int, Field(ge=1, le=MOST)] = 1
    seed: Seed = 0
    verify: bool = Field(False, description="draw more, check them by the geometry, give the best")
    anyway: bool = Field(False, description="change the pose even where nothing is understood")


@router.post("/v1/edit", summary="A pose changed as an instruction says", responses=answers(EditAnswer))
async def edit(asked: EditRequest, service: Shared) -> Response:
    """Changed poses with the heading, place, hands and shape of the given one."""

    def made() -> dict[str, Any]:
        result = api.edit(
            asked.pose.pose(), asked.instruction, asked.n, asked.seed, verify=asked.verify, anyway=asked.anyway
        )
        return result.as_json()

    return await json_from(service.models, made)
