"""Which posture somebody is in as time goes by, told steadily: what flickers from frame to frame is no change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from poseloom.language.description.describe import figures
from poseloom.language.description.posture import ground_of, postures_of
from poseloom.language.motion.signals import SIDES, Signals
from poseloom.pose.types import Clip

_RATE = 6.0
"""Postures a second that are looked at."""
_WINDOW = 2
"""Looks before and after each that vote with it."""
_LEAST = 0.4
"""Seconds of the shortest posture that is told."""

_Posture = tuple[str, str]
"""Name and side."""


@dataclass(frozen=True)
class Held:
    """A posture for some time; places in the signals' times."""

    name: str
    start: int
    end: int
    side: str = ""
    """``left`` or ``right`` where the posture has a side."""


def postures_held(clip: Clip, signals: Signals) -> list[Held]:
    """The postures of a clip, one after another."""
    step = max(1, round(signals.rate / _RATE))
    places = list(range(0, len(signals), step))
    names: list[_Posture] = []
    for figure in figures(clip.pose[signals.frames[places].tolist()].body()):
        found = postures_of(figure, ground_of(figure))
        sides = ["" if side < 0 else SIDES[side] for side in found.sides.tolist()]
        names += zip(found.names, sides, strict=True)
    voted = [_most(names[max(0, place - _WINDOW) : place + _WINDOW + 1], names[place]) for place in range(len(names))]
    made: list[Held] = []
    at = 0
    for (name, side), row in groupby(voted):
        count = len(list(row))
        end = places[at + count] if at + count < len(places) else len(signals) - 1
        held = Held(name, places[at], end, side)
        at += count
        if made and ((made[-1].name, made[-1].side) == (name, side) or (held.end - held.start) / signals.rate < _LEAST):
            made[-1] = replace(made[-1], end=held.end)
        else:
            made.append(held)
    return made


def held_at(held: Sequence[Held], place: int) -> Held:
    """What is held at a time."""
    return next((one for one in held if one.start <= place <= one.end), held[-1])


def posture_at(held: Sequence[Held], place: int) -> str:
    """The name of the posture at a time."""
    return held_at(held, place).name


def _most(names: list[_Posture], own: _Posture) -> _Posture:
    counts = Counter(names)
    best = max(counts.values())
    return own if counts[own] == best else min(one for one in counts if counts[one] == best)
