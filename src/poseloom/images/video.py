"""Videos frame by frame: whatever their length, one picture is in memory at a time.

Animated GIF, WebP and PNG are read by Pillow, all else by ffmpeg in a process of its own (the extra ``video``), so that
a file that makes a decoder crash or grow does not take Python with it. ffmpeg turns what a phone held sideways, and
spreads frames of varying length evenly over time: frame k stands at k / fps seconds.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from poseloom.base.errors import FileError, PoseloomError
from poseloom.base.extras import MissingPackageError, install
from poseloom.base.files import readable_file
from poseloom.images.read import read_frames

ANIMATIONS = (".gif", ".webp", ".apng")
_FIRST_BYTES = (
    (rb"\x1a\x45\xdf\xa3", ".mkv"),
    (rb"RIFF....AVI ", ".avi"),
    (rb"GIF8", ".gif"),
    (rb"RIFF....WEBP", ".webp"),
)
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
"""Of files that are made like videos and hold a photo."""
VIDEOS = (
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".flv",
    ".3gp",
    ".ts",
    ".mts",
    ".ogv",
)
"""Suffixes that are taken for videos."""
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,live_flv,h264,hevc"
"""What ffmpeg may take a file for: none that names other files or addresses, as playlists do."""
LONGER_SIDE = 1280
"""Pixels: larger frames are shrunk while they are read, since the networks look at crops of 256."""
_SLOWEST, _FASTEST, _USUAL = 0.01, 240.0, 30.0
"""Frames a second that are believed, and what stands in for others."""
_LARGEST_BYTES = 1 << 40
_LOST = 0.02
"""Share of the frames whose absence is told; the last ones are often counted wrongly in headers."""
_LARGEST_SIDE = 16384


@dataclass(eq=False)
class Video:
    """A video that is about to be read; `open_video` makes it.

    Args:
        path: the file.
        original: width and height of the upright picture in the file, pixels.
        size: width and height of the frames that are given.
        fps: frames a second that are given.
        seconds: how long it is by its header; None where that says nothing.
        notes: what the user should know; more come while it is read.
    """

    path: Path
    original: tuple[int, int]
    size: tuple[int, int]
    fps: float
    seconds: float | None
    notes: list[str] = field(default_factory=list)

    @property
    def expected(self) -> int | None:
        """About how many frames there are; None where nothing tells."""
        return None if self.seconds is None else max(1, round(self.seconds * self.fps))

    def frames(self) -> Iterator[Float[Tensor, "3 height width"]]:
        """The frames, RGB in [0, 1]. A file that breaks off ends early, which `notes` then tell.

        Raises:
            FileError: not even one frame can be read.
        """
        animated = self.path.suffix.lower() in (*ANIMATIONS, ".png")
        count = 0
        with closing(self._animation() if animated else self._decoded()) as pictures:
            for picture in pictures:
                count += 1
                yield picture
        if not count:
            raise FileError(self.path, "not one frame of it can be read", remedy="get the file again")
        expected = self.expected
        if expected is not None and expected - count > max(2, _LOST * expected):
            have = f"{count} of about {expected} frames ({count / self.fps:.1f} of {self.seconds:.1f} s)"
            self.notes.append(f"{self.path.name} breaks off: {have} could be read and were used")

    def _animation(self) -> Generator[Float[Tensor, "3 height width"], None, None]:
        """Frames at even times: those that last longer come several times, short ones may be left out."""
        end, number = 0.0, 0
        frames = read_frames(self.path)
        while True:
            try:
                frame = next(frames)
            except StopIteration:
                return
            except FileError as error:
                if not number:
                    raise
                self.notes.append(f"{error}; the {number} frames before it were used")
                return
            end += frame.seconds
            picture = _resized(frame.picture, self.size)
            while number / self.fps < end - 1e-6:
                number += 1
                yield picture

    def _decoded(self) -> Generator[Float[Tensor, "3 height width"], None, None]:
        width, height = self.size
        filters = f"fps={self.fps:.6f}:round=near,scale={width}:{height}:flags=area"
        reading = _ffmpeg(self.path, ["-vf", filters, "-an", "-sn", "-dn"])
        with closing(reading):
            try:
                next(reading)
                for content in reading:
                    pixels = torch.frombuffer(bytearray(content), dtype=torch.uint8).reshape(height, width, 3)
                    yield pixels.permute(2, 0, 1).float().div_(255)
            except RuntimeError:  # the last frame came only in part: what `frames` tells of
                return


def is_video(path: str | Path) -> bool:
    """Whether a path is that of a video, by its suffix, or of an animation that has more than one frame."""
    suffix = Path(path).suffix.lower()
    if suffix not in (*ANIMATIONS, ".png"):
        return suffix in VIDEOS
    frames = read_frames(path)
    return next(frames, None) is not None and next(frames, None) is not None


def suffix_of_content(content: bytes) -> str | None:
    """The suffix of the kind of video or animation that the first bytes tell; None where they tell of none."""
    if content[4:8] == b"ftyp":
        return None if content[8:12] in _STILL_BRANDS else ".mp4"
    return next((suffix for first, suffix in _FIRST_BYTES if re.match(first, content, re.DOTALL)), None)


def open_video(path: str | Path, fps: float | None = None, *, longer_side: int = LONGER_SIDE) -> Video:
    """What the header of a video says, and a way to read its frames.

    Args:
        path: a video, or an animated GIF, WebP or PNG.
        fps: frames a second that are wanted; the file's own if None.
        longer_side: larger frames are shrunk to it.

    Raises:
        FileError: missing, no video, no pictures in it, or too large ones.
        PoseloomError: a rate that is none.
    """
    if fps is not None and not _SLOWEST <= fps <= _FASTEST:
        raise PoseloomError(f"fps: expected {_SLOWEST:g} to {_FASTEST:g} frames a second, got {fps:g}")
    file = readable_file(path, maximum_bytes=_LARGEST_BYTES)
    animated = file.suffix.lower() in (*ANIMATIONS, ".png")
    original, own, seconds = _of_animation(file) if animated else _of_header(file)
    notes = []
    if not _SLOWEST <= own <= _FASTEST:
        if fps is None:
            notes.append(f"{file.name} says {own:g} frames a second; {_USUAL:g} are taken")
        own = _USUAL
    return Video(file, original, _fitted(original, longer_side), fps or own, seconds, notes)


def _fitted(size: tuple[int, int], longer_side: int) -> tuple[int, int]:
    factor = min(1.0, longer_side / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _resized(
    picture: Float[Tensor, "3 height width"], size: tuple[int, int]
) -> Float[Tensor, "3 new_height new_width"]:
    if picture.shape[-2:] == (size[1], size[0]):
        return picture
    return functional.interpolate(picture[None], size=(size[1], size[0]), mode="area")[0]


def _of_animation(file: Path) -> tuple[tuple[int, int], float, float | None]:
    """Size, frames a second and duration; the shortest usual frame gives the rate."""
    durations: list[float] = []
    size = (1, 1)
    frames = read_frames(file)
    try:
        for frame in frames:
            size = (frame.picture.shape[-1], frame.picture.shape[-2])
            durations.append(frame.seconds)
    except FileError:
        if not durations:
            raise
    middle = sorted(durations)[len(durations) // 2]
    return size, 1 / middle, math.fsum(durations)


def _of_header(file: Path) -> tuple[tuple[int, int], float, float | None]:
    """Size of the upright picture, frames a second, and duration."""
    with closing(_ffmpeg(file, ["-frames:v", "1"])) as reading:
        try:
            meta: dict[str, Any] = next(reading)
            width, height = meta["size"]
        except (OSError, RuntimeError, IndexError, AttributeError, KeyError, ValueError, AssertionError):
            problem = "is no video that can be read: it is damaged, of an unknown kind, or without pictures"
            raise FileError(file, problem, remedy="get the file again, or convert it to .mp4") from None
    if not (0 < width <= _LARGEST_SIDE and 0 < height <= _LARGEST_SIDE):
        raise FileError(file, f"has frames of {width} x {height} pixels", remedy=f"at most {_LARGEST_SIDE} are read")
    return (width, height), float(meta["fps"]), float(meta["duration"]) or None


def _ffmpeg(file: Path, output: list[str]) -> Any:
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MissingPackageError(
            f"{file}: videos need the package imageio-ffmpeg, which is not installed; {install('video')}"
        ) from None
    logging.getLogger("imageio_ffmpeg").setLevel(logging.ERROR)  # warns of every frame that is turned or shrunk
    wanted = ["-nostdin", "-protocol_whitelist", "file", "-format_whitelist", _CONTAINERS]
    name = file if file.is_absolute() else Path.cwd() / file  # a name that begins with a dash is no option
    return imageio_ffmpeg.read_frames(str(name), input_params=wanted, output_params=output)
