"""What is found of motions: a clip in words, two clips compared, and exercises judged by sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from poseloom.results.json_values import plain
from poseloom.results.result import Items
from poseloom.results.texts import Instructed

_DECIMALS = 3
"""Of seconds and of measures."""


@dataclass(frozen=True)
class MotionPhase:
    """A stretch of a clip and its sentence.

    Args:
        start, end: seconds.
        text: what happens in it.
        kind: ``posture``, ``steps``, ``repetitions`` or ``movements``.
        name: what is repeated, where it has a name: ``squat``, ``lunge``, ...
        count: how many steps or repetitions; 0 for others.
        repetitions: of each repetition when it begins, peaks and ends, seconds.
        sides: of each repetition or step; empty texts where both sides do the same.
    """

    start: float
    end: float
    text: str
    kind: str
    name: str = ""
    count: int = 0
    repetitions: tuple[tuple[float, float, float], ...] = ()
    sides: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Its fields; those of repetitions only where there are some."""
        made: dict[str, Any] = {
            "start": round(self.start, _DECIMALS),
            "end": round(self.end, _DECIMALS),
            "kind": self.kind,
            "text": self.text,
        }
        if self.name:
            made["name"] = self.name
        if self.count:
            made |= {"count": self.count, "sides": list(self.sides)}
        if self.repetitions:
            rows = zip(self.repetitions, self.sides or ("",) * len(self.repetitions), strict=True)
            made["repetitions"] = [
                {
                    **{name: round(at, _DECIMALS) for name, at in zip(("start", "peak", "end"), times, strict=True)},
                    "side": side,
                }
                for times, side in rows
            ]
        return made


@dataclass(frozen=True, eq=False)
class MotionDescribed(Items[MotionPhase]):
    """A clip in words, one phase after the other; used as the sequence of its phases.

    Args:
        seconds: how long the clip is.
        phases: in the order of time.
    """

    seconds: float
    phases: tuple[MotionPhase, ...]

    @property
    def _items(self) -> tuple[MotionPhase, ...]:
        return self.phases

    @property
    def text(self) -> str:
        """The paragraph."""
        return " ".join(phase.text for phase in self.phases)

    def __str__(self) -> str:
        return self.text

    def counted(self, name: str = "") -> int:
        """How many repetitions there are, of all kinds or of one: ``squat``; of ``step`` the steps."""
        return sum(
            phase.count for phase in self.phases if phase.name == name or (not name and phase.kind == "repetitions")
        )

    def as_json(self) -> dict[str, Any]:
        """``text``, ``seconds``, ``phases`` and ``notes``."""
        made = {"text": self.text, "seconds": round(self.seconds, _DECIMALS), "phases": plain(self.phases)}
        return {**made, "notes": list(self.notes)}


@dataclass(frozen=True)
class Difference:
    """One thing in which a clip differs from the one that it is compared with.

    Args:
        repetition: which one, from 1; 0 for the clip as a whole.
        moment: ``at the lowest point``, ``on the way down``, ...; empty for what has no moment.
        measure: what is measured: ``left knee``, ``lean``, ``duration``, ...
        mine, other: the values in both clips.
        unit: ``degrees``, ``metres`` or ``seconds``.
        at, other_at: when, in seconds of each clip.
    """

    repetition: int
    moment: str
    measure: str
    mine: float
    other: float
    unit: str
    at: float
    other_at: float


