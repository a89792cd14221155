"""``/v1/check`` and ``/v1/describe-motion``: clips judged by sentences, and told phase by phase."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.poses import ClipJson
from poseloom.server.requests import Request, at_most
from poseloom.server.service import Shared

router = APIRouter(tags=["motion"])
_SENTENCES = 50


class MotionRequest(Request):
    """A clip."""

    clip: ClipJson


class CheckRequest(MotionRequest):
    """A clip and what must hold of it."""

    sentences: Annotated[list[Annotated[str, Field(max_length=300)]], Field(min_length=1, max_length=_SENTENCES)]
    each: Literal["repetition", "frame", "clip"] = "repetition"


@router.post("/v1/check", summary="Judge a motion by sentences")
async def check(asked: CheckRequest, service: Shared) -> JSONResponse:
    """Whether each sentence holds, repetition by repetition, with the value that was measured and what to do."""
    at_most(len(asked.clip.poses), service.settings.most_frames, "frames", "clip.poses")

    def checked() -> dict:
        return api.check(asked.clip.clip(), asked.sentences, each=asked.each).as_json()

    return JSONResponse(await service.heavy.run(checked))


@router.post("/v1/describe-motion", summary="Tell a clip phase by phase")
async def describe_motion(asked: MotionRequest, service: Shared) -> JSONResponse:
    """Phases with their times, steps and repetitions counted."""
    at_most(len(asked.clip.poses), service.settings.most_frames, "frames", "clip.poses")
    return JSONResponse(await service.heavy.run(lambda: api.describe_motion(asked.clip.clip()).as_json()))
