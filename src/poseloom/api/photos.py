"""People in pictures and videos: their keypoints, their bodies, the clip of one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.formats.reading_options import ReadingOptions
from poseloom.pose import Clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseloom.results.keypoints import Keypoints
    from poseloom.results.recovered import Recovered
    from poseloom.tasks.keypoints.sources import Progress, Source

LONGEST_LENS = 5000
"""Millimetres."""


def load_picture(path: str | Path, options: ReadingOptions) -> Clip:
    """The person in a picture or video as a clip; the one that is asked for, else the largest."""
    for name in ("joint_map", "up", "unit"):
        if getattr(options, name) is not None:
            raise PoseloomError(f"{path}: {name} cannot be given for a picture or video; it takes person and fps")
    number = 0 if options.person is None else options.person
    if isinstance(number, str) and not number.isdigit():
        raise PoseloomError(f"{path}: person {number!r}: the people of a picture are numbered 0, 1, ...")
    person = None if options.person is None else int(number)
    return recover(path, people=1 if person is None else None, fps=options.fps).clip(person)


def recover(
    source: Source,
    *,
    boxes: Sequence[Sequence[float]] | Tensor | None = None,
    people: int | None = 1,
    fps: float | None = None,
    lens: float | None = None,
    algorithm: str | None = None,
    model: str | Path | None = None,
    smooth: bool = True,
    progress: Progress | None = None,
) -> Recovered:
    """The bodies of the people in a picture or a video: poses, where they stand before the camera, what was seen.

    Args:
        source: path of a picture or video, bytes of a picture, a Pillow image, or RGB floats (3, height, width).
        boxes: where the people are, x, y, width, height in pixels each; found by the detector if None.
        people: how many at most, the larger ones first; None for all.
        fps: frames a second of a video that are looked at; all by default.
        lens: focal length in millimetres on a sensor of 36 x 24; by default that of the file, or a normal lens.
        algorithm: how bodies are found, by default ``small`` in a picture and ``lifted`` in a video. ``small`` is
            poseloom's own network that looks at the pixels, at a picture several times, and is fitted to the picture;
            ``lifted`` lets a learned lifter tell depth and pose from the keypoints, which is fitted likewise;
            ``keypoints`` (or ``landmarks``) fits the free body to the keypoints alone; ``hmr``, ``spin``, ``pare``,
            ``graphcmr``, ``graphormer``, ``hmr2`` are networks of others, see `model`.
        model: path of such a network, trained by ``poseloom train`` or imported; ``small`` ships one.
        smooth: smooth the keypoints of a video over time.
        progress: told how far a video is.

    Raises:
        PoseloomError: nobody is found, a box outside the picture, no picture or video that can be read.
    """
    from poseloom.checkpoints.people import lifter_of
    from poseloom.images.read import lens_of
    from poseloom.tasks.mesh_recovery.networks.choice import ALGORITHMS as NETWORKS
    from poseloom.tasks.mesh_recovery.networks.small import SMALL
    from poseloom.tasks.mesh_recovery.predict import LIFTED, check_algorithm, recover_bodies

    if algorithm is not None and model is None and algorithm not in (SMALL, *NETWORKS):
        check_algorithm(algorithm)
    found = keypoints(source, boxes=boxes, people=people, fps=fps, smooth=smooth, progress=progress)
    if lens is not None and not 1 <= lens <= LONGEST_LENS:
        raise PoseloomError(f"lens: expected 1 to {LONGEST_LENS} millimetres, got {lens:g}")
    if lens is None and found.fps is None and not isinstance(source, Tensor):
        lens = lens_of(source)
    if algorithm is None and model is None:
        algorithm = SMALL if found.fps is None else LIFTED
    if model is not None or algorithm in (SMALL, *NETWORKS):
        from poseloom.checkpoints.networks import recover_with

        return recover_with(source, found, model, algorithm, lens=lens, fps=fps)
    return recover_bodies(found, lens=lens, lifter=lifter_of(algorithm or LIFTED))


def keypoints(
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
    """The people in a picture or a video: 33 points of the body, in the picture and in metres, hands, faces.

    Args:
        source: path of a picture or video (also an animated GIF or WebP), bytes of a picture, a Pillow image, or RGB
            floats (3, height, width) in [0, 1].
        boxes: where the people are, x, y, width, height in pixels each, of a video in its first frame; nobody else is
            looked for then. Found by the detector if None.
        people: how many at most, the larger ones first; None for all. In a picture, 1 takes less time: no small people
            are looked for when a prominent one is there.
        fps: frames a second of a video that are looked at; all by default.
        hands: look for 21 points of each hand.
        face: look for 468 points of each face.
        smooth: smooth points of a video over time.
        progress: told how far a video is.

    Raises:
        PoseloomError: nobody is found, a box outside the picture, no picture or video that can be read.
    """
    from poseloom.checkpoints.people import keypoint_reader
    from poseloom.tasks.keypoints.sources import read_keypoints

    return read_keypoints(
        keypoint_reader(),
        source,
        boxes=boxes,
        people=people,
        fps=fps,
        hands=hands,
        face=face,
        smooth=smooth,
        progress=progress,
    )
