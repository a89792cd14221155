"""``/v1/export`` and ``/v1/convert``: poses as files, files as poses or other files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from poseloom import api
from poseloom.pose import Clip, Pose
from poseloom.server.poses import pose_json
from poseloom.server.requests import OfPoses, at_most
from poseloom.server.service import Service, Shared
from poseloom.server.uploads import kept, safe_suffix

router = APIRouter(tags=["files"])
KINDS = {
    "npz": ("poseloom", ".npz", "application/octet-stream"),
    "json": ("json", ".json", "application/json"),
    "bvh": ("bvh", ".bvh", "text/plain; charset=utf-8"),
    "glb": ("glb", ".glb", "model/gltf-binary"),
    "pose": ("pose", ".pose", "application/octet-stream"),
    "amass": ("amass", ".npz", "application/octet-stream"),
    "amass-smplx": ("amass-smplx", ".npz", "application/octet-stream"),
    "smplx": ("smplx", ".npz", "application/octet-stream"),
}
"""Format -> its name among the writers, the file's suffix, its media type."""
Kind = Literal["npz", "json", "bvh", "glb", "pose", "amass", "amass-smplx", "smplx"]
_STEM = "pose"


class ExportRequest(OfPoses):
    """Poses that become a file."""

    format: Kind = Field(description="which file")
    name: Annotated[str, Field(max_length=100)] = ""


@router.post("/v1/export", summary="Poses as a file", response_class=Response)
async def export(asked: ExportRequest, service: Shared) -> Response:
    """The file's bytes: npz, JSON, BVH, GLB, ``.pose``, AMASS or SMPL-X."""
    motion = asked.motion(service.settings)
    return await _file(service, lambda: motion, asked.format, asked.name)


@router.post("/v1/convert", summary="A file as poses, or as another file", response_model=None)
async def convert(
    service: Shared,
    file: Annotated[UploadFile, File(description="a motion file, or a PNG that carries its pose")],
    format: Annotated[Kind | Literal["poses"], Form(description="which file; poses: JSON of poses")] = "poses",
    source: Annotated[str | None, Form(max_length=40, description="the file's format, where it tells none")] = None,
) -> Response:
    """As ``poses``: ``name``, ``fps``, ``joints``, ``poses``, ``notes``; else the file's bytes."""
    content = await kept(file, service.settings)
    suffix = safe_suffix(file.filename)

    def read() -> Clip:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"upload{suffix}"
            path.write_bytes(content)
            clip = api.load(path, source)
        at_most(len(clip), service.settings.most_frames, "frames", "file")
        return clip

    if format != "poses":
        return await _file(service, read, format, Path(file.filename or "").stem)
    return JSONResponse(await service.heavy.run(lambda: clip_json(read())))


def clip_json(clip: Clip) -> dict:
    """A clip as JSON: ``name``, ``fps``, ``joints``, ``poses``, ``notes``."""
    from poseloom.pose.joints import JOINT_NAMES

    remarks = clip.notes.get("remarks", [])
    notes = [str(one) for one in remarks] if isinstance(remarks, list) else []
    joints = list(JOINT_NAMES[: clip.pose.joints])
    return {"name": clip.name, "fps": clip.fps, "joints": joints, "poses": pose_json(clip.pose), "notes": notes}


async def _file(service: Service, motion: Callable[[], Pose | Clip], kind: str, name: str) -> Response:
    format, suffix, media = KINDS[kind]

    def written() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"{_STEM}{suffix}"
            api.save(motion(), path, format)
            return path.read_bytes()

    content = await service.heavy.run(written)
    stem = "".join(one if one.isascii() and (one.isalnum() or one in "-_ ") else "_" for one in name).strip() or _STEM
    headers = {"Content-Disposition": f'attachment; filename="{stem}{suffix}"'}
    return Response(content, media_type=media, headers=headers)
