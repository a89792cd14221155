"""Joint angles over time as an inline SVG; its colours come from the page, for light and dark."""

from __future__ import annotations

from html import escape

_COLOURS = ("#c8643a", "#d99a3d", "#3d86aa", "#7fb2c9")
_WIDTH, _HEIGHT, _MARGIN = 1100, 300, 46
_LEGEND_STEP = 150
_POINTS = 400
"""Points of a curve at most; a longer clip is thinned out to these."""


def chart(curves: dict[str, list[float]], seconds: float) -> str:
    """The curves, degrees from 0 to 180, with grid, axis labels and a legend."""
    height, width = _HEIGHT - 2 * _MARGIN, _WIDTH - 2 * _MARGIN
    parts = []
    for degrees in (0, 45, 90, 135, 180):
        y = _MARGIN + height * (1 - degrees / 180)
        parts.append(f'<line class="grid" x1="{_MARGIN}" x2="{_MARGIN + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_label(_MARGIN - 8, y + 4, f"{degrees}°", "end"))
    for tick in range(6):
        x = _MARGIN + width * tick / 5
        parts.append(_label(x, _MARGIN + height + 22, f"{seconds * tick / 5:.1f} s", "middle"))
    for place, ((name, values), colour) in enumerate(zip(curves.items(), _COLOURS, strict=True)):
        thinned = values[:: max(1, len(values) // _POINTS)]
        last = max(len(thinned) - 1, 1)
        points = " ".join(
            f"{_MARGIN + width * i / last:.1f},{_MARGIN + height * (1 - value / 180):.1f}"
            for i, value in enumerate(thinned)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x = _MARGIN + place * _LEGEND_STEP
        parts.append(f'<rect x="{x}" y="14" width="14" height="4" rx="2" fill="{colour}"/>')
        parts.append(_label(x + 20, 21, name, "start"))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Joint angles over time">{"".join(parts)}</svg>'
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
