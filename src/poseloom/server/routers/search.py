"""``/v1/search``: rows of an index by words, by a pose, or by both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.pose import Pose
from poseloom.server.answers import json_from
from poseloom.server.errors import RefusalError
from poseloom.server.poses import PoseJson, pose_json
from poseloom.server.requests import ModelName, Request, Text
from poseloom.server.service import Service, Shared

if TYPE_CHECKING:
    from poseloom.results.found import Found
    from poseloom.search.index import Index

router = APIRouter(tags=["search"])
_DEEP = 2000
"""Rows that meet the words among which the pose decides, where both are asked for."""


class SearchRequest(Request):
    """What to look for: words, a pose, or both."""

    index: Annotated[str, Field(max_length=200, description="a name that `GET /v1/indexes` lists")]
    text: Text | None = None
    pose: PoseJson | None = None
    k: Annotated[int, Field(ge=1, le=200)] = 10
    where: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] = Field(
        [], description='conditions on the metadata, such as "split=train"'
    )
    near: bool = Field(False, description="the nearest rows where none meets the words")
    mirrored: bool = Field(False, description="rows like the mirrored pose count as well")
    statements: bool = Field(False, description="read the words as statements, also in an index of learned vectors")
    model: ModelName | None = None
    table: Annotated[str | None, Field(max_length=200, description="take each hit's pose from this table")] = None


@router.get("/v1/indexes", summary="The indexes that may be searched")
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


@router.post("/v1/search", summary="Find poses by words, by a pose, or by both")
async def search(asked: SearchRequest, service: Shared) -> Response:
    """``hits``: rows of ``id``, ``row``, ``score``, ``text``, ``metadata``, with ``table`` also ``pose``."""
    if asked.text is None and asked.pose is None:
        raise RefusalError(422, "give text, pose or both", "text")
    model = None if asked.model is None else service.model(asked.model, "retrieval")
    pose = None if asked.pose is None else asked.pose.pose()

    def found() -> dict[str, Any]:
        made = _found(service.libraries.index(asked.index), asked, pose, model)
        told: dict[str, Any] = {"hits": [hit.as_json() for hit in made]}
        told |= {name: list(getattr(made, name)) for name in ("understood", "plain", "unknown")}
        if asked.table is not None:
            _add_poses(told["hits"], asked.table, service)
        return {**told, "notes": list(made.notes)}

    return await json_from(service.heavy, found)


def _found(index: Index, asked: SearchRequest, pose: Pose | None, model: Any) -> Found:
    where, words = asked.where, asked.text
    if words is None or pose is None:
        query = pose if pose is not None else words or ""
        more: dict[str, Any] = {"near": asked.near, "mirrored": asked.mirrored, "statements": asked.statements}
        return api.find(query, index, asked.k, where=where, model=model, **more)
    by_words = api.find(words, index, _DEEP, where=where, model=model, near=asked.near, statements=asked.statements)
    by_pose = api.find(pose, index, len(index), where=where, model=model, mirrored=asked.mirrored)
    wanted = {hit.row: hit.score for hit in by_words}
    both = [replace(hit, score=hit.score * wanted[hit.row]) for hit in by_pose if hit.row in wanted]
    both.sort(key=lambda hit: (-hit.score, hit.row))
    return replace(by_words, hits=tuple(both[: asked.k]))


def _add_poses(hits: list[dict[str, Any]], name: str, service: Service) -> None:
    table = service.libraries.table(name)
    numbers = table.numbers_of([hit["id"] for hit in hits]).tolist()
    for hit, number in zip(hits, numbers, strict=True):
        pose = table.row(number).pose if number >= 0 else None
        hit["pose"] = None if pose is None else pose_json(pose.reshape(1))[0]
