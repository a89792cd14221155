"""``/v1/export`` and ``/v1/convert``: poses as files, files as poses or other files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import Response
from pydantic import Field

from poseloom import api
from poseloom.pose import Clip, Pose
from poseloom.pose.joints import JOINT_NAMES
from poseloom.server.answers import json_from
from poseloom.server.bodies import BodyRoute
from poseloom.server.errors import RefusalError, without_paths
from poseloom.server.poses import pose_json
from poseloom.server.requests import OfPoses, at_most
from poseloom.server.schemas.common import answers, example, files, form_example
from poseloom.server.schemas.examples import STANDING
from poseloom.server.schemas.poses import ConvertAnswer
from poseloom.server.service import Service, Shared
from poseloom.server.uploads import received_picture

router = APIRouter(tags=["files"], route_class=BodyRoute)
_BYTES = "application/octet-stream"
KINDS = {
    "npz": ("poseloom", ".npz", _BYTES),
    "json": ("json", ".json", "application/json"),
    "bvh": ("bvh", ".bvh", "text/plain; charset=utf-8"),
    "glb": ("glb", ".glb", "model/gltf-binary"),
    "pose": ("pose", ".pose", _BYTES),
    "amass": ("amass", ".npz", _BYTES),
    "amass-smplx": ("amass-smplx", ".npz", _BYTES),
    "smplx": ("smplx", ".npz", _BYTES),
}
"""Format -> its name among the writers, the file's suffix, its media type."""
_MEDIA = tuple(dict.fromkeys(media for _, _, media in KINDS.values()))
Kind = Literal["npz", "json", "bvh", "glb", "pose", "amass", "amass-smplx", "smplx"]
_STEM = "pose"


class ExportRequest(OfPoses):
    """Poses that become a file."""

    model_config = example({"pose": STANDING, "format": "bvh", "name": "standing"})

    format: Kind = Field(description="which file")
    name: Annotated[str, Field(max_length=100)] = ""


@router.post("/v1/export", summary="Poses as a file", response_class=Response, responses=files(*_MEDIA))
async def export(asked: ExportRequest, service: Shared) -> Response:
    """The file's bytes: npz, JSON, BVH, GLB, ``.pose``, AMASS or SMPL-X."""
    return await _file(service, lambda: asked.motion(service.settings), asked.format, asked.name)


@router.post(
    "/v1/convert",
    summary="A file as poses, or as another file",
    response_model=None,
    responses=answers(ConvertAnswer, *(one for one in _MEDIA if one != "application/json")),
    openapi_extra=form_example(file="walk.bvh", format="poses"),
)
async def convert(
    service: Shared,
    file: Annotated[UploadFile, File(description="a motion file, or a PNG that carries its pose")],
    format: Annotated[Kind | Literal["poses"], Form(description="which file; poses: JSON of poses")] = "poses",
    source: Annotated[str | None, Form(max_length=40, description="the file's format, where it tells none")] = None,
    up: Annotated[str | None, Form(max_length=2, description="the file's axis that points up: y, z, -y, ...")] = None,
    fps: Annotated[float | None, Form(ge=0.01, le=1000, allow_inf_nan=False)] = None,
    person: Annotated[int | None, Form(ge=0, le=1000, description="which one, of several people")] = None,
) -> Response:
    """As ``poses``: ``name``, ``fps``, ``joints``, ``poses``, ``notes``; else the file's bytes."""
    upload = await received_picture(file, service.settings)

    if await service.heavy.run(upload.is_video):
        raise RefusalError(422, "is a video, which takes longer than a request; POST /v1/recover looks at it", "file")

    def read() -> Clip:
        with upload.as_file() as path:
            clip = api.load(path, source, up=up, fps=fps, person=person)
        at_most(len(clip), service.settings.most_frames, "frames", "file")
        return clip

    if format != "poses":
        return await _file(service, read, format, PurePath(upload.name).stem)
    return await json_from(service.heavy, lambda: clip_json(read()))


def clip_json(clip: Clip) -> dict[str, Any]:
    """A clip as JSON: ``name``, ``fps``, ``joints``, ``poses``, ``notes``."""
    remarks = clip.notes.get("remarks", [])
    notes = [without_paths(str(one)) for one in remarks] if isinstance(remarks, list) else []
    joints = list(JOINT_NAMES[: clip.pose.joints])
    return {"name": clip.name, "fps": clip.fps, "joints": joints, "poses": pose_json(clip.pose), "notes": notes}


async def _file(service: Service, motion: Callable[[], Pose | Clip], kind: str, name: str) -> Response:
    format, suffix, media = KINDS[kind]

    def written() -> bytes:
        with TemporaryDirectory(prefix="poseloom-") as folder:
            path = Path(folder) / f"{_STEM}{suffix}"
            api.save(motion(), path, format)
            return path.read_bytes()

    content = await service.heavy.run(written)
    return Response(content, media_type=media, headers=attachment(name or _STEM, suffix))


def attachment(name: str, suffix: str) -> dict[str, str]:
    """The header by which a browser keeps an answer as a file of this name."""
    stem = "".join(one if one.isascii() and (one.isalnum() or one in "-_ ") else "_" for one in name).strip()
    return {"Content-Disposition": f'attachment; filename="{stem or _STEM}{suffix}"'}
