"""Steps: walking and running, on the way or on the spot."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy import ndarray

from poseloom.language.motion.signals import Signals
from poseloom.language.motion.turning import Turn, turns_of

_STEP = 0.22
"""Metres by which one foot passes the other in a step, at least."""
_FIRST = 0.16
"""The same of the first and the last step, which begin or end with the feet side by side."""
_LONGEST = 1.3
"""Seconds of the slowest step."""
_DROP = 0.2
"""Metres by which a walker's pelvis goes up and down at most; more is a lunge."""
_MOST_KNEE = 150.0
_FEWEST = 2
_WAY = 0.2
"""Metres that each step leads on, on average, where a walker gets on."""
_RUN_IN_AIR = 0.12
"""Share of the time off the floor from which walking is running."""
_RUN_SPEED = 1.8
"""Metres a second below which nobody runs who gets on."""
_STANDING = 0.6
_LIFT = 0.04


@dataclass(frozen=True)
class Walk:
    """Some steps in a row; places in the signals' times."""

    start: int
    end: int
    steps: tuple[int, ...]
    """When each foot has come to the front."""
    sides: tuple[str, ...]
    """Which foot that was."""
    runs: bool
    gets_on: bool
    """Whether it leads anywhere; else it is done on the spot."""

    def __len__(self) -> int:
        return len(self.steps)


def walks_of(signals: Signals) -> list[Walk]:
    """The stretches of a clip in which somebody walks or runs."""
    if len(signals) < 3:
        return []
    turns = turns_of(signals.middle["stride"], _STEP)
    found, row = [], turns[:1]
    for before, after in pairwise(turns):
        if _is_step(signals, before, after):
            row.append(after)
        else:
            found.append(row)
            row = [after]
    found.append(row)
    walks = [_walk(signals, row) for row in found if len(row) > _FEWEST]
    return [walk for walk in walks if walk is not None]


def _is_step(signals: Signals, before: Turn, after: Turn) -> bool:
    span = slice(before.place, after.place + 1)
    seconds = float(signals.seconds[after.place] - signals.seconds[before.place])
    drop = float(np.ptp(signals.middle["height"][span]))
    low = float(signals.middle["height"][span].max())
    knees = float(signals.sided["knee"][:, span].max())
    return seconds <= _LONGEST and drop <= _DROP and low >= _STANDING and knees <= _MOST_KNEE


def _walk(signals: Signals, row: list[Turn]) -> Walk | None:
    """Steps between turns of the feet; the foot that comes to the front is the one that steps."""
    stride = signals.middle["stride"]
    turns = [turn for turn in row if abs(stride[turn.place]) >= _FIRST]
    if len(turns) <= _FEWEST or not _alternate(signals, turns):
        return None
    start, end = row[0].place, row[-1].place
    if abs(stride[start]) >= _FIRST and start > 0:
        turns_at = turns[1:]
    else:
        turns_at = turns if turns[0].place > start else turns[1:]
    steps = [turn.place for turn in turns_at]
    way = float(np.linalg.norm(np.diff(signals.place[[start, end]][:, [0, 2]], axis=0)))
    path = float(np.linalg.norm(np.diff(signals.place[start : end + 1][:, [0, 2]], axis=0), axis=1).sum())
    gets_on = signals.travels and max(way, 0.7 * path) >= _WAY * len(steps)
    if signals.travels and not gets_on and not _lifts(signals, start, end):
        return None
    sides = _sides(stride, steps)
    in_air = float(signals.airborne[start : end + 1].mean())
    speed = path / max(float(signals.seconds[end] - signals.seconds[start]), 1e-9)
    runs = in_air >= _RUN_IN_AIR and (speed >= _RUN_SPEED or not gets_on)
    return Walk(start, end, tuple(steps), sides, runs, gets_on) if steps else None


def _sides(stride: ndarray, steps: list[int]) -> tuple[str, ...]:
    """The foot that has come to the front in each step, or beside the other one in the last."""
    made = ["left" if stride[place] > 0 else "right" for place in steps]
    if len(steps) > 1 and abs(stride[steps[-1]]) < _FIRST:
        made[-1] = "left" if made[-2] == "right" else "right"
    return tuple(made)


def _alternate(signals: Signals, turns: list[Turn]) -> bool:
    """Feet change places at every step: who lunges brings them side by side again."""
    signs = np.sign([signals.middle["stride"][turn.place] for turn in turns])
    return bool((signs[1:] != signs[:-1]).mean() > 0.6)


def _lifts(signals: Signals, start: int, end: int) -> bool:
    return bool((np.ptp(signals.sided["foot"][:, start : end + 1], axis=1) >= _LIFT).all())
