"""``/v1/instruct``: how to get from one pose to another."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.live import LiveKind
from poseloom.server.poses import ClipJson, PoseJson, PosesJson, together
from poseloom.server.requests import Request, Seed, at_most
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import MOTION, SQUATTING, STANDING
from poseloom.server.schemas.words import InstructAnswer
from poseloom.server.service import Service, Shared
from poseloom.server.work import Threads

router = APIRouter(tags=["words"], route_class=BodyRoute)


class InstructRequest(Request):
    """Where to start and where to end: a pose each, as many poses each, or a clip each, which are aligned in time."""

    model_config = example({"start": STANDING, "end": SQUATTING}, {"start": MOTION, "end": MOTION, "seed": 1})

    start: PoseJson | PosesJson | ClipJson
    end: PoseJson | PosesJson | ClipJson
    seed: Seed = 0
    style: Literal["paragraph", "short", "list"] | None = None
    learned: bool = Field(False, description="let the learned model say it, instead of the rules")


async def instructed(service: Service, asked: InstructRequest) -> dict[str, Any]:
    """What `poseloom.instruct` says, as JSON."""
    return await _threads(service, asked).run(_instructed, service, asked)


def _threads(service: Service, asked: InstructRequest) -> Threads:
    if asked.learned:
        return service.models
    is_single = isinstance(asked.start, PoseJson) and isinstance(asked.end, PoseJson)
    return service.rules if is_single else service.heavy


def _instructed(service: Service, asked: InstructRequest) -> dict[str, Any]:
    start, end = _motion(asked.start, "start", service), _motion(asked.end, "end", service)
    model = "instruction" if asked.learned else None
    return api.instruct(start, end, asked.seed, style=asked.style, model=model).as_json()


def _motion(given: PoseJson | list[PoseJson] | ClipJson, name: str, service: Service) -> Any:
    if isinstance(given, list):
        at_most(len(given), service.settings.most_poses, "poses", name)
        return together([one.pose() for one in given])
    if isinstance(given, ClipJson):
        at_most(len(given.poses), service.settings.most_frames, "frames", f"{name}.poses")
        return given.clip()
    return given.pose()


@router.post("/v1/instruct", summary="Say how to get from one pose to another", responses=answers(InstructAnswer))
async def instruct(asked: InstructRequest, service: Shared) -> Response:
    """A text for each pair of poses, the largest changes first; of two clips what differs, repetition by repetition."""
    return await json_from(_threads(service, asked), lambda: _instructed(service, asked))


LIVE = {"instruct": LiveKind(InstructRequest, instructed)}
