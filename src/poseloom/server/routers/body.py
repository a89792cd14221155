"""``/v1/body``: the free body's skeleton, and its skinned mesh in the T-pose."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from poseloom.body.phenotype import AVERAGE, PHENOTYPES
from poseloom.server.errors import RefusalError
from poseloom.server.schemas.common import answers, files
from poseloom.server.schemas.poses import BodyAnswer
from poseloom.server.service import Shared

router = APIRouter(tags=["library"])
_DECIMALS = 6
_HOUR = "max-age=3600"
GLB = "model/gltf-binary"


@router.get("/v1/body", summary="The body's skeleton", responses=answers(BodyAnswer))
async def body(service: Shared) -> JSONResponse:
    """``joints``, ``parents`` (-1 for the root), ``rest``: places of the joints in the T-pose, metres, the pelvis at
    the origin; ``limbs``: joints by limb; ``mirror``: the joint on the other side of each."""
    return JSONResponse(await service.rules.run(_skeleton), headers={"Cache-Control": _HOUR})


@router.get("/v1/body.glb", summary="The skinned body in the T-pose", response_class=Response, responses=files(GLB))
async def body_glb(
    service: Shared,
    mesh: Literal["full", "preview"] = "full",
    shape: Annotated[
        str | None,
        Query(
            max_length=200,
            description="the free body's six numbers, by commas",
            examples=["0.5,0.7,0.5,0.5,0.5,0.5"],
        ),
    ] = None,
) -> Response:
    """A GLB whose joints are those of ``/v1/body``: each bone's rotation is the pose's local one."""
    content = await service.rules.run(_glb, mesh, _shape(shape))
    return Response(content, media_type=GLB, headers={"Cache-Control": _HOUR})


@lru_cache(maxsize=1)
def _skeleton() -> dict[str, Any]:
    from poseloom.body import default_body
    from poseloom.pose.joints import BODY_JOINTS, JOINT_NAMES, MIRROR, PARENTS
    from poseloom.pose.limbs import LIMBS

    places = default_body("preview").skeleton().positions
    rest = (places - places[0]).tolist()
    return {
        "joints": list(JOINT_NAMES),
        "parents": list(PARENTS),
        "rest": [[round(number, _DECIMALS) for number in row] for row in rest],
        "body_joints": BODY_JOINTS,
        "limbs": {name: [JOINT_NAMES[place] for place in places] for name, places in LIMBS.items()},
        "mirror": [int(place) for place in MIRROR],
        "shape_model": "anny",
        "shape": dict(zip(PHENOTYPES, AVERAGE, strict=True)),
        "meshes": {"full": "/v1/body.glb?mesh=full", "preview": "/v1/body.glb?mesh=preview"},
        "notes": [],
    }


def _shape(text: str | None) -> tuple[float, ...]:
    """Six numbers from 0 to 1, or none.

    Raises:
        RefusalError: they are others.
    """
    if text is None:
        return ()
    try:
        numbers = tuple(round(float(one), 3) for one in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != len(PHENOTYPES) or not all(0 <= one <= 1 for one in numbers):
        raise RefusalError(422, f"expected {len(PHENOTYPES)} numbers from 0 to 1: {', '.join(PHENOTYPES)}", "shape")
    return numbers


@lru_cache(maxsize=8)
def _glb(mesh: Literal["full", "preview"], shape: tuple[float, ...]) -> bytes:
    import torch

    from poseloom.api import save
    from poseloom.body import default_body
    from poseloom.pose import Clip, Pose

    with TemporaryDirectory() as folder:
        path = Path(folder) / "body.glb"
        pose = Pose.identity(1)
        if shape:
            pose = Pose(pose.rotations, shape=torch.tensor([shape]), shape_model="anny")
        save(Clip(pose, name="body"), path, body=default_body(mesh))
        return path.read_bytes()
