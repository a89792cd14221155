"""``/v1/render`` and ``/v1/control``: pictures of poses, for people and for image makers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field, model_validator

from poseloom import api
from poseloom.pose import Clip, Pose
from poseloom.pose.viewpoint import angle_of_lens
from poseloom.server.bodies import BodyRoute
from poseloom.server.errors import RefusalError
from poseloom.server.pictures import png_of
from poseloom.server.poses import PoseJson
from poseloom.server.requests import OfPoses, Request, Seed, at_most
from poseloom.server.routers.convert import attachment
from poseloom.server.schemas.common import example, files
from poseloom.server.schemas.examples import SQUATTING
from poseloom.server.service import Shared

router = APIRouter(tags=["pictures"], route_class=BodyRoute)
_MOST_FRAMES, _LARGEST_FRAME = 600, 512
_Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]
_Millimetres = Annotated[float, Field(ge=8, le=1000, allow_inf_nan=False)]
_FORMATS = {"png": "image/png", "gif": "image/gif", "webp": "image/webp"}


class ViewRequest(Request):
    """A picture's size and from where it is taken."""

    width: Annotated[int, Field(ge=16)] = 512
    height: Annotated[int, Field(ge=16)] = 512
    azimuth: _Degrees | None = Field(None, description="0 from the front, 90 from the person's left; chosen if null")
    elevation: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    lens: _Millimetres | None = Field(None, description="focal length on a sensor 36 mm wide")

    def check_size(self, largest: int) -> None:
        """Refuse a picture that is too large.

        Raises:
            RefusalError: a side is.
        """
        for name in ("width", "height"):
            if getattr(self, name) > largest:
                raise RefusalError(413, f"{getattr(self, name)} pixels: at most {largest} are drawn", name)


class RenderRequest(OfPoses, ViewRequest):
    """Poses to be drawn: one as a picture, several as a sheet, a clip as a moving picture."""

    model_config = example({"pose": SQUATTING, "width": 256, "height": 256, "azimuth": 30})

    style: Literal["studio", "sides", "clay"] = "studio"
    format: Literal["png", "gif", "webp"] = "png"
    texts: bool = Field(True, description="descriptions under the pictures of a sheet")
    seed: Seed = 0

    @model_validator(mode="after")
    def _moving(self) -> RenderRequest:
        if self.format != "png" and self.clip is None:
            raise ValueError("format: moving pictures show a clip; give one, or ask for png")
        return self


class ControlRequest(ViewRequest):
    """A pose for image makers."""

    model_config = example({"pose": SQUATTING, "style": "openpose", "width": 256, "height": 256})

    pose: PoseJson
    style: Literal["openpose", "depth", "normal", "mask", "parts", "pack"] = Field(
        "openpose", description="pack: a zip of all, with keypoints, caption and camera"
    )
    seed: Seed = 0


@router.post("/v1/render", summary="Draw poses", response_class=Response, responses=files(*_FORMATS.values()))
async def render(asked: RenderRequest, service: Shared) -> Response:
    """A PNG, which carries the pose and opens again as one; or a GIF or WebP of a clip."""
    asked.check_size(service.settings.largest_side)
    if asked.clip is not None and asked.format != "png":
        at_most(len(asked.clip.poses), _MOST_FRAMES, "frames of a moving picture", "clip.poses")
        asked.check_size(_LARGEST_FRAME)
    content = await service.heavy.run(lambda: _drawn(asked.motion(service.settings), asked))
    return Response(content, media_type=_FORMATS[asked.format])


def _drawn(motion: Pose | Clip, asked: RenderRequest) -> bytes:
    from poseloom.formats.pose_in_png import with_pose
    from poseloom.render import contact_sheet, to_pil
    from poseloom.render.pictures import render_each

    if isinstance(motion, Clip) and asked.format != "png":
        return _animation(motion, asked)
    poses = (motion.pose if isinstance(motion, Clip) else motion).reshape(-1)
    view, style, size = _view(asked), _style(asked.style), (asked.height, asked.width)
    if len(poses) == 1:
        picture = png_of(next(iter(render_each(poses, size, view=view, style=style))))
        return with_pose(picture, Clip(poses))
    at_most(len(poses), _MOST_ON_SHEET, "pictures on a sheet", "poses")
    pictures = [to_pil(one) for one in render_each(poses, size, view=view, style=style)]
    texts = list(api.describe(poses, asked.seed)) if asked.texts else []
    labels = [f"pose {place}" for place in range(1, len(pictures) + 1)]
    return png_of(contact_sheet(pictures, texts, labels=labels))


_MOST_ON_SHEET = 64


def _animation(clip: Clip, asked: RenderRequest) -> bytes:
    from poseloom.render import animate

    with TemporaryDirectory(prefix="poseloom-") as folder:
        path = Path(folder) / f"clip.{asked.format}"
        animate(clip, path, (asked.height, asked.width), view=_view(asked, True), style=_style(asked.style))
        return path.read_bytes()


def _view(asked: ViewRequest, shared: bool = False):  # type: ignore[no-untyped-def]
    from poseloom.render import View

    if asked.azimuth is None and asked.elevation is None and asked.lens is None:
        return None
    if asked.lens is None:
        return View(asked.azimuth, asked.elevation, shared=shared)
    lens = angle_of_lens(asked.lens, (asked.height, asked.width))
    return View(asked.azimuth, asked.elevation, shared=shared, field_of_view=lens)


def _style(name: str):  # type: ignore[no-untyped-def]
    from poseloom.render import CLAY, SIDES, STUDIO

    return {"studio": STUDIO, "sides": SIDES, "clay": CLAY}[name]


@router.post(
    "/v1/control",
    summary="Control pictures for image makers",
    response_class=Response,
    responses=files("image/png", "application/zip"),
)
async def control(asked: ControlRequest, service: Shared) -> Response:
    """A PNG of one kind; as ``pack`` a zip: the picture, OpenPose, depth, normals, mask, parts, keypoints, caption."""
    asked.check_size(service.settings.largest_side)
    pose = asked.pose.pose()
    content = await service.heavy.run(_controlled, pose, asked)
    if asked.style != "pack":
        return Response(content, media_type="image/png")
    return Response(content, media_type="application/zip", headers=attachment("control-pack", ".zip"))


def _controlled(pose: Pose, asked: ControlRequest) -> bytes:
    from poseloom.formats.pose_in_png import with_pose
    from poseloom.render.control import STYLES, control
    from poseloom.render.view import View

    view = View(asked.azimuth, asked.elevation)
    made = control(pose, (asked.height, asked.width), view=view, lens=asked.lens)
    shown = Clip(made.pose.reshape(1), notes={"view": made.view})
    if asked.style != "pack":
        return with_pose(png_of(made.picture(asked.style)), shown)
    pictures = {"picture": "colour", **{name: name for name in STYLES}}
    files = {f"{name}.png": with_pose(png_of(made.picture(style)), shown) for name, style in pictures.items()}
    files["caption.txt"] = f"A person {made.view}. {api.describe(made.pose, asked.seed)[0]}\n".encode()
    with TemporaryDirectory(prefix="poseloom-") as folder:
        from poseloom.formats.camera_file import write_camera
        from poseloom.formats.keypoint_files import write_openpose

        write_openpose(made.points, Path(folder) / "keypoints.json")
        write_camera(made.camera, Path(folder) / "camera.json")
        files |= {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    return _zipped(files)


def _zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()
