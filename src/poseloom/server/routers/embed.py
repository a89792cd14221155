"""``/v1/embed``: texts, poses and pictures as vectors of one space."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute, with_pictures
from poseloom.server.errors import RefusalError
from poseloom.server.poses import MOST_ROWS, PosesJson, together
from poseloom.server.requests import Box, ModelName, Text, at_most
from poseloom.server.requests import Request as Asked
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import SQUATTING
from poseloom.server.schemas.poses import EmbedAnswer
from poseloom.server.service import Shared
from poseloom.server.uploads import Upload, pictures_of

if TYPE_CHECKING:
    from poseloom.results.vectors import Embedded

router = APIRouter(tags=["models"], route_class=BodyRoute)
_SPACE = "embedding"


class EmbedRequest(Asked):
    """Texts or poses; for a model of the task ``embedding`` any mixture with pictures, as many of each, which belong
    together one by one."""

    model_config = example({"texts": ["a deep squat"]}, {"poses": [SQUATTING]})

    texts: Annotated[list[Text], Field(min_length=1, max_length=MOST_ROWS)] | None = None
    poses: PosesJson | None = None
    boxes: Annotated[list[Box | None], Field(max_length=64)] | None = Field(
        None, description="of the person in each picture; the largest person by default"
    )
    target: Literal["image", "pose", "text"] | None = Field(
        None, description="what is looked for with the vectors; what all has in common by default"
    )
    model: ModelName | None = Field(
        None, description="a name that `GET /v1/models` lists; by default retrieval, with pictures embedding"
    )


@router.post(
    "/v1/embed",
    summary="Texts, poses and pictures as vectors of one space",
    responses=answers(EmbedAnswer),
    openapi_extra=with_pictures(EmbedRequest, texts=["with both arms raised"]),
)
async def embed(asked: EmbedRequest, request: Request, service: Shared) -> Response:
    """``dimensions`` and ``vectors``, unit vectors whose products say how alike words, poses and pictures are."""
    pictures = pictures_of(request)
    if asked.texts is None and asked.poses is None and not pictures:
        raise RefusalError(422, "give texts, poses or pictures", "texts")
    for name in ("texts", "poses"):
        at_most(len(getattr(asked, name) or ()), service.settings.most_poses, name, name)
    name = asked.model or (_SPACE if pictures else "retrieval")
    model = service.model(name)

    def embedded() -> dict[str, Any]:
        opened = api.load_model(model)
        if opened.task == _SPACE:
            return _mixed(opened, asked, pictures).as_json()
        if opened.task != "retrieval":
            raise RefusalError(422, f"the model {name!r} is of the task {opened.task}, not of a space", "model")
        if pictures or asked.boxes is not None or asked.target is not None:
            raise RefusalError(422, f"the model {name!r} knows no pictures; ask the model {_SPACE!r}", "model")
        if asked.texts is not None and asked.poses is not None:
            raise RefusalError(422, "this model takes texts or poses, not both together", "texts")
        if asked.texts is not None:
            return opened.embed_texts(asked.texts).as_json()
        return opened.embed_poses(together([one.pose() for one in asked.poses or ()])).as_json()

    return await json_from(service.models, embedded)


def _mixed(space: Any, asked: EmbedRequest, pictures: list[Upload]) -> Embedded:
    """Whatever was given, one by one."""
    poses = None if asked.poses is None else together([one.pose() for one in asked.poses])
    with ExitStack() as files:
        paths = [files.enter_context(one.as_file()) for one in pictures] or None
        return space.embed(image=paths, pose=poses, text=asked.texts, boxes=asked.boxes, target=asked.target)
