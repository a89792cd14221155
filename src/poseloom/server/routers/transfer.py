"""``/v1/transfer``: the person of a photo in another pose."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError

from poseloom import api
from poseloom.results.transferred import Transferred
from poseloom.server.errors import RefusalError, invalid
from poseloom.server.pictures import png_of
from poseloom.server.poses import PoseJson
from poseloom.server.requests import LONGEST_TEXT
from poseloom.server.routers.people import read_boxes
from poseloom.server.schemas.common import answers, form_example
from poseloom.server.schemas.pictures import TransferAnswer
from poseloom.server.service import Shared
from poseloom.server.uploads import received_picture

router = APIRouter(tags=["pictures"])
_LONGEST_POSE = 100_000


@router.post(
    "/v1/transfer",
    summary="The person of a photo in another pose",
    response_model=None,
    responses=answers(TransferAnswer, "image/png"),
    openapi_extra=form_example(file="photo.jpg", text="both arms raised"),
)
async def transfer(
    service: Shared,
    file: Annotated[UploadFile, File(description="a photo with a person")],
    text: Annotated[str | None, Form(max_length=LONGEST_TEXT, description="the pose in words")] = None,
    pose: Annotated[str | None, Form(max_length=_LONGEST_POSE, description="or the pose as JSON")] = None,
    box: Annotated[str | None, Form(max_length=200, description="JSON: [[x, y, width, height]]")] = None,
    seed: Annotated[int, Form(ge=0, lt=1 << 63)] = 0,
    keep_heading: Annotated[bool, Form(description="the person keeps looking where they look")] = True,
    format: Annotated[Literal["json", "png"], Form(description="json carries the picture as a data URL")] = "json",
) -> Response:
    """The picture, and where the joints were and are."""
    if (text is None) == (pose is None):
        raise RefusalError(422, "give either text or pose", "text")
    target = text if text is not None else _pose(pose or "").pose()
    upload = await received_picture(file, service.settings)
    boxes = read_boxes(box, "box")
    given = boxes[0] if boxes else None

    def transferred() -> Transferred:
        return api.transfer(upload.content, target, box=given, seed=seed, keep_heading=keep_heading, from_files=False)

    made = await service.heavy.run(transferred)
    picture = await service.heavy.run(png_of, made.picture)
    if format == "png":
        return Response(picture, media_type="image/png")
    told: dict[str, Any] = made.as_json()
    return JSONResponse({"picture": f"data:image/png;base64,{b64encode(picture).decode()}", **told})


def _pose(text: str) -> PoseJson:
    try:
        return PoseJson.model_validate_json(text)
    except ValidationError as error:
        rows = [{**one, "loc": ("body", "pose", *one["loc"])} for one in error.errors(include_url=False)]
        raise invalid(rows) from None
