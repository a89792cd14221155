"""The tour as one self-contained HTML page."""

from __future__ import annotations

import base64
import platform
from collections.abc import Sequence
from html import escape
from importlib import resources
from io import BytesIO
from string import Template

from jaxtyping import Float
from torch import Tensor

from poseloom import __version__
from poseloom.demo.tour import Comparison, Still, Tour
from poseloom.render import to_pil

_QUALITY = 82
_COLOURS = ("#b4552d", "#e0a458", "#2f6f8f", "#7fb2c9")
_CHART_WIDTH, _CHART_HEIGHT, _MARGIN = 1100, 300, 46
_CHART_POINTS = 400
"""Points of a curve at most; a longer clip is thinned out to these."""


def page(tour: Tour, title: str, downloads: Sequence[str] = ()) -> str:
    """The page; `downloads` are names of files that lie beside it."""
    template = Template((resources.files("poseloom.demo") / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        facts=_facts(tour, title),
        motion=_animation(tour.motion, tour.motion_fps),
        stills="".join(_still(still) for still in tour.stills),
        comparisons=_comparison_section(tour.comparisons),
        chart=_chart(tour.angles, tour.clip.seconds),
        timings="".join(
            f"<tr><td>{escape(row.what)}</td><td>{escape(row.count)}</td>"
            f'<td class="number">{row.seconds:.2f} s</td></tr>'
            for row in tour.timings
        ),
        machine=escape(f"{platform.machine()}, Python {platform.python_version()}"),
        version=__version__,
        downloads=_downloads(downloads),
    )


def _facts(tour: Tour, title: str) -> str:
    clip = tour.clip
    rows = {
        "motion": title,
        "frames": f"{len(clip):,} at {clip.fps:g} a second",
        "length": f"{clip.seconds:.1f} s",
        "joints": str(clip.pose.joints),
    }
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows.items())


def _still(still: Still) -> str:
    return (
        f'<figure><img src="{_picture(still.picture)}" alt="Frame {still.frame}">'
        f'<figcaption><span class="when">{_when(still)}</span><p>{escape(still.text)}</p></figcaption></figure>'
    )


def _when(still: Still) -> str:
    return f"{still.seconds:.2f} s · frame {still.frame}"


def _comparison_section(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    rows = "".join(
        f'<div class="pair"><img src="{_picture(pair.start.picture)}" alt="Frame {pair.start.frame}">'
        f'<img src="{_picture(pair.end.picture)}" alt="Frame {pair.end.frame}">'
        f'<div><span class="when">{pair.start.seconds:.2f} s to {pair.end.seconds:.2f} s</span>'
        f"<p>{escape(pair.text)}</p></div></div>"
        for pair in comparisons
    )
    return (
        "<section><h2>From one pose to the next</h2>"
        f"<p>What a coach would say to get from the left picture to the right one.</p>{rows}</section>"
    )


def _downloads(names: Sequence[str]) -> str:
    if not names:
        return ""
    links = ", ".join(f'<a href="{escape(name)}">{escape(name)}</a>' for name in names)
    return f" Beside this page: {links}."


def _picture(image: Float[Tensor, "3 height width"]) -> str:
    buffer = BytesIO()
    to_pil(image).save(buffer, "WEBP", quality=_QUALITY)
    return _data_uri(buffer)


def _animation(images: Float[Tensor, "frames 3 height width"], fps: float) -> str:
    buffer = BytesIO()
    first, *others = [to_pil(image) for image in images]
    milliseconds = max(1, round(1000 / fps))
    first.save(buffer, "WEBP", save_all=True, append_images=others, duration=milliseconds, loop=0, quality=_QUALITY)
    return _data_uri(buffer)


def _data_uri(buffer: BytesIO) -> str:
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _chart(curves: dict[str, list[float]], seconds: float) -> str:
    """The curves as an inline SVG with grid, axis labels and a legend."""
    height, width = _CHART_HEIGHT - 2 * _MARGIN, _CHART_WIDTH - 2 * _MARGIN
    parts = []
    for degrees in (0, 45, 90, 135, 180):
        y = _MARGIN + height * (1 - degrees / 180)
        parts.append(f'<line x1="{_MARGIN}" x2="{_MARGIN + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e4e2dd"/>')
        parts.append(_label(_MARGIN - 8, y + 4, f"{degrees}°", "end"))
    for tick in range(6):
        x = _MARGIN + width * tick / 5
        parts.append(_label(x, _MARGIN + height + 22, f"{seconds * tick / 5:.1f} s", "middle"))
    for place, ((name, values), colour) in enumerate(zip(curves.items(), _COLOURS, strict=True)):
        thinned = values[:: max(1, len(values) // _CHART_POINTS)]
        last = max(len(thinned) - 1, 1)
        points = " ".join(
            f"{_MARGIN + width * i / last:.1f},{_MARGIN + height * (1 - value / 180):.1f}"
            for i, value in enumerate(thinned)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x = _MARGIN + place * 130
        parts.append(f'<rect x="{x}" y="14" width="14" height="4" rx="2" fill="{colour}"/>')
        parts.append(_label(x + 20, 21, name, "start"))
    return f'<svg viewBox="0 0 {_CHART_WIDTH} {_CHART_HEIGHT}" role="img">{"".join(parts)}</svg>'


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" fill="#6a707c" text-anchor="{anchor}">{escape(text)}</text>'
