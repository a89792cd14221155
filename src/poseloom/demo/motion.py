"""The clip that the demo shows when the user names no file: stances joined by smooth motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from poseloom.pose import Clip, Pose, concatenate
from poseloom.pose.blend import blend, ease
from poseloom.pose.contact import ground
from poseloom.pose.stances import stance

FPS = 30.0


@dataclass(frozen=True)
class Station:
    """A stance, how long the way to it takes and how long it is held, seconds."""

    stance: str
    way: float
    hold: float


STATIONS = (
    Station("stand", 0.0, 0.4),
    Station("wave (right hand)", 0.6, 0.5),
    Station("arms overhead", 0.7, 0.3),
    Station("side bend (to the left, right arm over)", 0.6, 0.4),
    Station("squat", 0.9, 0.4),
    Station("lunge left", 0.9, 0.4),
    Station("warrior II (left forward)", 0.8, 0.5),
    Station("yoga tree (standing on left)", 0.9, 0.5),
    Station("kneel on right knee", 1.0, 0.4),
    Station("sit on the heels", 0.9, 0.5),
    Station("stand", 1.1, 0.4),
)


def embedded_clip() -> Clip:
    """A short exercise made of the procedural stances, 30 frames a second."""
    parts: list[Pose] = []
    previous = stance(STATIONS[0].stance)
    for station in STATIONS:
        target = stance(station.stance)
        frames = round(station.way * FPS)
        if frames:
            weights = ease(torch.arange(frames) / frames)
            parts.append(blend(previous.reshape(1), target.reshape(1), weights))
        held = max(1, round(station.hold * FPS))
        parts.append(blend(target.reshape(1), target.reshape(1), torch.zeros(held)))
        previous = target
    return Clip(ground(concatenate(parts)), FPS, "embedded exercise", {"source": "procedural stances"})
