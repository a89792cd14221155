"""Which posture somebody is in as time goes by, told steadily: what flickers from frame to frame is no change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from poseloom.language.description.describe import figures
from poseloom.language.description.posture import ground_of, postures_of
from poseloom.language.motion.signals import Signals
from poseloom.pose.types import Clip

_RATE = 6.0
"""Postures a second that are looked at."""
_WINDOW = 2
"""Looks before and after each that vote with it."""
_LEAST = 0.4
"""Seconds of the shortest posture that is told."""


@dataclass(frozen=True)
class Held:
    """A posture for some time; places in the signals' times."""

    name: str
    start: int
    end: int


def postures_held(clip: Clip, signals: Signals) -> list[Held]:
    """The postures of a clip, one after another."""
    step = max(1, round(signals.rate / _RATE))
    places = list(range(0, len(signals), step))
    names: list[str] = []
    for figure in figures(clip.pose[signals.frames[places].tolist()].body()):
        names += postures_of(figure, ground_of(figure)).names
    voted = [_most(names[max(0, place - _WINDOW) : place + _WINDOW + 1], names[place]) for place in range(len(names))]
    made: list[Held] = []
    at = 0
    for name, row in groupby(voted):
        count = len(list(row))
        end = places[at + count] if at + count < len(places) else len(signals) - 1
        held = Held(name, places[at], end)
        at += count
        if made and (made[-1].name == name or (held.end - held.start) / signals.rate < _LEAST):
            made[-1] = Held(made[-1].name, made[-1].start, held.end)
        else:
            made.append(held)
    return made


def posture_at(held: list[Held], place: int) -> str:
    """The posture at a time."""
    return next((one.name for one in held if one.start <= place <= one.end), held[-1].name)


def _most(names: list[str], own: str) -> str:
    counts = Counter(names)
    best = max(counts.values())
    return own if counts[own] == best else min(name for name in counts if counts[name] == best)
