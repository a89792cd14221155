"""``/v1/ik``: dragged joints brought to their targets, and ``/v1/movements``: anatomical angles read and set."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal

import torch
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from poseloom.pose import Pose
from poseloom.server.bodies import BodyRoute
from poseloom.server.errors import RefusalError
from poseloom.server.live import LiveKind
from poseloom.server.poses import Place, PoseJson, pose_json
from poseloom.server.requests import Request
from poseloom.server.schemas.common import answers, example
from poseloom.server.schemas.examples import STANDING
from poseloom.server.schemas.poses import IkAnswer, MovementsAnswer
from poseloom.server.service import Service, Shared

router = APIRouter(tags=["posing"], route_class=BodyRoute)
Handle = Literal[
    "pelvis",
    "spine3",
    "head",
    "left_wrist",
    "left_elbow",
    "left_ankle",
    "left_knee",
    "right_wrist",
    "right_elbow",
    "right_ankle",
    "right_knee",
]
_Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]
_MOVEMENTS = 57
_BEYOND = 1e-4
"""Radians outside a range that are rounding alone."""


class IkRequest(Request):
    """A pose, where joints of it should be, and what must stay."""

    model_config = example({"pose": STANDING, "targets": {"left_wrist": [0.45, 1.2, 0.25]}})

    pose: PoseJson
    targets: dict[Handle, Place] = Field(min_length=1, max_length=11, description="joints and their places, metres")
    pins: list[Handle] | None = Field(None, max_length=11, description="joints that stay; by default both feet")
    floor: bool = Field(True, description="nothing goes through the floor y = 0")
    apart: bool = Field(True, description="no limb goes through the trunk or another limb")


async def solved(service: Service, asked: IkRequest) -> dict[str, Any]:
    """What `poseloom.pose.ik.reach` finds, as JSON."""
    return await service.heavy.run(_reached, asked)


def _reached(asked: IkRequest) -> dict[str, Any]:
    from poseloom.pose.ik import reach

    pose = asked.pose.pose()
    targets = {str(name): place for name, place in asked.targets.items()}
    found = reach(pose, targets, pins=asked.pins, floor=asked.floor, apart=asked.apart, offsets=_bones(pose))
    misses = {name: round(miss, 5) for name, miss in found.misses.items()}
    return {"pose": pose_json(found.pose.reshape(1))[0], "misses": misses, "notes": []}


def _bones(pose: Pose) -> Float[Tensor, "52 3"] | None:
    """The bones of the body in the pose's own shape; None for the average one."""
    if pose.shape is None or pose.shape_model != "anny":
        return None
    return _shaped_bones(tuple(round(float(number), 4) for number in pose.shape))


@lru_cache(maxsize=16)
def _shaped_bones(shape: tuple[float, ...]) -> Float[Tensor, "52 3"]:
    from poseloom.body import default_body
    from poseloom.pose.joints import PARENTS

    if len(shape) != 6:
        raise RefusalError(422, f"the shape of the free body has 6 numbers, got {len(shape)}", "pose.shape")
    places = default_body("preview").skeleton(torch.tensor(shape)).positions
    offsets = places - places[list(PARENTS)]
    offsets[0] = 0
    return offsets


@router.post("/v1/ik", summary="Bring joints of a pose to places", responses=answers(IkAnswer))
async def ik(asked: IkRequest, service: Shared) -> JSONResponse:
    """``pose`` within the ranges of motion, and how far each target and pin is missed, metres."""
    return JSONResponse(await solved(service, asked))


class MovementsRequest(Request):
    """A pose, and movements to be set."""

    model_config = example({"pose": STANDING}, {"pose": STANDING, "set": {"left_elbow_flexion": 90}})

    pose: PoseJson
    set: dict[Annotated[str, Field(max_length=60)], _Degrees] = Field(
        default_factory=dict, max_length=_MOVEMENTS, description="movements and their angles, degrees"
    )
    within: list[Annotated[str, Field(max_length=60)]] = Field(
        default_factory=list, max_length=22, description="joints that are brought into their ranges of motion"
    )


async def moved(service: Service, asked: MovementsRequest) -> dict[str, Any]:
    """Anatomical angles of a pose, after some of them were set."""
    return await service.heavy.run(_moved, asked)


def _moved(asked: MovementsRequest) -> dict[str, Any]:
    from poseloom.base.errors import closest
    from poseloom.pose import rotations as rot
    from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, PRODUCTS, from_matrices, to_matrices
    from poseloom.pose.ranges import clip_angles, limits

    pose = asked.pose.pose()
    angles = from_matrices(pose.matrices())
    for name, degrees in asked.set.items():
        if name not in MOVEMENT_INDEX:
            raise RefusalError(422, f"no movement {name!r}{closest(name, MOVEMENTS)}", "set")
        angles[MOVEMENT_INDEX[name]] = torch.tensor(degrees).deg2rad()
    clipped = clip_angles(angles)
    beyond = {name for name, far in zip(MOVEMENTS, (clipped - angles).abs() > _BEYOND, strict=True) if far}
    own = {movement for name in asked.within for movement, _ in _slots(name)}
    moving = {*asked.set, *(own & beyond)}
    turned = [j for j, (_, slots) in enumerate(PRODUCTS.values()) if any(name in moving for name, _ in slots)]
    if turned:
        angles = clipped
        matrices = to_matrices(angles)
        rotations = pose.rotations.clone()
        rotations[turned] = rot.rotmat_to_rotvec(matrices[turned])
        pose = Pose(rotations, pose.translation, pose.shape, pose.shape_model, pose.face)
    low, high = (one.rad2deg().tolist() for one in limits())
    degrees_of = angles.rad2deg().tolist()
    rows = [
        {"name": name, "angle": round(degrees_of[row], 1), "low": _finite(low[row]), "high": _finite(high[row])}
        for row, name in enumerate(MOVEMENTS)
    ]
    return {"pose": pose_json(pose.reshape(1))[0], "movements": rows, "notes": []}


def _slots(joint: str) -> tuple[tuple[str, float], ...]:
    """The movements of a joint of the body, with what of each it takes."""
    from poseloom.base.errors import closest
    from poseloom.pose.movement import PRODUCTS

    if joint not in PRODUCTS:
        raise RefusalError(422, f"no joint {joint!r}{closest(joint, tuple(PRODUCTS))}", "within")
    return PRODUCTS[joint][1]


def _finite(number: float) -> float | None:
    return round(number, 1) if abs(number) < 1e6 else None


@router.post("/v1/movements", summary="Anatomical angles of a pose, read or set", responses=answers(MovementsAnswer))
async def movements(asked: MovementsRequest, service: Shared) -> JSONResponse:
    """``movements``: name, angle and limits in degrees of each; ``pose``: with those that were set."""
    return JSONResponse(await moved(service, asked))


LIVE = {"ik": LiveKind(IkRequest, solved), "movements": LiveKind(MovementsRequest, moved)}
