"""Clips as moving pictures: GIF and WebP through Pillow, MP4 where an encoder is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.files import atomic_write, writable_target
from poseloom.base.progress import tracked
from poseloom.images.files import PICTURE_OPTIONS, checked_suffix, save_picture, to_pil
from poseloom.pose import Clip
from poseloom.render.gif import write_gif
from poseloom.render.pictures import render_each
from poseloom.render.scene import Size
from poseloom.render.style import STUDIO
from poseloom.render.view import View

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from poseloom.render.scene import SceneOptions

FASTEST = 30.0
"""Frames a second that are drawn at most unless more are asked for."""

_GIF_FASTEST = 50.0
"""A GIF counts in hundredths of a second, and browsers slow down frames that last less than two of them."""

_FAR = 1.5
"""Metres over the floor beyond which the camera goes along with the person."""


def animate(
    clip: Clip, path: str | Path, size: Size = 256, *, fps: float | None = None, **options: Unpack[SceneOptions]
) -> Path:
    """Draw a clip to a GIF, WebP or MP4 file, as the suffix says, or to numbered pictures (``f_%04d.png``).

    One camera sees all frames; the heading of every frame stays as it is in the clip. Where the person goes farther
    than 1.5 m the camera glides along, and lines on the floor show the way.

    Args:
        size: pixels, one number for a square or (height, width).
        fps: frames a second that are drawn; the clip's own up to 30 by default. The clip keeps its duration.
        options: fields of `Scene`.

    Raises:
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    if not is_sequence(path):
        checked_suffix(path, _WRITERS)
    writable_target(path)
    if fps is not None and not 0 < fps <= clip.fps:
        raise PoseloomError(f"animate: fps: expected more than 0 and at most the clip's {clip.fps:g}, got {fps:g}")
    chosen = fps or min(clip.fps, FASTEST)
    if Path(path).suffix.lower() == ".gif":
        chosen = min(chosen, _GIF_FASTEST)
    frames = max(1, round(len(clip) * chosen / clip.fps))
    picked = [min(int(k * clip.fps / chosen + 0.5), len(clip) - 1) for k in range(frames)]
    view, style = options.get("view"), options.get("style", STUDIO)
    if view is None:
        view = View(shared=True, follow=_travels(clip))
        style = replace(style, grid=style.grid or view.follow)
    drawn: SceneOptions = {"ground": "shared", **options, "view": view, "style": style}
    pictures = render_each(clip.pose[picked], size, **drawn)
    return write_animation((to_pil(picture) for picture in pictures), frames, chosen, path)


def write_animation(frames: Iterator[Image.Image], count: int, fps: float, path: str | Path) -> Path:
    """Write pictures as a GIF, WebP or MP4 file, as the suffix says; nothing half-written is left behind.

    A picture's name with a number in it, such as ``f_%04d.png``, writes every frame as a picture, from 0 on.

    Args:
        frames: number of frames of one size.
        count: how many.
        fps: frames a second; a GIF shows 50 at most.
        path: the file, or the pattern of the files.

    Raises:
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    writer = _write_sequence if is_sequence(path) else _WRITERS[checked_suffix(path, _WRITERS)]
    writer(Path(path), tracked(frames, count, "drawing", "frames"), count, fps)
    return Path(path)


def is_sequence(path: str | Path) -> bool:
    """Whether a path is the pattern of numbered pictures, such as ``f_%04d.png``.

    Raises:
        FileError: it has a number, but names no picture, or has two numbers or another sign of per cent.
    """
    name = Path(path).name
    numbers = _NUMBER.findall(name)
    if not numbers:
        return False
    if len(numbers) > 1 or "%" in _NUMBER.sub("", name):
        raise FileError(path, "is no pattern of numbered pictures", remedy="write it like f_%04d.png, with one number")
    checked_suffix(path, PICTURE_OPTIONS)
    return True


_NUMBER = re.compile(r"%0?\d?d")


def _write_sequence(path: Path, frames: Iterator[Image.Image], count: int, fps: float) -> None:
    pattern = _NUMBER.findall(path.name)[0]
    for number, picture in enumerate(frames):
        save_picture(picture, path.with_name(path.name.replace(pattern, pattern % number)))


def _travels(clip: Clip) -> bool:
    if clip.pose.translation is None:
        return False
    floor = clip.pose.translation[:, [0, 2]]
    return bool((floor.amax(0) - floor.amin(0)).norm() > _FAR)


def _write_webp(path: Path, frames: Iterator[Image.Image], count: int, fps: float) -> None:
    first = next(frames)
    with atomic_write(path) as temporary:
        first.save(
            temporary, save_all=True, append_images=frames, duration=round(1000 / fps), loop=0, quality=80, method=3
        )


def _write_mp4(path: Path, frames: Iterator[Image.Image], count: int, fps: float) -> None:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise FileError(
            path,
            "MP4 needs a video encoder, and none is installed",
            remedy="pip install 'poseloom[video]', or write .gif or .webp",
        ) from None
    first = next(frames)
    width, height = (side - side % 2 for side in first.size)  # the encoder's colour format has even sides
    with atomic_write(path) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary), (width, height), fps=fps, quality=8, macro_block_size=1, ffmpeg_log_level="error"
        )
        writer.send(None)
        try:
            for frame in chain((first,), frames):
                writer.send(frame.crop((0, 0, width, height)).tobytes())
        finally:
            writer.close()


_WRITERS: dict[str, Any] = {".gif": write_gif, ".webp": _write_webp, ".mp4": _write_mp4}
