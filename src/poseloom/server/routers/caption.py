"""``/v1/caption``: what a learned model says of poses."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.requests import ModelName, OfPoses, Seed
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import SQUATTING
from poseloom.server.schemas.words import TextsAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["models"], route_class=BodyRoute)


class CaptionRequest(OfPoses):
    """Poses that a model puts into words."""

    model_config = example({"pose": SQUATTING}, {"pose": SQUATTING, "top_k": 5, "seed": 1})

    seed: Seed = 0
    beams: Annotated[int, Field(ge=1, le=16, description="texts that are followed side by side")] = 1
    top_k: Annotated[int, Field(ge=0, le=1000, description="draw among this many most probable words")] = 0
    top_p: Annotated[float, Field(ge=1e-6, le=1, allow_inf_nan=False)] = 1.0
    temperature: Annotated[float, Field(ge=0.01, le=10, allow_inf_nan=False)] = 1.0
    checked: bool = Field(True, description="leave out sentences that the pose denies")
    model: ModelName = "captioning"


@router.post("/v1/caption", summary="What a learned model says of poses", responses=answers(TextsAnswer))
async def caption(asked: CaptionRequest, service: Shared) -> Response:
    """A text for each pose."""
    words = {name: getattr(asked, name) for name in ("beams", "top_k", "top_p", "temperature", "seed", "checked")}

    def captioned() -> dict[str, Any]:
        model = service.model(asked.model, "captioning")
        return api.caption(asked.motion(service.settings), model=model, **words).as_json()

    return await json_from(service.models, captioned)
