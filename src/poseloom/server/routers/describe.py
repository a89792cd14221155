"""``/v1/describe``: poses in sentences, each with its facts and joints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from poseloom import api
from poseloom.pose import Clip, Pose
from poseloom.pose.types import concatenate
from poseloom.results.sentences import DescribedSentences
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.live import LiveKind
from poseloom.server.requests import OfPoses, Seed
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import MOTION, STANDING
from poseloom.server.schemas.words import DescribeAnswer
from poseloom.server.service import Service, Shared

router = APIRouter(tags=["words"], route_class=BodyRoute)


class DescribeRequest(OfPoses):
    """Poses to be described."""

    model_config = example({"pose": STANDING, "style": "short"}, {"clip": MOTION, "seed": 3})

    seed: Seed = 0
    style: Literal["paragraph", "short", "list", "coach"] = "paragraph"
    names: bool = Field(False, description="begin with the named pose, where somebody is in one")
    steady: bool = Field(True, description="what is said of a limb stays word for word while others move")


async def described(service: Service, asked: DescribeRequest) -> dict[str, Any]:
    """What `poseloom.describe_sentences` says, as JSON."""
    if not _is_single(asked):
        return await service.heavy.run(_of_several, service, asked)
    motion, options = asked.motion(service.settings), _options(asked)
    assert isinstance(motion, Pose)
    batcher = service.batcher("describe", _singles, service.rules)
    result = await batcher((motion, options), (*options, motion.joints))
    made: dict[str, Any] = result.as_json()
    return made


def _is_single(asked: DescribeRequest) -> bool:
    return asked.pose is not None and asked.poses is None and asked.clip is None


def _options(asked: DescribeRequest) -> tuple[int, str, bool, bool]:
    return asked.seed, asked.style, asked.names, asked.steady


def _of_several(service: Service, asked: DescribeRequest) -> dict[str, Any]:
    return _described(asked.motion(service.settings), _options(asked)).as_json()


def _described(motion: Pose | Clip, options: tuple[int, str, bool, bool]) -> DescribedSentences:
    seed, style, names, steady = options
    return api.describe_sentences(motion, seed, style=style, names=names, steady=steady)


def _singles(asked: Sequence[tuple[Pose, tuple[int, str, bool, bool]]]) -> list[DescribedSentences]:
    """Single poses of the same options."""
    bare = [Pose(pose.rotations[None]) for pose, _ in asked]  # neither place nor shape counts for words
    result = _described(concatenate(bare), asked[0][1])
    rows = zip(result.texts, result.sentences, strict=True)
    return [DescribedSentences((text,), sentences=(sentences,), notes=result.notes) for text, sentences in rows]


@router.post("/v1/describe", summary="Say in words what poses are, by rule", responses=answers(DescribeAnswer))
async def describe(asked: DescribeRequest, service: Shared) -> Response:
    """A text for each pose, and its sentences, each with the facts that it tells and the joints that it speaks of."""
    if not _is_single(asked):
        return await json_from(service.heavy, lambda: _of_several(service, asked))
    return JSONResponse(await described(service, asked))


LIVE = {"describe": LiveKind(DescribeRequest, described)}
