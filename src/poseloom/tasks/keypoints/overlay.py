"""Pictures and videos with the people that were found drawn over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image

from poseloom.images.files import save_picture, to_pil
from poseloom.images.read import read_picture
from poseloom.images.video import Video, is_video, open_video
from poseloom.render.animation import write_animation
from poseloom.render.people import draw_people
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.keypoints.sources import Progress, Source


def draw_keypoints_over(
    source: Source, keypoints: Keypoints, path: str | Path, progress: Progress | None = None
) -> Path:
    """Write a picture, or a video of the same frame rate without its sound, with the people drawn over it.

    Large videos are drawn at the size at which they were looked at.

    Args:
        source: that the keypoints are of.
        keypoints: in pixels of it.
        path: ``.png``, ``.jpg``, ``.webp`` for a picture; ``.mp4``, ``.gif``, ``.webp`` for a video.
        progress: told how far a video is.

    Raises:
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    if keypoints.fps is not None and isinstance(source, str | Path) and is_video(source):
        video = open_video(source, keypoints.fps)
        frames = _drawn(video, keypoints.resized(video.size), progress)
        return write_animation(frames, keypoints.frames, video.fps, path)
    picture = to_pil(source if isinstance(source, torch.Tensor) else read_picture(source))
    return save_picture(_over(picture, keypoints), path)


def _drawn(video: Video, keypoints: Keypoints, progress: Progress | None) -> Iterator[Image.Image]:
    for number, picture in enumerate(video.frames()):
        rows = (keypoints.frame == number).nonzero()[:, 0]
        yield _over(to_pil(picture), keypoints[rows])
        if progress is not None:
            progress(number + 1, keypoints.frames)


def _over(picture: Image.Image, keypoints: Keypoints) -> Image.Image:
    several = len(keypoints) > 1
    return draw_people(picture, keypoints.in_convention(), keypoints.hands, keypoints.face, numbers=several)
