"""Skeletons drawn over the pictures that people were found in: the left side warm, the right side cold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from PIL import Image, ImageDraw
from torch import Tensor

from poseloom.pose.picture_keypoints import PictureKeypoints

LEFT, RIGHT, MIDDLE = (245, 130, 32), (38, 140, 230), (240, 240, 240)
"""Of lines; the person's own left and right."""
_EDGE = (20, 24, 30)
_SEEN = 0.5
"""Confidence below which a point is a guess: its lines are thin and pale."""
_KNOWN = 0.05
"""Confidence below which it is not drawn at all."""
_SOLID, _PALE = 255, 90
_WIDTH = 0.016
"""Of lines, of the person's size."""
_LEAST = 1.5
"""Pixels."""
_HAND_LIMBS = tuple((0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, 21))
_LIMBS = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("ankle", "bigtoe"),
    ("heel", "bigtoe"),
    ("wrist", "index_1"),
    ("wrist", "pinky_1"),
    ("index_1", "pinky_1"),
    ("ear", "eye"),
)
_ACROSS = ("shoulder", "hip")
_SUPERSAMPLE = 2


@dataclass(frozen=True)
class _Line:
    """From point to point of one person."""

    start: tuple[float, float]
    end: tuple[float, float]
    color: tuple[int, int, int]
    seen: bool
    width: float


def draw_people(
    picture: Image.Image,
    people: PictureKeypoints,
    hands: Float[Tensor, "rows 2 21 3"] | None = None,
    face: Float[Tensor, "rows 468 3"] | None = None,
    *,
    numbers: bool = False,
) -> Image.Image:
    """A picture with the skeletons of people over it.

    Args:
        picture: that they were found in.
        people: all rows are drawn; in any convention with shoulders, elbows and so on.
        hands: left and right one of each row; NaN where none was found.
        face: points of each row's face; NaN where none was found.
        numbers: write each person's number over the head.
    """
    canvas = picture.convert("RGB")
    for row in range(len(people)):
        lines = list(_lines(people, row)) + list(_hand_lines(people, row, hands))
        if lines:
            _paint(canvas, lines, _dots(face, row))
        if numbers:
            _number(canvas, people, row)
    return canvas


def _lines(people: PictureKeypoints, row: int) -> Iterator[_Line]:
    points, sure = people.points[row].tolist(), people.confidence[row].tolist()
    place = {name.removesuffix("_openpose").removesuffix("_extra"): index for index, name in enumerate(people.names)}
    width = max(_LEAST, _WIDTH * _size(people, row))
    pairs = [(f"{s}_{a}", f"{s}_{b}", color) for s, color in (("left", LEFT), ("right", RIGHT)) for a, b in _LIMBS]
    pairs += [(f"left_{name}", f"right_{name}", MIDDLE) for name in _ACROSS]
    pairs += [("nose", f"{side}_eye", color) for side, color in (("left", LEFT), ("right", RIGHT))]
    for a, b, color in pairs:
        if a in place and b in place:
            start, end = place[a], place[b]
            least = min(sure[start], sure[end])
            if least > _KNOWN:
                yield _Line(tuple(points[start]), tuple(points[end]), color, least >= _SEEN, width)


def _hand_lines(people: PictureKeypoints, row: int, hands: Tensor | None) -> Iterator[_Line]:
    if hands is None:
        return
    for side, color in enumerate((LEFT, RIGHT)):
        points = hands[row, side, :, :2]
        if not bool(points.isfinite().all()):
            continue
        extent = float((points.amax(0) - points.amin(0)).amax())
        own = points.tolist()
        for a, b in _HAND_LIMBS:
            yield _Line(tuple(own[a]), tuple(own[b]), color, True, max(1.0, extent * 0.03))


def _dots(face: Tensor | None, row: int) -> list[tuple[float, float]]:
    if face is None or not bool(face[row].isfinite().all()):
        return []
    return [(x, y) for x, y in face[row, :, :2].tolist()]


def _size(people: PictureKeypoints, row: int) -> float:
    """Extent of what is seen, pixels."""
    seen = people.confidence[row] >= _SEEN
    points = people.points[row][seen if bool(seen.any()) else slice(None)]
    return float((points.amax(0) - points.amin(0)).amax())


def _paint(canvas: Image.Image, lines: list[_Line], dots: list[tuple[float, float]]) -> None:
    """Draw over the part of the picture in which the lines lie, at twice its size, so that edges are soft."""
    ends = torch.tensor([end for line in lines for end in (line.start, line.end)] + dots)
    margin = 2 * max(line.width for line in lines) + 2
    low, high = ends.amin(0) - margin, ends.amax(0) + margin
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(canvas.width, int(high[0]) + 1), min(canvas.height, int(high[1]) + 1)
    if left >= right or top >= bottom:
        return
    box = (left, top, right, bottom)
    times = _SUPERSAMPLE
    layer = Image.new("RGBA", ((right - left) * times, (bottom - top) * times))
    draw = ImageDraw.Draw(layer)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] + 0.5 - left) * times, (point[1] + 0.5 - top) * times

    for x, y in map(at, dots):
        draw.ellipse([x - 1, y - 1, x + 1, y + 1], fill=(*MIDDLE, _SOLID))
    for line in sorted(lines, key=lambda one: one.seen):
        alpha = _SOLID if line.seen else _PALE
        width = line.width * times * (1 if line.seen else 0.6)
        _stroke(draw, at(line.start), at(line.end), width * 1.6, (*_EDGE, alpha // 2))
        _stroke(draw, at(line.start), at(line.end), width, (*line.color, alpha))
    layer = layer.resize((right - left, bottom - top), Image.Resampling.BOX)
    part = canvas.crop(box).convert("RGBA")
    canvas.paste(Image.alpha_composite(part, layer).convert("RGB"), box)


def _stroke(
    draw: ImageDraw.ImageDraw,
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    color: tuple[int, int, int, int],
) -> None:
    draw.line([start, end], fill=color, width=max(1, round(width)))
    radius = width / 2
    for x, y in (start, end):
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=color)


def _number(canvas: Image.Image, people: PictureKeypoints, row: int) -> None:
    size = _size(people, row)
    seen = people.points[row][people.confidence[row] > _KNOWN]
    if not len(seen):
        return
    x, y = float(seen[:, 0].mean()), float(seen[:, 1].amin())
    draw = ImageDraw.Draw(canvas)
    text = str(int(people.person[row]))
    place = (min(max(x, 8), canvas.width - 8), max(y - 0.06 * size, 8))
    draw.text(
        place,
        text,
        fill=(255, 255, 255),
        anchor="mm",
        font_size=max(12, size * 0.06),
        stroke_width=2,
        stroke_fill=_EDGE,
    )
