"""Repetitions found in a clip: excursions of one signal that are alike, whatever the exercise is.

A signal that rises and falls gives excursions from a base to a peak and back. A run of them whose whole bodies move
alike is a set of repetitions; what the clip's ends cut off is told apart. Walking is found before (`gait`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.language.motion.signals import SCALES, SIDES, Signals, mirror_columns
from poseloom.language.motion.turning import Excursion, excursions_of, is_whole

LEVELS = (0.35, 0.55)
"""Shares of a signal's range by which it must come back to count as turned."""
ALIKE = 0.75
"""Least correlation of an excursion with the usual one of its run."""
_SAMPLES = 16
_PAIRED = ("knee", "hip", "elbow", "arm")
_ONE_SIDED = 0.4
"""One limb moves alone where the other one's range is below this share of its own."""
_PAUSE_SECONDS, _PAUSE_TIMES = 4.0, 2.5
_SHORTEST = 0.25
"""Seconds of the quickest repetition."""
_STANDING = 0.75
"""Metres of the pelvis above the floor from which the average adult is up."""
_NEAR_BASE, _BASE = 0.12, 3
"""Share of a way within which the body still rests at its base, which is the mean of so many times."""
_CUT_OFF = 0.8
"""By which a set counts less for every end at which it is cut off: another way to count has whole ones there."""
_OVERLAP = 0.3
_CUT = 0.25
"""Share of the usual rise or fall from which a repetition that the clip's end cuts off is told."""
_RETURNS = 0.35
_GROSS = {"height": 1.3, "rise": 1.3}
"""Signals of the whole body count more than those of a limb that moves twice in each repetition."""


@dataclass(frozen=True)
class Repetition:
    """One repetition; places in the signals' times."""

    start: int
    peak: int
    end: int
    side: str = ""
    """``left`` or ``right`` where the repetitions are those of one side."""

    @property
    def times(self) -> slice:
        return slice(self.start, self.end + 1)


