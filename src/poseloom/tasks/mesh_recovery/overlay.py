"""Recovered people drawn over their photo, or over every frame of their video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn import functional

from poseloom.images.files import to_pil
from poseloom.images.video import Video, open_video
from poseloom.render.animation import write_animation
from poseloom.render.on_photo import LARGEST_SIDE, bodies_on_photo, skeletons_on_photo, with_side_views
from poseloom.results.recovered import Recovered


def drawn_over(
    found: Recovered, photo: Float[Tensor, "3 height width"], *, skeleton: bool = False, side_views: bool = True
) -> Image.Image:
    """A photo with the people who were found in it: bodies in its camera and their side views, or skeletons.

    Args:
        found: values of that photo.
        photo: RGB in [0, 1]; shrunk where it is larger than 1280 pixels.
        skeleton: draw keypoints instead of bodies.
        side_views: the first people from the side, beside the photo.
    """
    if not len(found):
        return to_pil(photo)
    share = min(1.0, LARGEST_SIDE / max(photo.shape[-2:]))
    size = tuple(max(1, round(side * share)) for side in photo.shape[-2:])
    if share < 1:
        photo = functional.interpolate(photo[None], size=size, mode="area")[0]
    if skeleton:
        keypoints = found.keypoints.resized((size[1], size[0]))
        hands = None if keypoints.hands is None else keypoints.hands[..., :2]
        return skeletons_on_photo(photo, keypoints.points[..., :2], keypoints.seen, hands)
    camera = found.camera.resized((size[0], size[1]))
    with torch.no_grad():
        drawn = bodies_on_photo(photo, found.poses, camera, found.seen)
        return to_pil(with_side_views(drawn, found.poses) if side_views else drawn)


def draw_over_video(
    found: Recovered,
    source: str | Path,
    path: str | Path,
    *,
    skeleton: bool = False,
) -> Path:
    """Write a video of the same frame rate, without its sound, with the people drawn over every frame.

    One frame is in memory at a time. Large videos are drawn at the size at which they were looked at.

    Args:
        found: the people of that video.
        source: the video.
        path: ``.mp4``, ``.gif`` or ``.webp``.
        skeleton: draw keypoints instead of bodies.

    Raises:
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    video = open_video(source, found.keypoints.fps)
    return write_animation(_drawn(found, video, skeleton), found.keypoints.frames, video.fps, path)


def _drawn(found: Recovered, video: Video, skeleton: bool) -> Iterator[Image.Image]:
    for number, picture in enumerate(video.frames()):
        rows = (found.keypoints.frame == number).nonzero()[:, 0]
        yield drawn_over(found.at_rows(rows), picture, skeleton=skeleton, side_views=False)
