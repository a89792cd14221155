"""``/v1/generate``: poses from words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.requests import Request, Seed, Text
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])
MOST = 64
"""Poses of one request."""


class GenerateRequest(Request):
    """What the poses should be."""

    text: Text
    n: Annotated[int, Field(ge=1, le=MOST)] = 4
    seed: Seed = 0
    verify: bool = Field(False, description="draw more, check them by the geometry, give the best")
    anyway: bool = Field(False, description="draw people even where nothing of the text is understood")


@router.post("/v1/generate", summary="Poses that a text tells of")
async def generate(asked: GenerateRequest, service: Shared) -> JSONResponse:
    """Poses, which facts of the text hold for each, what was understood and what not."""

    def made() -> dict:
        result = api.generate(asked.text, asked.n, asked.seed, verify=asked.verify, anyway=asked.anyway)
        return result.as_json()

    return JSONResponse(await service.models.run(made))