@dataclass(frozen=True)
class Run:
    """Repetitions of one movement.

    Args:
        signal: what shows them: knee, height, arm, ...
        repetitions: the whole ones, in order.
        cut_start, cut_end: whether the clip begins, or ends, within a further one.
        alternating: whether left and right change at every repetition or now and then.
    """

    signal: str
    repetitions: tuple[Repetition, ...]
    cut_start: bool = False
    cut_end: bool = False
    weight: float = field(default=0.0, compare=False)

    def __len__(self) -> int:
        return len(self.repetitions)

    @property
    def start(self) -> int:
        return self.repetitions[0].start

    @property
    def end(self) -> int:
        return self.repetitions[-1].end

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides that it is done on; empty where both move together."""
        return tuple(side for side in SIDES if any(one.side == side for one in self.repetitions))


@dataclass(frozen=True, eq=False)
class _Candidate:
    signal: str
    values: Float[ndarray, " times"]
    side: str = ""
    signed: Float[ndarray, " times"] | None = None
    """Positive where the left side is away from the base; None where sides do not matter."""


def runs_of(signals: Signals, free: Sequence[slice] | None = None) -> list[Run]:
    """The sets of repetitions of a clip, in the order of time.

    Args:
        signals: the clip, measured.
        free: spans of time to look at; all by default.
    """
    found: list[Run] = []
    for span in free if free is not None else [slice(0, len(signals))]:
        part = signals.part(span)
        if len(part) < 3:
            continue
        runs = [run for one in _candidates(part) for run in _runs(part, one)]
        chosen: list[Run] = []
        for run in sorted(runs, key=lambda run: -run.weight):
            if all(_overlap(run, other) < _OVERLAP for other in chosen):
                chosen.append(run)
        first, last = span.start or 0, (span.stop or len(signals)) >= len(signals)
        found += [_moved(run, first, last) for run in chosen]
    return sorted(found, key=lambda run: run.start)


def _overlap(run: Run, other: Run) -> float:
    shared = min(run.end, other.end) - max(run.start, other.start)
    return max(0, shared) / max(1, min(run.end - run.start, other.end - other.start))


def _moved(run: Run, by: int, is_last: bool) -> Run:
    """With places in the whole clip, whose ends alone cut repetitions off."""
    made = tuple(Repetition(one.start + by, one.peak + by, one.end + by, one.side) for one in run.repetitions)
    return Run(run.signal, made, run.cut_start and not by, run.cut_end and is_last, run.weight)


# -- signals that may show repetitions ------------------------------------------------------------------------------


def _candidates(signals: Signals) -> Iterator[_Candidate]:
    """Signals that are at their base while the person stands, or rests, and away from it in a repetition."""
    for name in _PAIRED:
        yield from _of_limbs(name, signals)
    height = signals.middle["height"]
    yield _Candidate("height", height.max() - height)
    yield _Candidate("heel", signals.sided["heel"].min(0))
    for name in ("rise", "lean", "tilt", "feet_apart", "head_nod", "back"):
        yield _Candidate(name, signals.middle[name])
    for name in ("side_lean", "twist", "head_turn"):
        yield from _of_ways(name, signals.middle[name])
    if not _is_up(signals):  # who lies or kneels may also start from bent hips or knees
        for name in ("hip", "knee", "arm", "elbow"):
            values = signals.column(name)
            yield _Candidate(name, values.max() - values)
        yield _Candidate("height", height - height.min())


def _is_up(signals: Signals) -> bool:
    return bool(np.quantile(signals.middle["height"], 0.9) > _STANDING)


def _of_limbs(name: str, signals: Signals) -> Iterator[_Candidate]:
    """One limb where it moves alone, both where they move together, their difference where they take turns."""
    left, right = signals.sided[name]
    ranges = np.ptp(left), np.ptp(right)
    for side, mine, other in ((0, *ranges), (1, *ranges[::-1])):
        if other < _ONE_SIDED * mine:
            yield _Candidate(name, signals.sided[name][side], SIDES[side])
            return
    yield _Candidate(name, (left + right) / 2)
    yield _Candidate(name, np.abs(left - right), signed=left - right)


def _of_ways(name: str, values: Float[ndarray, " times"]) -> Iterator[_Candidate]:
    yield _Candidate(name, np.abs(values), signed=values)


# -- excursions that are alike --------------------------------------------------------------------------------------


def _runs(signals: Signals, one: _Candidate) -> Iterator[Run]:
    scale = SCALES.get(one.signal, SCALES["lean"])
    spread = float(np.quantile(one.values, 0.98) - np.quantile(one.values, 0.02))
    if np.ptp(one.values) < scale:
        return
    for least in sorted({max(0.8 * scale, level * max(spread, scale)) for level in LEVELS}):
        excursions = excursions_of(one.values, least)
        if not excursions:
            continue
        columns = signals.matrix()
        ways = [_bounded(each, columns) for each in excursions]
        usual = float(np.median([max(each.rise, each.fall) for each in excursions]))
        whole = [
            is_whole(each, usual) and way.lasts(signals) >= _SHORTEST
            for each, way in zip(excursions, ways, strict=True)
        ]
        ends = len(excursions) - 1
        for group in _alike(signals, one, [way for way, good in zip(ways, whole, strict=True) if good]):
            first, last = ways.index(group[0]), ways.index(group[-1])
            run = tuple(_repetition(each, one) for each in group)
            cut_start = first == 1 and not whole[0] and excursions[0].fall >= _CUT * usual
            cut_end = last == ends - 1 and not whole[ends] and excursions[ends].rise >= _CUT * usual
            yield Run(
                one.signal,
                run,
                cut_start,
                cut_end,
                _weight(one, group, usual / scale, signals) * _CUT_OFF ** (cut_start + cut_end),
            )


@dataclass(frozen=True)
class _Way:
    """An excursion from when the body leaves its base until it is back there."""

    start: int
    peak: int
    end: int

    def lasts(self, signals: Signals) -> float:
        return float(signals.seconds[self.end] - signals.seconds[self.start])


def _bounded(one: Excursion, columns: Float[ndarray, "times columns"]) -> _Way:
    """Without the rests before and after."""
    start = _leaves(columns[one.before : one.peak + 1])
    end = _leaves(columns[one.peak : one.after + 1][::-1])
    return _Way(one.before + start, one.peak, one.after - end)


def _leaves(columns: Float[ndarray, "times columns"]) -> int:
    """The last time at which the body is where it was at first, on its way to where it is in the end."""
    away = np.linalg.norm(columns - columns[:_BASE].mean(0), axis=1)
    at_base = np.flatnonzero(away <= _NEAR_BASE * away[-1])
    return int(at_base[-1]) if len(at_base) else 0


def _weight(one: _Candidate, group: Sequence[_Way], size: float, signals: Signals) -> float:
    """How much a set of repetitions explains: its size, and the time that it takes."""
    seconds = sum(each.lasts(signals) for each in group)
    several = 1.0 if len(group) > 1 else 0.25
    return min(size, 4.0) * seconds * _GROSS.get(one.signal, 1.0) * several


def _repetition(one: _Way, of: _Candidate) -> Repetition:
    side = of.side
    if of.signed is not None:
        side = SIDES[0] if of.signed[one.peak] > 0 else SIDES[1]
    return Repetition(one.start, one.peak, one.end, side)


def _alike(signals: Signals, one: _Candidate, excursions: list[_Way]) -> Iterator[list[_Way]]:
    """Stretches of excursions in which the whole body moves alike; of a single one, that it comes back."""
    if not excursions:
        return
    shapes = [_shape(signals, each, one) for each in excursions]
    used = [False] * len(excursions)
    for reference in np.argsort([-np.linalg.norm(shape) for shape in shapes]).tolist():
        if used[reference]:
            continue
        like = [
            not used[number] and _correlation(shapes[reference], shape) >= ALIKE for number, shape in enumerate(shapes)
        ]
        first = last = reference
        while first > 0 and like[first - 1] and _follows(signals, excursions[first - 1], excursions[first]):
            first -= 1
        while last + 1 < len(like) and like[last + 1] and _follows(signals, excursions[last], excursions[last + 1]):
            last += 1
        used[first : last + 1] = [True] * (last + 1 - first)
        group = excursions[first : last + 1]
        if len(group) > 1 or _comes_back(shapes[reference]):
            yield group


def _shape(signals: Signals, one: _Way, of: _Candidate) -> Float[ndarray, "samples columns"]:
    """How the body moves in an excursion, at moments evenly before and after its peak; as if to the left."""
    columns = signals.matrix()
    half = _SAMPLES // 2
    places = np.concatenate(
        [np.linspace(one.start, one.peak, half, endpoint=False), np.linspace(one.peak, one.end, half)]
    )
    shape = columns[np.round(places).astype(int)]
    if of.signed is not None and of.signed[one.peak] < 0:
        order, signs = mirror_columns()
        shape = shape[:, order] * signs
    return shape - shape[[0, -1]].mean(0)


def _correlation(a: ndarray, b: ndarray) -> float:
    return float((a * b).sum() / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-9))


def _follows(signals: Signals, one: _Way, other: _Way) -> bool:
    seconds = signals.seconds
    pause = float(seconds[other.start] - seconds[one.end])
    lasts = float(seconds[one.end] - seconds[one.start])
    return pause <= max(_PAUSE_SECONDS, _PAUSE_TIMES * lasts)


def _comes_back(shape: ndarray) -> bool:
    return bool(np.linalg.norm(shape[-1] - shape[0]) <= _RETURNS * np.linalg.norm(shape, axis=1).max())


def alternates(run: Run) -> bool:
    """Whether left and right change at every repetition."""
    return len(run.sides) == 2 and all(a.side != b.side for a, b in pairwise(run.repetitions))
