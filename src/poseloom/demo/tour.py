"""What the demo shows of a clip: telling frames, their words, differences, joint angles; and the showcase."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom import api
from poseloom.body import default_body
from poseloom.demo.showcase import Showcase, take_showcase
from poseloom.demo.stopwatch import Stopwatch, Timing
from poseloom.pose import JOINT_INDEX, Clip
from poseloom.pose.selection import farthest_points
from poseloom.render import SIDES, View

STILLS = 8
COMPARISONS = 3
MOTION_FRAMES = 48
"""Frames of the small animation; a longer clip is thinned out to these."""
STILL_SIZE = 384
MOTION_SIZE = 288
_CANDIDATES = 2000
"""Frames among which the telling ones are chosen; a longer clip is thinned out to these first."""

ANGLES = {
    "left elbow": ("left_shoulder", "left_elbow", "left_wrist"),
    "right elbow": ("right_shoulder", "right_elbow", "right_wrist"),
    "left knee": ("left_hip", "left_knee", "left_ankle"),
    "right knee": ("right_hip", "right_knee", "right_ankle"),
}


@dataclass(frozen=True, eq=False)
class Still:
    """One frame: where it stands in the clip, its picture (3, H, W) and its description."""

    frame: int
    seconds: float
    picture: Float[Tensor, "3 height width"]
    text: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two stills and how to get from the first to the second."""

    start: Still
    end: Still
    text: str


@dataclass(eq=False)
class Tour:
    """Everything that the page shows."""

    clip: Clip
    stills: list[Still]
    comparisons: list[Comparison]
    motion: Float[Tensor, "frames 3 height width"]
    motion_fps: float
    angles: dict[str, list[float]]
    showcase: Showcase | None = None
    timings: list[Timing] = field(default_factory=list)


def take_tour(clip: Clip, seed: int = 0, *, showcase: bool = True) -> Tour:
    """Choose frames, draw them, describe them, compare them.

    Args:
        clip: what is shown.
        seed: chooses words, and the poses of the showcase.
        showcase: show as well what needs no clip: generating, editing, searching, signing.
    """
    watch = Stopwatch()
    joints = default_body().joints(clip.pose.without_heading())
    frames = telling_frames(joints, STILLS)
    chosen = api.select(clip, frames).pose
    with watch.step("describe", f"{len(frames)} poses"):
        texts = api.describe(chosen, seed=seed)
    with watch.step("draw stills", f"{len(frames)} pictures of {STILL_SIZE} x {STILL_SIZE} pixels"):
        pictures = api.render(chosen, size=STILL_SIZE, style=SIDES)
    stills = [
        Still(frame, frame / clip.fps, picture, text)
        for frame, picture, text in zip(frames, pictures, texts, strict=True)
    ]
    with watch.step("compare", f"{min(COMPARISONS, max(len(stills) - 1, 0))} pairs of poses"):
        comparisons = _comparisons(clip, stills, seed)
    step = -(-len(clip) // MOTION_FRAMES)
    moving = clip[::step]
    with watch.step("draw the motion", f"{len(moving)} pictures of {MOTION_SIZE} x {MOTION_SIZE} pixels"):
        view = View(shared=True, follow=True)
        motion = api.render(moving.pose, size=MOTION_SIZE, view=view, ground="shared", style=SIDES)
    shown = take_showcase(watch, seed) if showcase else None
    return Tour(clip, stills, comparisons, motion, moving.fps, joint_angles(joints), shown, watch.timings)


def telling_frames(joints: Float[Tensor, "frames joints 3"], count: int) -> list[int]:
    """Frames that differ most from each other, in the order of time (farthest-point selection from frame 0)."""
    step = -(-len(joints) // _CANDIDATES)
    candidates = joints[::step, :22]
    relative = candidates - candidates[:, :1]
    chosen = farthest_points(relative, min(count, len(relative)))
    return sorted({int(index) * step for index in chosen})


def joint_angles(joints: Float[Tensor, "frames joints 3"]) -> dict[str, list[float]]:
    """Degrees at elbows and knees, frame by frame: 180 is straight."""
    angles = {}
    for name, (above, middle, below) in ANGLES.items():
        first = joints[:, JOINT_INDEX[above]] - joints[:, JOINT_INDEX[middle]]
        second = joints[:, JOINT_INDEX[below]] - joints[:, JOINT_INDEX[middle]]
        cosine = torch.nn.functional.cosine_similarity(first, second, dim=-1)
        angles[name] = torch.rad2deg(torch.arccos(cosine.clamp(-1, 1))).tolist()
    return angles


def _comparisons(clip: Clip, stills: list[Still], seed: int) -> list[Comparison]:
    pairs = list(pairwise(stills))[:COMPARISONS]
    if not pairs:
        return []
    starts = api.select(clip, [start.frame for start, _ in pairs]).pose
    ends = api.select(clip, [end.frame for _, end in pairs]).pose
    texts = api.instruct(starts, ends, seed=seed)
    return [Comparison(start, end, text) for (start, end), text in zip(pairs, texts, strict=True)]
