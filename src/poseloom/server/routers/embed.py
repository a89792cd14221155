"""``/v1/embed``: texts and poses as vectors of one space."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.errors import RefusalError
from poseloom.server.poses import PoseJson, together
from poseloom.server.requests import ModelName, Request, Text, at_most
from poseloom.server.service import Shared

router = APIRouter(tags=["models"])


class EmbedRequest(Request):
    """Texts or poses; both only for a model of the task ``embedding``, which takes them together."""

    texts: Annotated[list[Text], Field(min_length=1)] | None = None
    poses: Annotated[list[PoseJson], Field(min_length=1)] | None = None
    model: ModelName = "retrieval"


@router.post("/v1/embed", summary="Texts and poses as vectors of one space")
async def embed(asked: EmbedRequest, service: Shared) -> JSONResponse:
    """``dimensions`` and ``vectors``, unit vectors whose products say how alike words and poses are."""
    if asked.texts is None and asked.poses is None:
        raise RefusalError(422, "give texts or poses", "texts")
    for name in ("texts", "poses"):
        at_most(len(getattr(asked, name) or ()), service.settings.most_poses, name, name)
    model = service.model(asked.model)

    def embedded() -> dict:
        opened = api.load_model(model)
        poses = None if asked.poses is None else together([one.pose() for one in asked.poses])
        if opened.task == "embedding":
            return opened.embed(pose=poses, text=asked.texts).as_json()
        if opened.task != "retrieval":
            raise RefusalError(422, f"the model {asked.model!r} is of the task {opened.task}, not of a space", "model")
        if asked.texts is not None and poses is not None:
            raise RefusalError(422, "this model takes texts or poses, not both together", "texts")
        return (opened.embed_texts(asked.texts) if poses is None else opened.embed_poses(poses)).as_json()

    return JSONResponse(await service.models.run(embedded))
