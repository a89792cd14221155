"""``/v1/search``: rows of an index by words, by a pose, or by both."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.pose import Pose
from poseloom.server.answers import json_from
from poseloom.server.bodies import PICTURES, BodyRoute, with_pictures
from poseloom.server.errors import RefusalError, plain_names
from poseloom.server.poses import PoseJson, pose_json
from poseloom.server.requests import Box, ModelName, Text
from poseloom.server.requests import Request as Asked
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.libraries import IndexesAnswer
from poseloom.server.schemas.poses import SearchAnswer
from poseloom.server.service import Service, Shared
from poseloom.server.uploads import Upload, pictures_of

if TYPE_CHECKING:
    from poseloom.results.found import Found
    from poseloom.search.index import Index

router = APIRouter(tags=["search"], route_class=BodyRoute)
_DEEP = 2000
"""Rows that meet the words among which the pose decides, where both are asked for."""


class SearchRequest(Asked):
    """What to look for: words, a pose, a picture beside it, in any mixture."""

    model_config = example({"index": "poses", "text": "both arms raised", "k": 5})

    index: Annotated[str, Field(max_length=200, description="a name that `GET /v1/indexes` lists")]
    text: Text | None = None
    pose: PoseJson | None = None
    box: Box | None = Field(None, description="of the person in the picture; the largest person by default")
    k: Annotated[int, Field(ge=1, le=200)] = 10
    where: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] = Field(
        [], description='conditions on the metadata, such as "split=train"'
    )
    near: bool = Field(False, description="the nearest rows where none meets the words")
    mirrored: bool = Field(False, description="rows like the mirrored pose count as well")
    statements: bool = Field(False, description="read the words as statements, also in an index of learned vectors")
    blend: bool = Field(False, description="words and a picture or pose make one vector, instead of a changed body")
    model: ModelName | None = None
    table: Annotated[str | None, Field(max_length=200, description="take each hit's pose from this table")] = None


@router.get("/v1/indexes", summary="The indexes that may be searched", responses=answers(IndexesAnswer))
async def indexes(service: Shared) -> Response:
    """``indexes``: rows of ``name``, ``rows``, ``metadata`` (what can be filtered by), ``vectors``."""
    return await json_from(service.heavy, lambda: {"indexes": [_listed(service, one) for one in _names(service)]})


def _names(service: Service) -> tuple[str, ...]:
    return service.libraries.index_names


def _listed(service: Service, name: str) -> dict[str, Any]:
    from poseloom.server.errors import refusal_of

    try:
        index = service.libraries.index(name)
        names = {"metadata": index.metadata_names(), "vectors": index.manifest.embedder}
        return {"name": name, "rows": len(index), **names}
    except Exception as error:
        return {"name": name, **refusal_of(error).as_json()}


@router.post(
    "/v1/search",
    summary="Find poses by words, a pose, a picture, or any of them together",
    responses=answers(SearchAnswer),
    openapi_extra=with_pictures(SearchRequest, index="people", text="but with both arms raised"),
)
async def search(asked: SearchRequest, request: Request, service: Shared) -> Response:
    """``hits``: rows of ``id``, ``row``, ``score``, ``text``, ``metadata``, with ``table`` also ``pose``."""
    pictures = pictures_of(request)
    if len(pictures) > 1:
        raise RefusalError(422, f"a question has one picture, got {len(pictures)}", PICTURES)
    if asked.text is None and asked.pose is None and not pictures:
        raise RefusalError(422, "give text, a pose, a picture, or several of them", "text")
    model = None if asked.model is None else service.model(asked.model)

    def found() -> dict[str, Any]:
        made = _found(service.libraries.index(asked.index), asked, pictures, model)
        told: dict[str, Any] = {"hits": plain_names([hit.as_json() for hit in made])}
        told |= {name: list(getattr(made, name)) for name in ("understood", "plain", "unknown")}
        if asked.table is not None:
            _add_poses(told["hits"], asked.table, service)
        return {**told, "notes": list(made.notes)}

    return await json_from(service.heavy, found)


def _found(index: Index, asked: SearchRequest, pictures: list[Upload], model: Any) -> Found:
    """By one thing, or by a mixture where the index is of one space; by words and a pose in any index."""
    from poseloom.checkpoints.space_index import is_of_space

    pose = None if asked.pose is None else asked.pose.pose()
    options: dict[str, Any] = {"where": asked.where, "model": model}
    options |= {name: getattr(asked, name) for name in ("near", "mirrored", "statements", "blend")}
    if asked.text is not None and pose is not None and not pictures and not is_of_space(index):
        return _by_both(index, asked, pose, options)
    with ExitStack() as files:
        image = files.enter_context(pictures[0].as_file()) if pictures else None
        return api.find(None, index, asked.k, image=image, pose=pose, text=asked.text, box=asked.box, **options)


def _by_both(index: Index, asked: SearchRequest, pose: Pose, options: dict[str, Any]) -> Found:
    """Rows that meet the words, ordered by how like the pose they are."""
    by_words = api.find(asked.text, index, _DEEP, **{**options, "mirrored": False})
    by_pose = api.find(pose, index, len(index), **{**options, "near": False, "statements": False})
    wanted = {hit.row: hit.score for hit in by_words}
    both = [replace(hit, score=hit.score * wanted[hit.row]) for hit in by_pose if hit.row in wanted]
    both.sort(key=lambda hit: (-hit.score, hit.row))
    return replace(by_words, hits=tuple(both[: asked.k]))


def _add_poses(hits: list[dict[str, Any]], name: str, service: Service) -> None:
    from poseloom.search.tables import places_in

    places = places_in([service.libraries.table(name)], [hit["id"] for hit in hits])
    for hit, place in zip(hits, places, strict=True):
        pose = None if place is None else place[0].row(place[1]).pose
        hit["pose"] = None if pose is None else pose_json(pose.reshape(1))[0]
