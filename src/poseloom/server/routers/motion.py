"""``/v1/check`` and ``/v1/describe-motion``: clips judged by sentences, and told phase by phase."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.poses import ClipJson
from poseloom.server.requests import Request, at_most
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import MOTION
from poseloom.server.schemas.words import CheckAnswer, MotionAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["motion"], route_class=BodyRoute)
_SENTENCES = 50


class MotionRequest(Request):
    """A clip."""

    model_config = example({"clip": MOTION})

    clip: ClipJson


class CheckRequest(MotionRequest):
    """A clip and what must hold of it."""

    model_config = example({"clip": MOTION, "sentences": ["both knees bent past 90 degrees"]})

    sentences: Annotated[list[Annotated[str, Field(max_length=300)]], Field(min_length=1, max_length=_SENTENCES)]
    each: Literal["repetition", "frame", "clip"] = "repetition"


@router.post("/v1/check", summary="Judge a motion by sentences", responses=answers(CheckAnswer))
async def check(asked: CheckRequest, service: Shared) -> Response:
    """Whether each sentence holds, repetition by repetition, with the value that was measured and what to do."""
    at_most(len(asked.clip.poses), service.settings.most_frames, "frames", "clip.poses")

    def checked() -> dict[str, Any]:
        return api.check(asked.clip.clip(), asked.sentences, each=asked.each).as_json()

    return await json_from(service.heavy, checked)


@router.post("/v1/describe-motion", summary="Tell a clip phase by phase", responses=answers(MotionAnswer))
async def describe_motion(asked: MotionRequest, service: Shared) -> Response:
    """Phases with their times, steps and repetitions counted."""
    at_most(len(asked.clip.poses), service.settings.most_frames, "frames", "clip.poses")
    return await json_from(service.heavy, lambda: api.describe_motion(asked.clip.clip()).as_json())
