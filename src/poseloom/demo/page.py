"""The tour as one self-contained HTML page: nothing in it is fetched, it works from the disk."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

from poseloom import __version__
from poseloom.demo import embed, showcase
from poseloom.demo.chart import chart
from poseloom.demo.showcase import Drawn, Showcase, Signing
from poseloom.demo.stopwatch import Timing
from poseloom.demo.tour import Comparison, Still, Tour

VIEWER = "viewer.min.js"
"""three.js and what shows a body with it; made from tools/viewer."""


def page(tour: Tour, title: str, downloads: Sequence[str] = ()) -> str:
    """The page; `downloads` are names of files that lie beside it."""
    template = Template(_own_file("page.html"))
    return template.substitute(
        title=escape(title),
        facts=_facts(tour, title),
        motion=embed.animation(tour.motion, tour.motion_fps),
        body=embed.body(tour.clip),
        viewer=_own_file(VIEWER),
        stills="".join(_still(still) for still in tour.stills),
        comparisons=_comparison_section(tour.comparisons),
        showcase="" if tour.showcase is None else _showcase(tour.showcase),
        chart=chart(tour.angles, tour.clip.seconds),
        timings="".join(_timing(timing) for timing in tour.timings),
        machine=escape(f"{platform.machine()}, Python {platform.python_version()}"),
        version=__version__,
        downloads=_downloads(downloads),
    )


def _own_file(name: str) -> str:
    return (resources.files("poseloom.demo") / name).read_text(encoding="utf-8")


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
    when = f"{still.seconds:.2f} s · frame {still.frame}"
    return _card(embed.picture(still.picture), f"Frame {still.frame}", when, still.text)


def _card(source: str, alternative: str, label: str, text: str) -> str:
    return (
        f'<figure><img src="{source}" alt="{escape(alternative)}">'
        f'<figcaption><span class="when">{escape(label)}</span><p>{escape(text)}</p></figcaption></figure>'
    )


def _comparison_section(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    rows = "".join(
        _pair(
            (pair.start.picture, pair.end.picture),
            f"{pair.start.seconds:.2f} s to {pair.end.seconds:.2f} s",
            pair.text,
        )
        for pair in comparisons
    )
    about = "What a coach would say to get from the left picture to the right one."
    return _section("From one pose to the next", about, "poseloom instruct FILE --frames 0 40", rows)


def _pair(pictures: Sequence[embed.Picture], label: str, text: str) -> str:
    images = "".join(
        f'<img src="{embed.picture(picture)}" alt="{name}">'
        for picture, name in zip(pictures, ("Before", "After"), strict=True)
    )
    return f'<div class="pair">{images}<div><span class="when">{escape(label)}</span><p>{escape(text)}</p></div></div>'


def _section(heading: str, about: str, command: str, content: str) -> str:
    return (
        f"<section><h2>{escape(heading)}</h2><p>{escape(about)}</p>"
        f'<p class="command"><code>{escape(command)}</code></p>{content}</section>'
    )


def _showcase(shown: Showcase) -> str:
    return "".join(
        [
            _section(
                "Poses from words",
                "A small model draws poses that the words tell of; the geometry checks each and keeps the best.",
                f'poseloom generate "{showcase.TEXT}" --verify --render poses.png',
                _cards(shown.generated),
            ),
            _section(
                "Changed by an instruction",
                "The first of them, changed as a sentence says.",
                f'poseloom edit poses.npz "{showcase.INSTRUCTION}" --verify --render change.png',
                _pair([each.picture for each in shown.edited], showcase.INSTRUCTION, shown.edited[-1].text),
            ),
            _section(
                "Found by words",
                f"The best of {showcase.ROWS:,} random poses; the question is answered by the geometry.",
                f'poseloom search "{showcase.QUESTION}" --table TABLE',
                _cards(shown.found),
            ),
            _signing(shown.signing),
        ]
    )


def _cards(drawn: Sequence[Drawn]) -> str:
    cards = "".join(_card(embed.picture(each.picture), each.text, each.label, each.text) for each in drawn)
    return f'<div class="stills small">{cards}</div>'


def _signing(signing: Signing) -> str:
    content = (
        f'<div class="pair single"><img src="{embed.webp(signing.animation)}" alt="A body that signs">'
        f'<div><span class="when">what the notation says</span><p>{escape(signing.says)}</p></div></div>'
    )
    about = "HamNoSys, the phonetic notation of signed languages, read and carried out by rule."
    return _section("Signed", about, f'poseloom sign "{signing.hamnosys}" --out thanks.gif', content)


def _timing(timing: Timing) -> str:
    return (
        f"<tr><td>{escape(timing.what)}</td><td>{escape(timing.count)}</td>"
        f'<td class="number">{timing.seconds:.2f} s</td></tr>'
    )


def _downloads(names: Sequence[str]) -> str:
    if not names:
        return ""
    links = ", ".join(f'<a href="{escape(name)}">{escape(name)}</a>' for name in names)
    return f" Beside this page: {links}."
