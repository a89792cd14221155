"""``/v1/sign``: HamNoSys explained and signed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.poses import pose_json
from poseloom.server.requests import Request
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.words import SignAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["sign"], route_class=BodyRoute)


class SignRequest(Request):
    """A string of HamNoSys: symbols of its font, or their names."""

    model_config = example({"hamnosys": "flathand extfingerl palml chest touch"})

    hamnosys: Annotated[str, Field(min_length=1, max_length=5000)]
    strict: bool = Field(False, description="slips that are passed over count as mistakes")
    poses: bool = Field(True, description="also the body that signs; without, the string is only explained")


@router.post("/v1/sign", summary="Sign HamNoSys, and say it in English", responses=answers(SignAnswer))
async def sign(asked: SignRequest, service: Shared) -> Response:
    """``hamnosys``, ``says``, and with ``poses``: ``frames``, ``fps``, ``signs`` (their spans), ``poses``."""

    def signed() -> dict[str, Any]:
        if not asked.poses:
            return api.explain(asked.hamnosys, strict=asked.strict).as_json()
        made = api.sign(asked.hamnosys, strict=asked.strict)
        told = made.as_json()
        notes = told.pop("notes")
        return {**told, "poses": pose_json(made.clip.pose), "notes": notes}

    return await json_from(service.heavy, signed)
