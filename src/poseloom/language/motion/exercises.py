"""What repetitions are called, by what they measure: squats, lunges, arm raises. The table is ``exercises.json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from poseloom.base.datafiles import entry, read_table
from poseloom.base.errors import FileError
from poseloom.language.motion.repetitions import Repetition, Run
from poseloom.language.motion.signals import SIDES, Signals
from poseloom.language.tables import TABLES

_FILE = TABLES / "exercises.json"
UNNAMED = "movement"
_WHATS = ("base", "peak", "change", "most", "size", "gain")
_GROUPS = ("both", "either", "own", "other")
_MOST = 0.6
"""Share of the repetitions that must be of the kind that names them all."""
_CLEAR = 0.25
"""Share by which one side must exceed the other to be the side of a repetition."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Exercise:
    """One kind of repetition."""

    name: str
    one: str
    many: str
    needs: dict[str, Range]
    postures: tuple[str, ...]
    seconds: Range
    side: str
    """Signal that tells the side; empty where there is none."""
    sided: str
    peak: str
    away: str
    back: str
    told: str
    alone: dict[str, Range]
    peaks: tuple[str, ...]
    """Postures of which the peak must be one; any where there are none."""
    not_peaks: tuple[str, ...]

    def called(self, count: int) -> str:
        return self.one if count == 1 else self.many


@cache
def exercises() -> dict[str, Exercise]:
    """All kinds by name, in the order in which they are tried.

    Raises:
        FileError: an entry of the table is missing or broken.
    """
    rows = entry(_FILE, read_table(_FILE), "exercises", dict)
    return {name: _exercise(name, row) for name, row in rows.items()}


def _exercise(name: str, row: dict) -> Exercise:
    where = f"exercises.{name}"
    needs, alone = (_needs(row.get(key, {}), f"{where}.{key}") for key in ("needs", "alone"))
    words = (entry(_FILE, row, key, str, where) for key in ("one", "many"))
    said = (entry(_FILE, row, key, str, where) for key in ("peak", "away", "back", "told"))
    seconds = _range(row.get("seconds", [None, None]), f"{where}.seconds")
    return Exercise(
        *(name, *words, needs, tuple(row.get("postures", ())), seconds),
        *(row.get("side", ""), row.get("sided", ""), *said, alone),
        *(tuple(row.get(key, ())) for key in ("peaks", "not_peaks")),
    )


def _needs(rows: dict, where: str) -> dict[str, Range]:
    for key in rows:
        _, *group, what = key.split(".")
        if what not in _WHATS or (group and group[0] not in _GROUPS):
            raise FileError(_FILE, f"unknown measure {key!r}", field=where)
    return {key: _range(value, f"{where}.{key}") for key, value in rows.items()}


def _range(value: object, where: str) -> Range:
    if not isinstance(value, list) or len(value) != 2:
        raise FileError(_FILE, "expected [least, most]", field=where)
    return (-np.inf if value[0] is None else float(value[0])), (np.inf if value[1] is None else float(value[1]))


@dataclass(frozen=True, eq=False)
class NamedRun:
    """Repetitions with their name, and the side of each."""

    run: Run
    exercise: Exercise
    sides: tuple[str, ...]
    """Of each repetition; empty texts where both sides do the same."""

    def __len__(self) -> int:
        return len(self.run)


def name_run(signals: Signals, run: Run, posture: str, peak: str) -> NamedRun:
    """What most of the repetitions are.

    Args:
        signals: the clip, measured.
        run: its repetitions.
        posture: of the person between them, as in descriptions: ``stand``, ``lie_back``, ...
        peak: posture at their peaks.
    """
    kinds = [_kind(signals, one, posture, peak) for one in run.repetitions]
    name, count = Counter(kinds).most_common(1)[0]
    exercise = exercises()[name if count >= _MOST * len(kinds) else UNNAMED]
    if len(run) == 1 and not _fits(signals, run.repetitions[0], exercise.alone, exercise.side):
        exercise = exercises()[UNNAMED]
    sides = tuple(_side(signals, one, exercise) for one in run.repetitions)
    return NamedRun(run, exercise, sides)


def _kind(signals: Signals, one: Repetition, posture: str, peak: str) -> str:
    seconds = float(signals.seconds[one.end] - signals.seconds[one.start])
    for name, exercise in exercises().items():
        if exercise.postures and posture not in exercise.postures:
            continue
        if peak in exercise.not_peaks or (exercise.peaks and peak not in exercise.peaks):
            continue
        if not exercise.seconds[0] <= seconds <= exercise.seconds[1]:
            continue
        if any(".own." in key for key in exercise.needs) and not _side(signals, one, exercise):
            continue
        if _fits(signals, one, exercise.needs, exercise.side):
            return name
    return UNNAMED


def _fits(signals: Signals, one: Repetition, needs: dict[str, Range], side: str) -> bool:
    return all(low <= measure(signals, one, key, side) <= high for key, (low, high) in needs.items())


def measure(signals: Signals, one: Repetition, key: str, side_of: str = "") -> float:
    """A measure of a repetition: ``knee.both.change``, ``lean.peak``, ..."""
    name, *group, what = key.split(".")
    if name in signals.middle:
        return float(_values(signals.middle[name][None], one, what)[0])
    values = _values(signals.sided[name], one, what)
    which = group[0] if group else "either"
    if which in ("own", "other"):
        changes = _values(signals.sided[side_of], one, "change") if side_of in signals.sided else values
        own = int(np.argmax(changes)) if not one.side else SIDES.index(one.side)
        return float(values[own if which == "own" else 1 - own])
    return float(values.min() if which == "both" else values.max())


def _values(rows: np.ndarray, one: Repetition, what: str) -> np.ndarray:
    base, peak = (rows[:, one.start] + rows[:, one.end]) / 2, rows[:, one.peak]
    inside = rows[:, one.times]
    if what == "base":
        return np.asarray(base)
    if what == "peak":
        return np.asarray(peak)
    if what == "most":
        return np.asarray(inside.max(1))
    if what == "gain":
        return np.asarray(peak - base)
    if what == "size":
        return np.abs(peak)
    away = np.abs(inside - base[:, None])
    return np.asarray(away.max(1))


def _side(signals: Signals, one: Repetition, exercise: Exercise) -> str:
    """On which side it is done; empty where both do the same."""
    name = exercise.side
    if not name:
        return ""
    if name in signals.middle:
        base = (signals.middle[name][one.start] + signals.middle[name][one.end]) / 2
        away = signals.middle[name][one.peak] - (0 if name == "stride" else base)
        return SIDES[0] if away > 0 else SIDES[1]
    left, right = _values(signals.sided[name], one, "change")
    if max(left, right) - min(left, right) < _CLEAR * max(left, right):
        return ""
    return SIDES[0] if left > right else SIDES[1]


def in_turn(sides: Sequence[str]) -> bool:
    """Whether left and right change every time."""
    return len(sides) > 1 and all(a and b and a != b for a, b in pairwise(sides))
