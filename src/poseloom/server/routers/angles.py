"""``/v1/angles``: the anatomical angles of poses, in degrees."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.formats.angle_files import WRITERS
from poseloom.pose import Clip
from poseloom.server.bodies import BodyRoute
from poseloom.server.requests import OfPoses
from poseloom.server.routers.convert import attachment
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import MOTION, SQUATTING
from poseloom.server.schemas.poses import AnglesAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["motion"], route_class=BodyRoute)
_MEDIA = {"json": "application/json", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


class AnglesRequest(OfPoses):
    """Poses whose joints are measured."""

    model_config = example({"pose": SQUATTING}, {"clip": MOTION, "format": "csv"})

    format: Literal["json", "csv", "parquet"] = Field("json", description="csv and parquet are files")


@router.post(
    "/v1/angles",
    summary="The 57 anatomical angles of each pose",
    response_class=Response,
    responses=answers(AnglesAnswer, "text/csv", "application/vnd.apache.parquet"),
)
async def angles(asked: AnglesRequest, service: Shared) -> Response:
    """``unit``, ``definitions``, ``seconds`` and ``angles``, a list a name; or a file."""

    def measured() -> bytes:
        motion = asked.motion(service.settings)
        clip = motion if isinstance(motion, Clip) else Clip(motion.reshape(-1))
        return WRITERS[f".{asked.format}"](api.angles(clip))

    content = await service.heavy.run(measured)
    headers = {} if asked.format == "json" else attachment("angles", f".{asked.format}")
    return Response(content, media_type=_MEDIA[asked.format], headers=headers)
