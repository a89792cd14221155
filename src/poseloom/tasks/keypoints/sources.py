"""Keypoints of pictures and videos in files: read, looked at, collected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import working
from poseloom.images.read import read_picture
from poseloom.images.video import Video, is_video, open_video
from poseloom.results.keypoints import Keypoints
from poseloom.tasks.keypoints.finding import ACCEPTED
from poseloom.tasks.keypoints.people import People, PeopleOfFrames, collected
from poseloom.tasks.keypoints.predict import LOOKS, KeypointReader, NobodyFoundError
from poseloom.tasks.keypoints.tracking import Tracker

Source: TypeAlias = "str | Path | bytes | Image.Image | Tensor"
Progress: TypeAlias = Callable[[int, int | None], None]
"""Called after each frame with how many are done and about how many there are, if that is known."""
_SMALLEST = 16
"""Pixels of a side."""
_PICTURE_AXES = 3


def read_keypoints(
    reader: KeypointReader,
    source: Source,
    *,
    boxes: Sequence[Sequence[float]] | Tensor | None = None,
    people: int | None = None,
    fps: float | None = None,
    hands: bool = True,
    face: bool = False,
    smooth: bool = True,
    progress: Progress | None = None,
) -> Keypoints:
    """The people in a picture or a video; arguments and errors as for `poseloom.keypoints`."""
    if people is not None and people < 1:
        raise PoseloomError(f"people: expected 1 or more, got {people}")
    if isinstance(source, str | Path) and is_video(source):
        video = open_video(source, fps)
        return _of_video(reader, video, boxes, people, hands, face, smooth, progress)
    if fps is not None:
        raise PoseloomError("fps: a single picture has no rate; leave it out")
    picture = source if isinstance(source, Tensor) else read_picture(source)
    checked_picture(picture)
    size = (picture.shape[-1], picture.shape[-2])
    given = None if boxes is None else checked_boxes(boxes, size)
    name = Path(source).name if isinstance(source, str | Path) else ""
    try:
        with working("looking for people", LOOKS, "looks"):
            found = reader.people(picture, given, people, hands, face)
    except NobodyFoundError as nobody:
        raise NobodyFoundError(f"{name}: {nobody}" if name else str(nobody)) from None
    notes = _notes(found, given)
    return collected([found], name, None, torch.zeros(1), notes)


def _of_video(
    reader: KeypointReader,
    video: Video,
    boxes: Sequence[Sequence[float]] | Tensor | None,
    people: int | None,
    hands: bool,
    face: bool,
    smooth: bool,
    progress: Progress | None,
) -> Keypoints:
    given = None
    if boxes is not None:
        given = checked_boxes(boxes, video.original) * (video.size[0] / video.original[0])
    tracker = Tracker(reader, video.fps, people, smooth, hands, face, given)
    frames = PeopleOfFrames()
    for picture in video.frames():
        frames.append(tracker.step(picture))
        if progress is not None:
            progress(len(frames.counts), video.expected)
    if not any(frames.counts):
        raise NobodyFoundError(
            f"{video.path}: nobody is found in any of {len(frames.counts)} frames; give a box around the "
            f"person in the first one if somebody is there"
        )
    times = torch.arange(len(frames.counts)) / video.fps
    found = collected(frames.parts, video.path.name, video.fps, times, tuple(video.notes), frames.counts)
    return found if video.size == video.original else found.resized(video.original)


def checked_picture(picture: Tensor) -> None:
    """Refuse what is no picture that people can be looked for in.

    Raises:
        PoseloomError: another shape, no floats, too small.
    """
    if picture.dim() != _PICTURE_AXES or picture.shape[0] != 3 or not picture.is_floating_point():
        raise PoseloomError(
            f"picture: expected RGB floats (3, height, width) in [0, 1], got {picture.dtype} {tuple(picture.shape)}"
        )
    if min(picture.shape[-2:]) < _SMALLEST:
        width, height = picture.shape[-1], picture.shape[-2]
        raise PoseloomError(f"picture: {width} x {height} pixels are too few; a side has {_SMALLEST} or more")


def checked_boxes(boxes: Sequence[Sequence[float]] | Tensor, size: tuple[int, int]) -> Float[Tensor, "people 4"]:
    """Boxes as a tensor.

    Args:
        boxes: x, y, width, height in pixels, one or several.
        size: width and height of the picture.

    Raises:
        PoseloomError: other numbers, or a box outside the picture.
    """
    try:
        given = torch.as_tensor(boxes, dtype=torch.float32)
    except (TypeError, ValueError):
        raise PoseloomError("boxes: expected four numbers each: x, y, width, height in pixels") from None
    given = given[None] if given.dim() == 1 else given
    if given.dim() != 2 or given.shape[-1] != 4 or not len(given):
        raise PoseloomError(f"boxes: expected x, y, width, height of each person, got shape {tuple(given.shape)}")
    for box in given.tolist():
        x, y, width, height = box
        told = " ".join(f"{value:g}" for value in box)
        if not (width > 0 and height > 0 and torch.tensor(box).isfinite().all()):
            raise PoseloomError(f"box {told}: expected x, y, width, height in pixels, width and height above 0")
        if x >= size[0] or y >= size[1] or x + width <= 0 or y + height <= 0:
            raise PoseloomError(f"box {told}: lies outside the picture of {size[0]} x {size[1]} pixels")
    return given


def _notes(found: People, boxes: Tensor | None) -> tuple[str, ...]:
    """Notes about people who were left out, and about boxes in which the network believes nobody to be."""
    notes = []
    if found.others:
        everybody = len(found) + found.others
        notes.append(f"{everybody} people are found; the {len(found)} largest and surest of them are given")
    for row in range(len(found)):
        score = float(found.body.score[row])
        if boxes is not None and score < ACCEPTED:
            notes.append(f"box {row + 1}: it is uncertain whether a person is there (score {score:.2f})")
    return tuple(notes)
