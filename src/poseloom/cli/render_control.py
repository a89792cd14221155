"""Control pictures of ``poseloom render``: one style into a PNG, or ``--style pack`` into a folder."""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from poseloom.base.errors import FileError, PoseloomError
from poseloom.cli import options

if TYPE_CHECKING:
    from PIL.Image import Image

    from poseloom.pose import Clip
    from poseloom.pose.camera import Camera
    from poseloom.render.control import Control
    from poseloom.results import Drawn

STYLES = ("openpose", "depth", "normal", "mask", "parts")
PACK = "pack"
_FILES = {"picture": "colour", **{name: name for name in STYLES}}
"""Names of the pack's pictures, and what each shows."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of control pictures."""
    parser.add_argument("--camera", type=Path, metavar="FILE", help="take the picture with this camera (JSON)")
    parser.add_argument("--save-camera", type=Path, metavar="FILE", help="write the camera (JSON)")
    parser.add_argument("--lens", type=float, metavar="MM", help="focal length on a sensor 36 mm wide, in millimetres")
    points = "with a control style: the 18 points as OpenPose's JSON"
    parser.add_argument("--keypoints", type=Path, metavar="FILE", help=points)
    caption = "with a control style: the description of the pose as the camera sees it"
    parser.add_argument("--caption", type=Path, metavar="FILE", help=caption)


def is_control(arguments: argparse.Namespace) -> bool:
    """Whether a control style is asked for."""
    return arguments.style in (*STYLES, PACK)


def refuse_alone(arguments: argparse.Namespace) -> None:
    """Options that say nothing without a control style.

    Raises:
        PoseloomError: one of them was given.
    """
    for name in ("keypoints", "caption"):
        if getattr(arguments, name) is not None:
            raise PoseloomError(f"--{name} goes with --style {', '.join(STYLES)} or {PACK}")


def camera_given(arguments: argparse.Namespace) -> Camera | None:
    """The camera of ``--camera``.

    Raises:
        PoseloomError: no such file, or options that would move it.
    """
    if arguments.camera is None:
        return None
    for name in ("azimuth", "elevation", "lens"):
        if getattr(arguments, name) is not None:
            raise PoseloomError(f"--{name} makes another camera than --camera; give one of them")
    from poseloom.formats.camera_file import read_camera

    return read_camera(arguments.camera)


def write(file: str, clip: Clip, out: Path, arguments: argparse.Namespace, size: int | tuple[int, int]) -> Drawn:
    """Draw the first frame, or the one that is asked for, in a control style.

    Raises:
        PoseloomError: several frames, a suffix that is not .png, a place that cannot be written.
    """
    from poseloom.render.control import control
    from poseloom.render.view import View
    from poseloom.results import Drawn

    frames = options.frames_of(arguments, file, clip, len(clip))
    if len(frames) != 1:
        raise PoseloomError(f"--style {arguments.style} draws one frame; choose it with --frame")
    frame = frames[0]
    view = View(arguments.azimuth, arguments.elevation)
    made = control(clip.pose[frame], size, camera=camera_given(arguments), view=view, lens=arguments.lens)
    shown = _as_clip(clip, made, frame)
    if arguments.style == PACK:
        what = _write_pack(made, shown, out, arguments)
    else:
        if out.suffix.lower() != ".png":
            raise FileError(out, f"--style {arguments.style} is drawn as a PNG", remedy="name a .png")
        _save(made.picture(arguments.style), shown, out)
        _write_beside(made, arguments.keypoints, arguments.caption, arguments.save_camera, arguments.seed)
        what = f"{arguments.style} of frame {frame}"
    return Drawn(out, what, (frame,))


def _as_clip(clip: Clip, made: Control, frame: int) -> Clip:
    """The pose as it stands before the camera, as a clip of one frame."""
    from poseloom.pose import Clip

    pose = made.pose
    one = replace(
        pose,
        rotations=pose.rotations[None],
        translation=None if pose.translation is None else pose.translation[None],
        shape=None if pose.shape is None else pose.shape[None],
        face=None if pose.face is None else pose.face[None],
    )
    return Clip(one, clip.fps, clip.name, {"frame": frame, "view": made.view})


def _write_pack(made: Control, shown: Clip, folder: Path, arguments: argparse.Namespace) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(folder, f"cannot be made into a folder: {error.strerror}", remedy="choose another") from None
    for name, style in _FILES.items():
        _save(made.picture(style), shown, folder / f"{name}.png")
    beside = (folder / "keypoints.json", folder / "caption.txt", folder / "camera.json")
    _write_beside(made, *beside, arguments.seed)
    extra = (arguments.keypoints, arguments.caption, arguments.save_camera)
    _write_beside(made, *extra, arguments.seed)
    return f"control pack: {', '.join(_FILES)}, keypoints, caption, camera"


def _write_beside(made: Control, points: Path | None, caption: Path | None, camera: Path | None, seed: int) -> None:
    """The files that go with a picture; those that are None are left out."""
    if points is not None:
        from poseloom.formats.keypoint_files import write_openpose

        write_openpose(made.points, points)
    if caption is not None:
        from poseloom import api
        from poseloom.base.files import atomic_write

        text = f"A person {made.view}. {api.describe(made.pose, seed)[0]}"
        with atomic_write(caption) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    if camera is not None:
        from poseloom.formats.camera_file import write_camera

        write_camera(made.camera, camera)


def _save(picture: Image, shown: Clip, path: Path) -> None:
    """A PNG with its pose inside."""
    from poseloom.base.files import atomic_write
    from poseloom.formats.pose_in_png import with_pose

    stream = io.BytesIO()
    picture.save(stream, "PNG")
    with atomic_write(path) as temporary:
        temporary.write_bytes(with_pose(stream.getvalue(), shown))
