"""``/v1/stances``: the named stances, ready to be taken."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from poseloom.server.poses import pose_json
from poseloom.server.schemas.common import answers
from poseloom.server.schemas.poses import StancesAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["library"])


@router.get("/v1/stances", summary="The named stances and hand shapes", responses=answers(StancesAnswer))
async def stances(service: Shared) -> JSONResponse:
    """``stances``: rows of ``name``, ``kinds``, ``hands`` and ``pose``; ``hands``: shapes of fingers by name, as
    rotations of the 15 joints of a left and of a right hand."""
    return JSONResponse(await service.rules.run(_library))


@lru_cache(maxsize=1)
def _library() -> dict[str, Any]:
    import torch

    from poseloom.pose.hands import hand_names, hand_shape, with_hand_shapes
    from poseloom.pose.joints import BODY_JOINTS
    from poseloom.pose.stances import stance
    from poseloom.pose.stances import stances as known

    rows = [
        {
            "name": name,
            "kinds": list(one.kinds),
            "hands": list(one.hands),
            "pose": pose_json(stance(name).reshape(1))[0],
        }
        for name, one in known().items()
    ]
    hands = []
    for name in hand_names():
        both = with_hand_shapes(torch.zeros(BODY_JOINTS, 3), hand_shape(name), hand_shape(name))
        fingers = [[round(number, 6) for number in row] for row in both[BODY_JOINTS:].tolist()]
        hands.append({"name": name, "left": fingers[:15], "right": fingers[15:]})
    return {"stances": rows, "hands": hands, "notes": []}
