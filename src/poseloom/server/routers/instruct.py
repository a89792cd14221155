"""``/v1/instruct``: how to get from one pose to another."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from poseloom import api
from poseloom.server.live import LiveKind
from poseloom.server.poses import ClipJson, PoseJson, together
from poseloom.server.requests import Request, Seed, at_most
from poseloom.server.service import Service, Shared

router = APIRouter(tags=["words"])
Poses = Annotated[list[PoseJson], Field(min_length=1)]


class InstructRequest(Request):
    """Where to start and where to end: a pose each, as many poses each, or a clip each, which are aligned in time."""

    start: PoseJson | Poses | ClipJson
    end: PoseJson | Poses | ClipJson
    seed: Seed = 0
    style: Literal["paragraph", "short", "list"] | None = None
    learned: bool = Field(False, description="let the learned model say it, instead of the rules")


async def instructed(service: Service, asked: InstructRequest) -> dict[str, Any]:
    """What `poseloom.instruct` says, as JSON."""
    both = [_motion(one, name, service) for name, one in (("start", asked.start), ("end", asked.end))]
    model = "instruction" if asked.learned else None
    threads = service.models if asked.learned else service.rules
    result = await threads.run(api.instruct, *both, asked.seed, style=asked.style, model=model)
    made: dict[str, Any] = result.as_json()
    return made


def _motion(given: PoseJson | list[PoseJson] | ClipJson, name: str, service: Service) -> Any:
    if isinstance(given, list):
        at_most(len(given), service.settings.most_poses, "poses", name)
        return together([one.pose() for one in given])
    if isinstance(given, ClipJson):
        at_most(len(given.poses), service.settings.most_frames, "frames", f"{name}.poses")
        return given.clip()
    return given.pose()


@router.post("/v1/instruct", summary="Say how to get from one pose to another")
async def instruct(asked: InstructRequest, service: Shared) -> JSONResponse:
    """A text for each pair of poses, the largest changes first; of two clips what differs, repetition by repetition."""
    return JSONResponse(await instructed(service, asked))


LIVE = {"instruct": LiveKind(InstructRequest, instructed)}
