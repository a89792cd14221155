"""What differs between two motions: moment by moment of each repetition, or along a whole clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from poseloom.base.datafiles import entry, read_table
from poseloom.language.motion.exercises import Exercise
from poseloom.language.motion.repetitions import Repetition
from poseloom.language.motion.signals import SIDES, Signals
from poseloom.language.tables import TABLES

_FILE = TABLES / "coaching_words.json"
BOTH = "both"
_START = "start"
_IN_AIR = ("jump", "burpee", "jumping_jack")
"""Exercises of which the height off the floor is told."""
_MORE_ON_THE_WAY = 1.6
"""On the way a difference must be so many times what is told at rest: alignment is never perfect there."""
_LONGER, _LONGER_SECONDS = 0.2, 0.25
"""Share and seconds by which a repetition must be longer or shorter to be told."""
_LASTING = 0.3
"""Seconds of the shortest difference that is told of a clip without repetitions."""
_SETTLED = 0.1
"""Seconds around a moment over which it is measured."""

Align = Callable[[Float[ndarray, "n m"]], Int[ndarray, "steps 2"]]
"""The best monotone path through a cost matrix, from its first to its last cell."""


@dataclass(frozen=True)
class Gap:
    """One difference. Values are those of the signal; `place` and `other_place` are times of both motions."""

    signal: str
    side: str
    moment: str
    mine: float
    other: float
    place: int
    other_place: int
    unit: str

    @property
    def change(self) -> float:
        return self.mine - self.other

    @property
    def size(self) -> float:
        """In units of the smallest difference that is told."""
        return abs(self.change) / least_of(self.signal)

    @property
    def kind(self) -> tuple[str, str, str, bool]:
        """What is the same in repetitions that differ in the same manner."""
        return self.signal, self.side, self.moment, self.change > 0


@cache
def told_signals() -> dict[str, dict[str, Any]]:
    """The signals that are compared, with their words."""
    return dict(entry(_FILE, read_table(_FILE), "signals", dict))


def least_of(signal: str) -> float:
    """The smallest difference that is told."""
    return float(told_signals()[signal]["least"]) if signal in told_signals() else _LONGER_SECONDS


def cost_between(mine: Signals, other: Signals) -> Float[ndarray, "n m"]:
    """How unlike the motions are at each pair of times: the distance of their signals, in units worth telling."""
    a, b = mine.matrix(), other.matrix()
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squares, 0)))


# -- repetitions ------------------------------------------------------------------------------------------------------


def gaps_of(
    mine: Signals, one: Repetition, other: Signals, its: Repetition, exercise: Exercise, align: Align
) -> list[Gap]:
    """What differs in a repetition: where it starts, at its peak, on the way there and back; the largest first."""
    in_air = exercise.name in _IN_AIR
    found = [*_at_moment(mine, other, one.start, its.start, _START)]
    found += _at_moment(mine, other, one.peak, its.peak, exercise.peak)
    told = {(gap.signal, gap.side) for gap in found}
    for start, end, its_start, its_end, moment in (
        (one.start, one.peak, its.start, its.peak, exercise.away),
        (one.peak, one.end, its.peak, its.end, exercise.back),
    ):
        way = _on_the_way(mine.part(slice(start, end + 1)), other.part(slice(its_start, its_end + 1)), align)
        found += [
            replace(gap, moment=moment, place=gap.place + start, other_place=gap.other_place + its_start)
            for gap in way
            if (gap.signal, gap.side) not in told
        ]
    found += _durations(mine, one, other, its, exercise)
    found = [gap for gap in found if gap.signal != "rise" or (in_air and gap.moment != _START)]
    return sorted(_without_what_follows(found), key=lambda gap: (-round(gap.size, 2), gap.signal))


def _at_moment(mine: Signals, other: Signals, place: int, its: int, moment: str) -> Iterator[Gap]:
    for signal, row in told_signals().items():
        values = [_settled(signals, signal, at) for signals, at in ((mine, place), (other, its))]
        if signal == "stride":
            values = [np.abs(value) for value in values]
        yield from _sided(signal, row, values[0], values[1], moment, place, its)


def _sided(
    signal: str, row: dict[str, Any], mine: ndarray, other: ndarray, moment: str, place: int, its: int
) -> Iterator[Gap]:
    """A difference of both sides as one where they agree."""
    gaps = mine - other
    beyond = np.abs(gaps) >= float(row["least"])
    unit = str(row["unit"])
    if len(gaps) == 1:
        if beyond[0]:
            yield Gap(signal, "", moment, float(mine[0]), float(other[0]), place, its, unit)
    elif beyond.all() and gaps[0] * gaps[1] > 0:
        yield Gap(signal, BOTH, moment, float(mine.mean()), float(other.mean()), place, its, unit)
    else:
        for side in np.flatnonzero(beyond).tolist():
            yield Gap(signal, SIDES[side], moment, float(mine[side]), float(other[side]), place, its, unit)


def _rows(signals: Signals, name: str) -> Float[ndarray, "sides times"]:
    return signals.sided[name] if name in signals.sided else signals.middle[name][None]


def _settled(signals: Signals, name: str, place: int) -> Float[ndarray, " sides"]:
    """The mean around a moment."""
    near = round(_SETTLED * signals.rate / 2)
    rows = _rows(signals, name)[:, max(0, place - near) : place + near + 1]
    return np.asarray(rows.mean(1))


def _on_the_way(mine: Signals, other: Signals, align: Align) -> list[Gap]:
    """Where aligned motions differ most between two moments, signal by signal."""
    if len(mine) < 3 or len(other) < 3:
        return []
    path = align(cost_between(mine, other))
    inner = path[len(path) // 5 : max(len(path) - len(path) // 5, len(path) // 5 + 1)]
    found: list[Gap] = []
    for signal, row in told_signals().items():
        if signal in ("stride", "rise", "heel"):
            continue
        first, second = _rows(mine, signal)[:, inner[:, 0]], _rows(other, signal)[:, inner[:, 1]]
        step = int(np.abs(first - second).max(0).argmax())
        wide = {**row, "least": _MORE_ON_THE_WAY * float(row["least"])}
        found += _sided(signal, wide, first[:, step], second[:, step], "", *(int(at) for at in inner[step]))
    return found


def _durations(mine: Signals, one: Repetition, other: Signals, its: Repetition, exercise: Exercise) -> Iterator[Gap]:
    """How long the ways take."""
    for (start, end), (its_start, its_end), moment in (
        ((one.start, one.peak), (its.start, its.peak), exercise.away),
        ((one.peak, one.end), (its.peak, its.end), exercise.back),
    ):
        lasts = float(mine.seconds[end] - mine.seconds[start])
        should = float(other.seconds[its_end] - other.seconds[its_start])
        if abs(lasts - should) >= max(_LONGER_SECONDS, _LONGER * should):
            yield Gap("duration", "", moment, lasts, should, end, its_end, "seconds")


def _without_what_follows(gaps: Sequence[Gap]) -> list[Gap]:
    """Without what goes with something else at the same moment, and what the start says already."""
    kept = []
    for gap in gaps:
        row = told_signals().get(gap.signal, {"goes_with": []})
        others = [one for one in gaps if one is not gap]
        follows = any(one.signal in row["goes_with"] and one.moment == gap.moment for one in others)
        again = gap.moment != _START and any(
            (one.signal, one.side, one.moment) == (gap.signal, gap.side, _START)
            and one.change * gap.change > 0
            and abs(gap.change) < 1.5 * abs(one.change)
            for one in others
        )
        if not follows and not again:
            kept.append(gap)
    return kept


# -- clips without repetitions ----------------------------------------------------------------------------------------


def gaps_along(mine: Signals, other: Signals, align: Align) -> list[Gap]:
    """Where two aligned clips differ for a while, in the order of time."""
    path = align(cost_between(mine, other))
    least = max(1, round(_LASTING * mine.rate))
    found: list[Gap] = []
    for signal, row in told_signals().items():
        if signal in ("stride", "rise", "knees_in"):
            continue
        first, second = _rows(mine, signal)[:, path[:, 0]], _rows(other, signal)[:, path[:, 1]]
        beyond = (np.abs(first - second) >= _MORE_ON_THE_WAY * float(row["least"])).any(0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], beyond, [False]]).astype(int))).reshape(-1, 2)
        for start, end in edges.tolist():
            if path[end - 1, 0] - path[start, 0] < least:
                continue
            step = start + int(np.abs(first - second)[:, start:end].max(0).argmax())
            found += _sided(signal, row, first[:, step], second[:, step], "", *(int(at) for at in path[step]))
    kept = _without_near(found, mine)
    return sorted(kept, key=lambda gap: gap.place)


def _without_near(gaps: Sequence[Gap], mine: Signals) -> list[Gap]:
    """Of a signal that goes with another, only what stands alone."""
    kept = []
    for gap in gaps:
        goes_with = told_signals()[gap.signal]["goes_with"]
        near = (abs(one.place - gap.place) <= 0.5 * mine.rate and one.signal in goes_with for one in gaps)
        if not any(near):
            kept.append(gap)
    return kept
