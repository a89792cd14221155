"""``/v1/judge``: which facts of a text hold for poses, which changes of an instruction were made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.poses import PosesJson, together
from poseloom.server.requests import Request, Text, at_most
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import SQUATTING, STANDING
from poseloom.server.schemas.words import JudgeAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["words"], route_class=BodyRoute)


class JudgeRequest(Request):
    """Words and the poses that they are about."""

    model_config = example({"text": "The person is squatting.", "poses": [SQUATTING, STANDING]})

    text: Text
    poses: PosesJson
    poses_after: PosesJson | None = Field(None, description="what an instruction led to: one for each pose")


@router.post("/v1/judge", summary="Which facts of a text hold for poses", responses=answers(JudgeAnswer))
async def judge(asked: JudgeRequest, service: Shared) -> Response:
    """``facts``: each statement that was read; ``poses``: for each pose how many hold, and which."""
    for name in ("poses", "poses_after"):
        at_most(len(getattr(asked, name) or ()), service.settings.most_poses, "poses", name)

    def judged() -> dict[str, Any]:
        after = None if asked.poses_after is None else together([one.pose() for one in asked.poses_after])
        return api.judge(asked.text, together([one.pose() for one in asked.poses]), after).as_json()

    return await json_from(service.rules, judged)
