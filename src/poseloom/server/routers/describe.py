"""``/v1/describe``: poses in sentences, each with its facts and joints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.pose import Clip, Pose
from poseloom.pose.types import concatenate
from poseloom.results.sentences import DescribedSentences
from poseloom.server.live import LiveKind
from poseloom.server.requests import OfPoses, Seed
from poseloom.server.service import Service, Shared

router = APIRouter(tags=["words"])


class DescribeRequest(OfPoses):
    """Poses to be described."""

    seed: Seed = 0
    style: Literal["paragraph", "short", "list", "coach"] = "paragraph"
    names: bool = Field(False, description="begin with the named pose, where somebody is in one")
    steady: bool = Field(True, description="what is said of a limb stays word for word while others move")


async def described(service: Service, asked: DescribeRequest) -> dict[str, Any]:
    """What `poseloom.describe_sentences` says, as JSON."""
    motion = asked.motion(service.settings)
    options = (asked.seed, asked.style, asked.names, asked.steady)
    if isinstance(motion, Pose) and not motion.batch_shape:
        key = (*options, motion.joints)
        batcher = service.batcher("describe", _singles, service.rules)
        result = await batcher((motion, options), key)
    else:
        result = await service.rules.run(_described, motion, options)
    made: dict[str, Any] = result.as_json()
    return made


def _described(motion: Pose | Clip, options: tuple[int, str, bool, bool]) -> DescribedSentences:
    seed, style, names, steady = options
    return api.describe_sentences(motion, seed, style=style, names=names, steady=steady)


def _singles(asked: Sequence[tuple[Pose, tuple[int, str, bool, bool]]]) -> list[DescribedSentences]:
    """Single poses of the same options."""
    bare = [Pose(pose.rotations[None]) for pose, _ in asked]  # neither place nor shape counts for words
    result = _described(concatenate(bare), asked[0][1])
    rows = zip(result.texts, result.sentences, strict=True)
    return [DescribedSentences((text,), sentences=(sentences,), notes=result.notes) for text, sentences in rows]


@router.post("/v1/describe", summary="Say in words what poses are, by rule")
async def describe(asked: DescribeRequest, service: Shared) -> JSONResponse:
    """A text for each pose, and its sentences, each with the facts that it tells and the joints that it speaks of."""
    return JSONResponse(await described(service, asked))


LIVE = {"describe": LiveKind(DescribeRequest, described)}
