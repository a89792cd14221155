"""Requirements judged on stretches of a clip: whether each holds, at which moment, and what was measured then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from poseloom.language.description.describe import figures
from poseloom.language.description.truth import Truth, joined_truths, truth_of
from poseloom.language.motion.repetitions import Repetition
from poseloom.language.motion.requirements import Clause, Need, Requirement, When, say_table
from poseloom.language.motion.signals import SIDES, Signals
from poseloom.pose.types import Clip

ENOUGH = 0.9
"""Share of the time in which something must hold to hold throughout: single frames are noise."""
_PEAK_SECONDS = 0.12
_LOOKS = 15.0
"""Frames a second in which facts of descriptions are looked for."""
_UNIT = {"degrees": 1.0, "metres": 0.01, "seconds": 0.1}
_SIGNED = {
    "back": "back hollow by {value} degrees",
    "lean": "trunk leans back by {value} degrees",
    "head_nod": "head raised by {value} degrees",
    "knee_ahead": "{part} {value} cm behind the toes",
    "over_knee": "{part} {value} cm below the knee",
    "reach": "{part} {value} cm below the shoulder",
    "knees_in": "knees {value} cm farther apart than the ankles",
}
"""Findings whose value is negative."""


@dataclass(frozen=True)
class Judgement:
    """A requirement on one stretch of time; `place` is the moment that decides."""

    holds: bool | None
    place: int
    value: float | None
    limit: float | None
    unit: str
    text: str


class Grader:
    """A clip that requirements are judged on."""

    def __init__(self, clip: Clip, signals: Signals) -> None:
        self._clip = clip
        self._signals = signals

    def judge(self, requirement: Requirement, one: Repetition) -> Judgement:
        """Whether everything that a sentence asks for holds; the part that holds least decides."""
        judged = [self._clause(clause, one) for clause in requirement.clauses]
        if not judged:
            return Judgement(None, one.peak, None, None, "", "")
        decides = min(judged, key=lambda row: row[0])
        margins = [margin for margin, _ in judged]
        found = decides[1]
        return Judgement(min(margins) >= 0, found.place, found.value, found.limit, found.unit, found.text)

    def _clause(self, clause: Clause, one: Repetition) -> tuple[float, Judgement]:
        if clause.needs and clause.needs[0].signal == "duration":
            return self._duration(clause.needs[0], one)
        span = self._span(clause, one)
        margins = self._margins(clause, span)
        if clause.when is When.THROUGHOUT:
            worst = int(margins.argmin())
            decisive = float(np.quantile(margins, 1 - ENOUGH))
            place = worst if decisive < 0 else int(np.abs(margins - decisive).argmin())
        else:
            place, decisive = int(margins.argmax()), float(margins.max())
        at = range(len(self._signals))[span][place]
        return decisive, self._said(clause, at, decisive >= 0)

    def _span(self, clause: Clause, one: Repetition) -> slice:
        if clause.when is not When.PEAK:
            return one.times
        near = max(1, round(_PEAK_SECONDS * self._signals.rate))
        return slice(max(one.start, one.peak - near), min(one.end, one.peak + near) + 1)

    # -- margins ------------------------------------------------------------------------------------------------------

    def _margins(self, clause: Clause, span: slice) -> Float[ndarray, " times"]:
        """By how much everything holds at each time, in units of what can be told apart; negative where it does not."""
        rows = [self._margin(need, span)[0] for need in clause.needs]
        rows += [self._facts(options, span) for options in clause.facts]
        return np.stack(rows).min(0)

    def _margin(self, need: Need, span: slice) -> tuple[Float[ndarray, " times"], Float[ndarray, " times"]]:
        """The margin and the value that decides: that of the side which holds less, or of the better one of either."""
        if need.signal in self._signals.sided:
            values = self._signals.sided[need.signal][:, span]
            values = values if need.sides not in SIDES else values[[SIDES.index(need.sides)]]
        else:
            values = self._signals.middle[need.signal][None, span]
            values = np.abs(values) if need.counted and need.signal in ("twist", "feet_apart") else values
        margins = np.minimum(values - need.least, need.most - values) / _UNIT[need.unit]
        which = margins.argmax(0) if need.sides == "either" else margins.argmin(0)
        columns = np.arange(margins.shape[1])
        return margins[which, columns], values[which, columns]

    def _facts(self, options: tuple, span: slice) -> Float[ndarray, " times"]:
        """1 where one of the claims holds, -1 where none does."""
        step = max(1, round(self._signals.rate / _LOOKS))
        looked = np.round(np.arange(len(self._signals))[span] / step).astype(int)
        holds = np.logical_or.reduce([self._truth.holds(one) for one in options])
        return np.where(holds[np.minimum(looked, len(holds) - 1)], 1.0, -1.0)

    @cached_property
    def _truth(self) -> Truth:
        """What descriptions may say, several times a second."""
        step = max(1, round(self._signals.rate / _LOOKS))
        frames = self._signals.frames[::step].tolist()
        return joined_truths([truth_of(figure) for figure in figures(self._clip.pose[frames])])

    # -- findings -----------------------------------------------------------------------------------------------------

    def _duration(self, need: Need, one: Repetition) -> tuple[float, Judgement]:
        lasts = float(self._signals.seconds[one.end] - self._signals.seconds[one.start])
        margin = min(lasts - need.least, need.most - lasts)
        text = say_table()[0]["duration"].replace("{value}", f"{lasts:.1f}") + _asked(need, lasts, 1.0, "s")
        return margin, Judgement(margin >= 0, one.peak, lasts, _limit(need, lasts), "seconds", text)

    def _said(self, clause: Clause, place: int, holds: bool) -> Judgement:
        here = slice(place, place + 1)
        if not clause.needs:
            return Judgement(holds, place, None, None, "", "seen" if holds else "not seen")
        need = min(clause.needs, key=lambda need: float(self._margin(need, here)[0][0]))
        value = float(self._margin(need, here)[1][0])
        say, parts = say_table()
        shown = 100 * value if need.unit == "metres" else value
        wording = say[need.signal]
        if value < 0 and need.signal in _SIGNED:
            wording, shown = _SIGNED[need.signal], -shown
        wording = wording.replace("{value}", f"{shown:.0f}")
        if need.signal in parts:
            wording = wording.replace("{part}", f"{self._side(need, place)} {parts[need.signal]}")
        scale, unit = (100.0, "cm") if need.unit == "metres" else (1.0, "degrees")
        return Judgement(
            holds, place, value, _limit(need, value), need.unit, wording + _asked(need, value, scale, unit)
        )

    def _side(self, need: Need, place: int) -> str:
        """The side whose value decides."""
        if need.sides in SIDES:
            return need.sides
        values = self._signals.sided[need.signal][:, place]
        margins = np.minimum(values - need.least, need.most - values)
        return SIDES[int(margins.argmax() if need.sides == "either" else margins.argmin())]


def _limit(need: Need, value: float) -> float:
    """The bound that is nearer, or was missed."""
    bounds = [bound for bound in (need.least, need.most) if np.isfinite(bound)]
    return min(bounds, key=lambda bound: abs(bound - value))


def _asked(need: Need, value: float, scale: float, unit: str) -> str:
    """``, at least 90 asked for``."""
    limits = [bound for bound in (need.least, need.most) if np.isfinite(bound)]
    shown = ".1f" if unit == "s" else ".0f"
    if len(limits) == 2 and limits[0] == -limits[1]:
        return f" (at most {limits[1] * scale:{shown}} {unit} asked)"
    if len(limits) == 2:
        return f" ({limits[0] * scale:{shown}} to {limits[1] * scale:{shown}} {unit} asked)"
    word = "at least" if np.isfinite(need.least) else "at most"
    return f" ({word} {limits[0] * scale:{shown}} {unit} asked)"


def whole(signals: Signals) -> Repetition:
    """The whole clip, to be judged as one."""
    return Repetition(0, len(signals) // 2, len(signals) - 1)


def every_time(signals: Signals) -> Sequence[Repetition]:
    """Each time by itself."""
    return [Repetition(place, place, place) for place in range(len(signals))]
