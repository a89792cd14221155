"""Keypoint sequences as moving line drawings: limbs between points that are seen, hands with palms, a head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, ImageDraw

from poseloom.base.errors import PoseloomError
from poseloom.base.files import writable_target
from poseloom.formats.pose_file import Component, PoseSequence, layout_of
from poseloom.render.animation import FASTEST, write_animation
from poseloom.render.face_contours import face_contours
from poseloom.render.keypoint_heads import BREADTH, HEIGHT, Heads, draws_face, heads

BACKGROUND = (250, 249, 247)
_BODY = (70, 78, 92)
_HANDS = ((196, 78, 58), (38, 116, 168))
"""Of the first and of the second hand's component, which in files are the left one and the right one."""
_HAND_POINTS = 21
_PALM = (0, 1, 5, 9, 13, 17)
"""Of a hand's points: wrist, base of the thumb, knuckles."""
_ENDS_OF_FINGERS = ("PINKY", "INDEX", "THUMB")
"""Points of a body that stand for its hands; they are not drawn where the hands are."""
_ON_FACE = (
    *("NOSE", "LEFT_EYE", "RIGHT_EYE", "LEFT_EAR", "RIGHT_EAR", "MOUTH_LEFT", "MOUTH_RIGHT"),
    *("Nose", "REye", "LEye", "REar", "LEar"),
)
"""How points of a body that lie on its face begin; they are not drawn where the face has points of its own."""
_HEAD = (235, 236, 239)
_LARGEST_BODY = 40
"""Points of a component up to which it is drawn with thick lines; faces have more."""
_THICK, _FINGER, _THIN, _DOT, _RIM = 0.011, 0.008, 0.006, 0.006, 0.006
"""Widths of lines, radius of dots and width of the light rim around hands, shares of the picture's side."""
_CONTOUR = 0.004
"""Width of the lines of a face."""
_WORLD = "WORLD_LANDMARKS"
_PALM_TINT = 0.55
"""How much of a palm's colour is background."""
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
        """The smallest square, with a margin, in which all that is seen in any frame has room, heads too.

        Raises:
            PoseloomError: nothing is seen.
        """
        sequence = signing_part(sequence)
        seen = sequence.values[~sequence.missing][:, :2].astype(np.float64)
        if not len(seen):
            raise PoseloomError("keypoints: none is seen in any frame; choose another clip")
        seen = np.concatenate([seen, heads(sequence).extent()])
        low, high = seen.min(0), seen.max(0)
        side = max(float((high - low).max()), 1.0) * (1 + 2 * _MARGIN)
        left, top = ((low + high - side) / 2).tolist()
        return cls(left, top, side)

    def place(self, points: Float[ndarray, "*batch 2"], size: int) -> Float[ndarray, "*batch 2"]:
        """Coordinates of a file as pixels of a picture whose side is `size`."""
        return (points - np.array([self.left, self.top])) * (size / self.side)


def signing_part(sequence: PoseSequence) -> PoseSequence:
    """What pictures of signing show: the picture's points, and no legs where hands are seen.

    World landmarks are points of another space; a sequence of no known family is shown whole.
    """
    world = [component.name.endswith(_WORLD) for component in sequence.components]
    counts = [len(component.points) for component in sequence.components]
    hidden = np.repeat(world, counts) if len(set(world)) > 1 else np.zeros(sum(counts), bool)
    try:
        known = layout_of(sequence)
    except PoseloomError:
        return sequence
    hands = np.repeat([component.name in known.hands for component in sequence.components], counts)
    if not sequence.missing[:, :, hands].all():
        legs = [sequence.point(*point) for point in _legs(known.legs) if sequence.has(*point)]
        hidden[legs] = True
    return sequence.masked(np.broadcast_to(hidden, sequence.missing.shape))


def _legs(legs: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(component, point) for component, points in legs.items() for point in points]


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
    return next(_drawn(signing_part(sequence)[frame : frame + 1], view or KeypointView.of(sequence), size))


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
    shown = signing_part(sequence)[::step]
    return write_animation(_drawn(shown, view or KeypointView.of(sequence), size), len(shown), shown.fps, path)


