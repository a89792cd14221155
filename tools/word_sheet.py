"""Write one HTML sheet of descriptions and instructions of real poses, each beside its picture, to be read by a person.

python tools/word_sheet.py words.html walk.bvh dance.npz --descriptions 50 --instructions 50 --seed 1
"""

from __future__ import annotations

import argparse
import base64
import html
import io
import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

import poseloom
from poseloom.body import default_body
from poseloom.language.claims import check_instructions
from poseloom.pose import Clip, Pose, heading
from poseloom.pose.rotations import axis_to_rotmat
from poseloom.pose.selection import farthest_points
from poseloom.render import SIDES, View, to_pil

POOL = 8
"""Poses drawn for every one that is chosen, so that the chosen ones differ."""
SOON = (0.3, 1.5)
"""Seconds between the two poses of every other pair; the others are of any two poses."""
AZIMUTH = 25.0
TURNED = 50.0
"""Degrees of turn from which the second pose is also shown from its own front."""
QUALITY = 82

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #24262b; background: #f3f2ef }
body { margin: 0 auto; max-width: 1500px; padding: 2rem }
h1 { font-size: 1.7rem; margin: 0 } h2 { margin: 2.5rem 0 1rem; font-size: 1.2rem }
.note { color: #6a6d75; margin: .3rem 0 }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; background: #e58f4d; margin-right: .35em }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(692px, 1fr)); gap: 1rem }
.card { background: #fff; border-radius: 10px; box-shadow: 0 1px 3px #0002; display: flex; overflow: hidden }
.card figure { margin: 0; display: flex; flex: none } .card div { position: relative }
.card img { display: block } .pair { flex-direction: column }
.card span { position: absolute; left: .5rem; top: .35rem; font-size: .75rem; color: #6a6d75 }
.card p { margin: .8rem 1rem; font-size: .92rem } .card b { color: #a0a3aa; font-weight: 600; margin-right: .5em }
.card small { display: block; color: #6a6d75; margin-top: .4rem } .card small.bad { color: #b3261e }
"""


def main() -> None:
    options = _options()
    generator = torch.Generator().manual_seed(options.seed)
    clips = [poseloom.load(path) for path in options.files]
    cards = _descriptions(clips, options, generator)
    pairs = _instructions(clips, options, generator)
    names = ", ".join(Path(path).name for path in options.files)
    page = [
        f"<!doctype html><meta charset=utf-8><title>Words of poses</title><style>{STYLE}</style>",
        "<h1>Words of poses</h1>",
        f"<p class=note>{html.escape(names)}, seed {options.seed}.",
        "<i class=key></i>The person's left sleeve and trouser leg are orange and brown.</p>",
        *_section("Descriptions", cards),
        *_section("Instructions: from the first pose to the second", pairs),
    ]
    Path(options.sheet).write_text("\n".join(page), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sheet", help="HTML file to write")
    parser.add_argument("files", nargs="+", help="motion or pose files")
    parser.add_argument("--descriptions", type=int, default=50)
    parser.add_argument("--instructions", type=int, default=50)
    parser.add_argument("--version", help="write instructions by paircodes, such as full")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=230, help="pixels of a picture")
    return parser.parse_args()


# -- what is shown -----------------------------------------------------------------------------------------------


def _spread(clips: list[Clip], count: int, generator: torch.Generator) -> list[tuple[int, int]]:
    """Clip and frame of poses that differ from each other."""
    frames = [(place, frame) for place, clip in enumerate(clips) for frame in range(len(clip))]
    order = torch.randperm(len(frames), generator=generator)[: POOL * count].tolist()
    joints = default_body("preview").joints(_poses(clips, [frames[place] for place in order]).without_heading())
    chosen = farthest_points(joints - joints[:, :1], min(count, len(order))).tolist()
    return [frames[order[place]] for place in chosen]


def _poses(clips: list[Clip], frames: list[tuple[int, int]]) -> Pose:
    return Pose(torch.stack([clips[clip].pose.rotations[frame, :22] for clip, frame in frames]))


def _descriptions(clips: list[Clip], options: argparse.Namespace, generator: torch.Generator) -> list[str]:
    if not options.descriptions:
        return []
    poses = _poses(clips, _spread(clips, options.descriptions, generator))
    pictures = _pictures(poses.without_heading(), options.size)
    texts = poseloom.describe(poses, seed=options.seed)
    return [
        _card(place, [("", picture)], text)
        for place, (picture, text) in enumerate(zip(pictures, texts, strict=True), 1)
    ]


def _instructions(clips: list[Clip], options: argparse.Namespace, generator: torch.Generator) -> list[str]:
    if not options.instructions:
        return []
    frames = _spread(clips, options.instructions, generator)
    others = [_second(clips, frames, place, generator) for place in range(len(frames))]
    first, second = _ahead(_poses(clips, frames), _poses(clips, others))
    texts = poseloom.instruct(first, second, options.seed, version=options.version)
    checked = check_instructions(texts, first, second)
    before, after, own = (_pictures(pose, options.size) for pose in (first, second, second.without_heading()))
    turned = (heading(second.rotations[:, 0]).abs() > math.radians(TURNED)).tolist()
    cards = []
    for place, found in enumerate(checked):
        views = [("A", before[place]), ("B", after[place])]
        if turned[place]:
            views.append(("B from its front", own[place]))
        note = f"{sum(one is True for one in found.holds)} of {len(found.holds)} statements hold"
        cards.append(_card(place + 1, views, found.text, note, bool(found.problems)))
    return cards


def _second(
    clips: list[Clip], frames: list[tuple[int, int]], place: int, generator: torch.Generator
) -> tuple[int, int]:
    """A pose of the same clip shortly after, or the next of the chosen poses."""
    clip, frame = frames[place]
    if place % 2:
        return frames[(place + 1) % len(frames)]
    share = float(torch.rand((), generator=generator))
    later = frame + round((SOON[0] + share * (SOON[1] - SOON[0])) * clips[clip].fps)
    return clip, min(later, len(clips[clip]) - 1)


def _ahead(first: Pose, second: Pose) -> tuple[Pose, Pose]:
    """Both poses turned so that the first one faces the front: their turn is kept."""
    away = axis_to_rotmat(-heading(first.rotations[:, 0]), "Y")
    return first.turned(away), second.turned(away)


# -- the page ----------------------------------------------------------------------------------------------------


def _pictures(poses: Pose, size: int) -> Tensor:
    """Everybody seen from one direction."""
    return poseloom.render(poses, size=size, style=SIDES, view=View(azimuth=AZIMUTH, relative=False))


def _section(title: str, cards: list[str]) -> Iterator[str]:
    if cards:
        yield f"<h2>{html.escape(title)}</h2><div class=cards>"
        yield from cards
        yield "</div>"


def _card(number: int, pictures: list[tuple[str, Tensor]], text: str, note: str = "", bad: bool = False) -> str:
    views = "".join(f"<div><span>{html.escape(name)}</span>{_image(picture)}</div>" for name, picture in pictures)
    small = f"<small class={'bad' if bad else 'good'}>{html.escape(note)}</small>" if note else ""
    shape = "card pair" if len(pictures) > 1 else "card"
    return f"<div class='{shape}'><figure>{views}</figure><p><b>{number}</b>{html.escape(text)}{small}</p></div>"


def _image(picture: Tensor) -> str:
    held = io.BytesIO()
    to_pil(picture).save(held, "webp", quality=QUALITY)
    data = base64.b64encode(held.getvalue()).decode()
    return f"<img src='data:image/webp;base64,{data}' alt=''>"


if __name__ == "__main__":
    main()
