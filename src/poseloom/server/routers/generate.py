"""``/v1/generate``: poses from words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.base.errors import PoseloomError
from poseloom.server.answers import encoded, json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.requests import Request, Seed, Text
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.poses import GenerateAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["models"], route_class=BodyRoute)
MOST = 64
"""Poses of one request."""


class GenerateRequest(Request):
    """What the poses should be."""

    model_config = example({"text": "a person kneeling with both arms raised", "n": 1})

    text: Text
    n: Annotated[int, Field(ge=1, le=MOST)] = 4
    seed: Seed = 0
    verify: bool = Field(False, description="draw more, check them by the geometry, give the best")
    anyway: bool = Field(False, description="draw people even where nothing of the text is understood")


@router.post("/v1/generate", summary="Poses that a text tells of", responses=answers(GenerateAnswer))
async def generate(asked: GenerateRequest, service: Shared) -> Response:
    """Poses, which facts of the text hold for each, what was understood and what not."""

    if asked.verify:

        def checked() -> dict[str, Any]:
            return api.generate(asked.text, asked.n, asked.seed, verify=True, anyway=asked.anyway).as_json()

        return await json_from(service.models, checked)
    batcher = service.batcher("generate", _drawn, service.models)
    content = await batcher((asked.text, asked.seed, asked.n, asked.anyway), (asked.n, asked.anyway))
    return Response(content, media_type="application/json")


def _drawn(asked: Sequence[tuple[str, int, int, bool]]) -> list[bytes | PoseloomError]:
    """Answers to requests for as many poses each; mistakes stand for the texts of which nothing is understood."""
    _, _, n, anyway = asked[0]
    texts, seeds = [one[0] for one in asked], [one[1] for one in asked]
    made = api.load_model("generation").generate_all(texts, n, seeds, anyway)
    return [one if isinstance(one, PoseloomError) else encoded(one.as_json()) for one in made]