def _drawn(sequence: PoseSequence, view: KeypointView, size: int) -> Iterator[Image.Image]:
    pens = _pens(sequence)
    side = size * _SUPERSAMPLE
    points = view.place(sequence.values[..., :2], side)
    tops = heads(sequence)
    for frame, (values, missing) in enumerate(zip(points, sequence.missing, strict=True)):
        picture = Image.new("RGB", (side, side), BACKGROUND)
        draw = ImageDraw.Draw(picture)
        for number, (person, hidden) in enumerate(zip(values, missing, strict=True)):
            _draw_head(draw, tops, (frame, number), view, side)
            for pen in pens:
                pen.draw(draw, person, ~hidden, side)
        yield picture.resize((size, size), Image.Resampling.LANCZOS)


def _draw_head(draw: ImageDraw.ImageDraw, tops: Heads, place: tuple[int, int], view: KeypointView, side: int) -> None:
    """A neck and an oval, upright as heads nearly are."""
    if not tops.there[place]:
        return
    (x, y), neck = view.place(np.stack([tops.middle[place], tops.neck[place]]), side)
    height = tops.radius[place[1]] * side / view.side
    breadth = height * BREADTH / HEIGHT
    width = max(1, round(_THICK * side))
    draw.line([*neck, x, y], fill=_BODY, width=width)
    draw.ellipse([x - breadth, y - height, x + breadth, y + height], fill=_HEAD, outline=_BODY, width=width)


@dataclass(frozen=True)
class _Pen:
    """How one component is drawn.

    Args:
        first: place of its first point among all.
        component: its points and limbs.
        color: red, green, blue from 0 to 255.
        width: how thick its lines are, as a share of the picture's side.
        dots: which of its points have a dot.
        is_hand: whether it has a palm, and a rim that sets it off from what is behind it.
    """

    first: int
    component: Component
    color: tuple[int, int, int]
    width: float
    dots: tuple[int, ...]
    is_hand: bool = False

    def draw(self, draw: ImageDraw.ImageDraw, points: ndarray, seen: ndarray, side: int) -> None:
        end = self.first + len(self.component.points)
        own, there = points[self.first : end], seen[self.first : end]
        width = max(1, round(self.width * side))
        lines = [[*own[a], *own[b]] for a, b in self.component.limbs if there[a] and there[b]]
        if self.is_hand:
            for line in lines:
                draw.line(line, fill=BACKGROUND, width=width + round(_RIM * side))
            self._draw_palm(draw, own, there)
        for line in lines:
            draw.line(line, fill=self.color, width=width)
        radius = max(1.0, (_DOT if self.width == _THICK else self.width / 2) * side)
        for x, y in own[[place for place in self.dots if there[place]]]:
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=self.color)

    def _draw_palm(self, draw: ImageDraw.ImageDraw, own: ndarray, there: ndarray) -> None:
        if there[list(_PALM)].all():
            shares = zip(self.color, BACKGROUND, strict=True)
            tint = tuple(round(a + (b - a) * _PALM_TINT) for a, b in shares)
            draw.polygon([tuple(own[place]) for place in _PALM], fill=tint)


def _pens(sequence: PoseSequence) -> list[_Pen]:
    pens, first, hands = [], 0, iter(_HANDS)
    has_hands = any(len(component.points) == _HAND_POINTS for component in sequence.components)
    has_face = draws_face(sequence)
    for component in sequence.components:
        count = len(component.points)
        is_hand = count == _HAND_POINTS
        contours = None if is_hand else face_contours(component)
        if contours is not None:
            pens.append(_Pen(first, replace(component, limbs=contours), _BODY, _CONTOUR, ()))
        elif is_hand:
            pens.append(_Pen(first, component, next(hands, _BODY), _FINGER, tuple(range(count)), True))
        else:
            pens.append(_body_pen(first, component, has_hands, has_face))
        first += count
    return pens


def _body_pen(first: int, component: Component, has_hands: bool, has_face: bool) -> _Pen:
    """How a body is drawn: without what its hands' and face's own points draw."""
    names = component.points
    elsewhere = {at for at, name in enumerate(names) if has_face and name.startswith(_ON_FACE)}
    limbs = tuple((a, b) for a, b in component.limbs if a not in elsewhere and b not in elsewhere)
    elsewhere |= {at for at, name in enumerate(names) if has_hands and name.endswith(_ENDS_OF_FINGERS)}
    dots = tuple(at for at in range(len(names)) if at not in elsewhere)
    width = _THICK if len(names) <= _LARGEST_BODY else _THIN
    return _Pen(first, replace(component, limbs=limbs), _BODY, width, dots)
