"""Keypoint sequences as moving line drawings: a limb between each two points that are seen, dots where they end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw

from poseloom.base.errors import PoseloomError
from poseloom.base.files import writable_target
from poseloom.formats.pose_file import Component, PoseSequence
from poseloom.render.animation import FASTEST, write_animation

BACKGROUND = (250, 249, 247)
_BODY = (70, 78, 92)
_HANDS = ((196, 78, 58), (38, 116, 168))
"""Of the first and of the second hand's component, which in files are the left one and the right one."""
_HAND_POINTS = 21
_LARGEST_BODY = 40
"""Points of a component up to which it is drawn with thick lines; faces have more."""
_THICK, _THIN, _DOT = 0.011, 0.006, 0.006
"""Widths of lines and radius of dots, shares of the picture's side."""
_MARGIN = 0.06
_SUPERSAMPLE = 3


@dataclass(frozen=True)
class KeypointView:
    """What part of a file's coordinates is drawn: a square.

    Args:
        left, top: its corner, pixels of the file.
        side: its width and height.
    """

    left: float
    top: float
    side: float

    @classmethod
    def of(cls, sequence: PoseSequence) -> KeypointView:
        """The smallest square, with a margin, in which all that is seen in any frame has room.

        Raises:
            PoseloomError: nothing is seen.
        """
        seen = sequence.values[~sequence.missing][:, :2].astype(np.float64)
        if not len(seen):
            raise PoseloomError("keypoints: none is seen in any frame; choose another clip")
        low, high = seen.min(0), seen.max(0)
        side = max(float((high - low).max()), 1.0) * (1 + 2 * _MARGIN)
        left, top = ((low + high - side) / 2).tolist()
        return cls(left, top, side)

    def place(self, points: Float[ndarray, "*batch 2"], size: int) -> Float[ndarray, "*batch 2"]:
        """Coordinates of a file as pixels of a picture whose side is `size`."""
        return (points - np.array([self.left, self.top])) * (size / self.side)


def draw_keypoints(
    sequence: PoseSequence, frame: int, size: int = 384, view: KeypointView | None = None
) -> Image.Image:
    """One frame of a keypoint sequence as a line drawing, all people in it.

    Args:
        sequence: in a file's coordinates; a third dimension is not looked at.
        frame: which one.
        size: side of the picture, pixels.
        view: what is drawn; by default all that is seen in any frame.

    Raises:
        PoseloomError: nothing is seen in any frame.
    """
    return next(_drawn(sequence[frame : frame + 1], view or KeypointView.of(sequence), size))


def animate_keypoints(
    sequence: PoseSequence, path: str | Path, size: int = 384, view: KeypointView | None = None
) -> Path:
    """Draw a keypoint sequence to a GIF, WebP or MP4 file, as the suffix says.

    Args:
        sequence: see `draw_keypoints`.
        path: the file.
        size: side of the pictures, pixels.
        view: what is drawn; by default all that is seen in any frame.

    Raises:
        PoseloomError: nothing is seen in any frame.
        FileError: an unknown suffix, an MP4 without an encoder, a place that cannot be written.
    """
    writable_target(path)
    step = max(1, round(sequence.fps / FASTEST))
    shown = sequence[::step]
    return write_animation(_drawn(shown, view or KeypointView.of(sequence), size), len(shown), shown.fps, path)


def _drawn(sequence: PoseSequence, view: KeypointView, size: int) -> Iterator[Image.Image]:
    pens = _pens(sequence)
    side = size * _SUPERSAMPLE
    points = view.place(sequence.values[..., :2], side)
    for values, missing in zip(points, sequence.missing, strict=True):
        picture = Image.new("RGB", (side, side), BACKGROUND)
        draw = ImageDraw.Draw(picture)
        for person, hidden in zip(values, missing, strict=True):
            for pen in pens:
                pen.draw(draw, person, ~hidden, side)
        yield picture.resize((size, size), Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class _Pen:
    """How one component is drawn.

    Args:
        first: place of its first point among all.
        component: its points and limbs.
        color: color of both.
        width: width of its lines, share of the picture's side.
    """

    first: int
    component: Component
    color: tuple[int, int, int]
    width: float

    def draw(self, draw: ImageDraw.ImageDraw, points: ndarray, seen: ndarray, side: int) -> None:
        end = self.first + len(self.component.points)
        own, there = points[self.first : end], seen[self.first : end]
        width = max(1, round(self.width * side))
        for a, b in self.component.limbs:
            if there[a] and there[b]:
                draw.line([*own[a], *own[b]], fill=self.color, width=width)
        radius = max(1.0, (_DOT if self.width == _THICK else _DOT / 2) * side)
        for x, y in own[there]:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=self.color)


def _pens(sequence: PoseSequence) -> list[_Pen]:
    pens, first, hands = [], 0, iter(_HANDS)
    for component in sequence.components:
        count = len(component.points)
        is_hand = count == _HAND_POINTS
        color = next(hands, _BODY) if is_hand else _BODY
        pens.append(_Pen(first, component, color, _THICK if count <= _LARGEST_BODY and not is_hand else _THIN))
        first += count
    return pens
