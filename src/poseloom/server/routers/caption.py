"""``/v1/caption``: what a learned model says of poses."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.requests import ModelName, OfPoses, Seed
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])


class CaptionRequest(OfPoses):
    """Poses that a model puts into words."""

    seed: Seed = 0
    beams: Annotated[int, Field(ge=1, le=16, description="texts that are followed side by side")] = 1
    top_k: Annotated[int, Field(ge=0, le=1000, description="draw among this many most probable words")] = 0
    top_p: Annotated[float, Field(ge=1e-6, le=1, allow_inf_nan=False)] = 1.0
    temperature: Annotated[float, Field(ge=0.01, le=10, allow_inf_nan=False)] = 1.0
    model: ModelName = "captioning"


@router.post("/v1/caption", summary="What a learned model says of poses")
async def caption(asked: CaptionRequest, service: Shared) -> JSONResponse:
    """A text for each pose."""
    motion = asked.motion(service.settings)
    model = service.model(asked.model, "captioning")
    words = {name: getattr(asked, name) for name in ("beams", "top_k", "top_p", "temperature", "seed")}
    return JSONResponse(await service.models.run(lambda: api.caption(motion, model=model, **words).as_json()))
