"""A small line plot: panels above each other that share the horizontal axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _PANEL = 960, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 150, 40, 48
_SCALE = 2
"""Drawn so many times larger and reduced, for smooth lines."""
_INK, _FAINT, _GRID, _PAPER = "#222222", "#777777", "#e6e6e6", "#ffffff"
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Okabe & Ito (2008): told apart by colour-blind readers as well."""
_LOG_RANGE = 30.0
"""Values that differ by more, and are all positive, get a logarithmic axis."""
_MOST_POINTS = 1500


@dataclass(frozen=True)
class Line:
    """A named line.

    Args:
        name: in the legend.
        points: (x, y), by rising x.
    """

    name: str
    points: list[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One plot.

    Args:
        title: above it.
        lines: at most as many as there are colours.
        marks: name -> x of a vertical line.
    """

    title: str
    lines: list[Line]
    marks: dict[str, int] = field(default_factory=dict)


def draw_panels(panels: list[Panel], x_title: str) -> Image.Image:
    """The picture of all panels."""
    size = _WIDTH * _SCALE, (_PANEL * len(panels) + _BOTTOM // 2) * _SCALE
    page = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(page)
    xs = [x for panel in panels for line in panel.lines for x, _ in line.points]
    for number, panel in enumerate(panels):
        _Axes(draw, panel, number * _PANEL, (min([0, *xs]), max([1, *xs]))).draw()
    draw.text(((_LEFT + _WIDTH - _RIGHT) * _SCALE / 2, size[1] - 8 * _SCALE), x_title, _FAINT, _font(13), anchor="md")
    return page.resize((_WIDTH, size[1] // _SCALE), Image.Resampling.LANCZOS)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round values between two numbers."""
    step = _round_step((high - low) / about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


class _Axes:
    """The two scales of a panel and what is drawn on them."""

    def __init__(self, draw: ImageDraw.ImageDraw, panel: Panel, top: int, xs: tuple[float, float]):
        self.picture, self.panel = draw, panel
        self.left, self.right = _LEFT, _WIDTH - _RIGHT
        self.top, self.bottom = top + _TOP, top + _PANEL - _BOTTOM + 16
        self.xs = xs
        values = [y for line in panel.lines for _, y in line.points if math.isfinite(y)] or [0.0]
        low, high = min(values), max(values)
        self.log = low > 0 and high / low > _LOG_RANGE
        low, high = (math.log10(low), math.log10(high)) if self.log else (low, high)
        spare = (high - low) * 0.05 or abs(high) * 0.1 or 1.0
        self.ys = low - spare, high + spare

    def draw(self) -> None:
        self._grid()
        self._marks()
        for number, line in enumerate(self.panel.lines):
            color = _COLORS[number % len(_COLORS)]
            self._line(line, color)
            self._legend(line, color, number)
        self._text((self.left, self.top - 12), self.panel.title, _INK, 15, "ls")

    def _grid(self) -> None:
        for x in ticks(*self.xs, 8):
            place = self._x(x)
            self._stroke([(place, self.top), (place, self.bottom)], _GRID)
            self._text((place, self.bottom + 6), _number(x), _FAINT, 12, "mt")
        for y in self._y_ticks():
            place = self._y(y)
            self._stroke([(self.left, place), (self.right, place)], _GRID)
            self._text((self.left - 8, place), _number(y), _FAINT, 12, "rm")
        self._stroke([(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)], _FAINT)

    def _y_ticks(self) -> list[float]:
        if not self.log:
            return ticks(*self.ys)
        low, high = self.ys
        decades = range(math.floor(low), math.ceil(high) + 1)
        factors = (1, 2, 5) if high - low < 3 else (1,)
        values = [factor * 10.0**decade for decade in decades for factor in factors]
        return [value for value in values if low <= math.log10(value) <= high]

    def _marks(self) -> None:
        for name, x in self.panel.marks.items():
            place = self._x(x)
            for y in range(self.top, self.bottom, 8):
                self._stroke([(place, y), (place, min(y + 4, self.bottom))], _FAINT)
            self._text((place + 5, self.top + 2), name, _FAINT, 12, "lt")

    def _line(self, line: Line, color: str) -> None:
        every = max(1, len(line.points) // _MOST_POINTS)
        points = [(self._x(x), self._y(y)) for x, y in line.points[::every] if math.isfinite(y)]
        if len(points) > 1:
            self._stroke(points, color, 1.8)
        if len(points) <= 40:
            for x, y in points:
                r = 2.6
                box = [(x - r) * _SCALE, (y - r) * _SCALE, (x + r) * _SCALE, (y + r) * _SCALE]
                self.picture.ellipse(box, fill=color)

    def _legend(self, line: Line, color: str, number: int) -> None:
        y = self.top + 8 + number * 34
        self._stroke([(self.right + 12, y), (self.right + 28, y)], color, 3)
        name = line.name if len(line.name) <= 15 else line.name[:14] + "…"
        self._text((self.right + 34, y), name, _INK, 13, "lm")
        last = next((value for _, value in reversed(line.points) if math.isfinite(value)), None)
        if last is not None:
            self._text((self.right + 34, y + 15), f"last {last:.4g}", _FAINT, 11, "lm")

    def _x(self, value: float) -> float:
        return self.left + (value - self.xs[0]) / (self.xs[1] - self.xs[0]) * (self.right - self.left)

    def _y(self, value: float) -> float:
        low, high = self.ys
        height = math.log10(value) if self.log else value
        return self.bottom - (height - low) / (high - low) * (self.bottom - self.top)

    def _stroke(self, points: list[tuple[float, float]], color: str, width: float = 1) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.picture.line(scaled, color, round(width * _SCALE), joint="curve")

    def _text(self, place: tuple[float, float], text: str, color: str, size: int, anchor: str) -> None:
        self.picture.text((place[0] * _SCALE, place[1] * _SCALE), text, color, _font(size), anchor=anchor)


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step)) if step > 0 else 1.0
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * (1 - 1e-9))


def _number(value: float) -> str:
    thousands = abs(value) >= 10_000 and value % 1000 == 0
    return f"{value / 1000:g}k" if thousands else f"{value:.4g}"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * _SCALE)