@dataclass(frozen=True, eq=False)
class Coached(Instructed):
    """How to get from one motion to another, in sentences with times, the most important of each part first.

    Args:
        texts: the sentences; `frames` and `seconds` are where they belong in the first clip.
        differences: what was measured, the largest first; several may be told in one sentence.
        exercise: what both do, where it has a name; else empty.
        repetitions: how many repetitions each clip has.
    """

    differences: tuple[Difference, ...] = field(default=(), kw_only=True)
    exercise: str = field(default="", kw_only=True)
    repetitions: tuple[int, int] = field(default=(0, 0), kw_only=True)

    @property
    def text(self) -> str:
        """All sentences."""
        return " ".join(self.texts)

    def as_json(self) -> dict[str, Any]:
        """``texts``, ``exercise``, ``repetitions`` of both clips, ``differences`` and ``notes``."""
        rows = [
            {name: round(value, _DECIMALS) if isinstance(value, float) else value for name, value in vars(one).items()}
            for one in self.differences
        ]
        made = super().as_json()
        counts = dict(zip(("mine", "other"), self.repetitions, strict=True))
        return {
            "texts": made["texts"],
            "exercise": self.exercise,
            "repetitions": counts,
            "differences": rows,
            "notes": made["notes"],
        }


@dataclass(frozen=True)
class CheckedRow:
    """One sentence judged on one repetition, on one frame or on the whole clip.

    Args:
        repetition: which one, from 1; 0 where there are none.
        start, end: seconds of what was judged.
        holds: whether it is true; None where nothing could be measured.
        at: seconds of the moment that decides: the best one, or the worst of what must hold all along.
        frame: that of the clip.
        value, limit: what was measured then and what was asked for, in `unit`; None for what has no number.
        unit: ``degrees``, ``metres``; empty without numbers.
        text: the finding in words: ``the knees bend to 78 degrees, 12 short of 90``.
    """

    repetition: int
    start: float
    end: float
    holds: bool | None
    at: float
    frame: int
    value: float | None
    limit: float | None
    unit: str
    text: str


@dataclass(frozen=True)
class CheckedRequirement:
    """One sentence and what became of it.

    Args:
        text: the sentence.
        when: ``at some moment``, ``throughout``, ``at the peak``: when it must be true.
        rows: one for each repetition.
        unread: words without a meaning for motions.
    """

    text: str
    when: str
    rows: tuple[CheckedRow, ...]
    unread: tuple[str, ...] = ()

    @property
    def held(self) -> int:
        """On how many it holds."""
        return sum(row.holds is True for row in self.rows)


@dataclass(frozen=True, eq=False)
class Checked(Items[CheckedRequirement]):
    """A clip judged by sentences; used as the sequence of them.

    Args:
        requirements: the sentences, each with a row for each repetition.
        exercise: what is repeated, where it has a name.
        each: ``repetition``, ``frame`` or ``clip``.
    """

    requirements: tuple[CheckedRequirement, ...]
    exercise: str
    each: str

    @property
    def _items(self) -> tuple[CheckedRequirement, ...]:
        return self.requirements

    @property
    def passed(self) -> bool:
        """Whether every sentence that could be judged holds everywhere, and at least one could."""
        judged = [row.holds for one in self.requirements for row in one.rows if row.holds is not None]
        return bool(judged) and all(judged)

    def good(self) -> tuple[int, int]:
        """How many repetitions fulfil everything that could be judged, of how many."""
        columns = list(zip(*(one.rows for one in self.requirements if one.rows), strict=True))
        return sum(all(row.holds is not False for row in column) for column in columns), len(columns)

    def as_json(self) -> dict[str, Any]:
        """``exercise``, ``each``, ``passed``, ``good`` of ``judged``, ``requirements`` and ``notes``."""
        good, judged = self.good()
        made: dict[str, Any] = {"exercise": self.exercise, "each": self.each, "passed": self.passed}
        made |= {"good": good, "judged": judged}
        made["requirements"] = [
            {
                "text": one.text,
                "when": one.when,
                "held": one.held,
                "rows": [_rounded(row) for row in one.rows],
                "unread": list(one.unread),
            }
            for one in self.requirements
        ]
        return {**made, "notes": list(self.notes)}


def _rounded(row: CheckedRow) -> dict[str, Any]:
    return {name: round(value, _DECIMALS) if isinstance(value, float) else value for name, value in vars(row).items()}


__all__ = [
    "Checked",
    "CheckedRequirement",
    "CheckedRow",
    "Coached",
    "Difference",
    "MotionDescribed",
    "MotionPhase",
]
