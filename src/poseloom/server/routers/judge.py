"""``/v1/judge``: which facts of a text hold for poses, which changes of an instruction were made."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.poses import PoseJson, together
from poseloom.server.requests import Request, Text, at_most
from poseloom.server.service import Shared

router = APIRouter(tags=["words"])
Poses = Annotated[list[PoseJson], Field(min_length=1)]


class JudgeRequest(Request):
    """Words and the poses that they are about."""

    text: Text
    poses: Poses
    poses_after: Poses | None = Field(None, description="what an instruction led to: one for each pose")


@router.post("/v1/judge", summary="Which facts of a text hold for poses")
async def judge(asked: JudgeRequest, service: Shared) -> JSONResponse:
    """``facts``: each statement that was read; ``poses``: for each pose how many hold, and which."""
    for name in ("poses", "poses_after"):
        at_most(len(getattr(asked, name) or ()), service.settings.most_poses, "poses", name)

    def judged() -> dict:
        after = None if asked.poses_after is None else together([one.pose() for one in asked.poses_after])
        return api.judge(asked.text, together([one.pose() for one in asked.poses]), after).as_json()

    return JSONResponse(await service.rules.run(judged))
