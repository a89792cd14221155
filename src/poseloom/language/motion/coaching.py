"""Sentences on what differs between two motions: per repetition, at which moment, and by how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from poseloom.base.datafiles import read_table
from poseloom.language.motion import words
from poseloom.language.motion.differences import BOTH, Align, Gap, cost_between, gaps_along, gaps_of, told_signals
from poseloom.language.motion.exercises import UNNAMED, NamedRun
from poseloom.language.motion.gait import Walk
from poseloom.language.motion.signals import Signals
from poseloom.language.motion.story import Story
from poseloom.language.tables import TABLES

MOST_EACH = 3
"""Sentences on each repetition."""
MOST = 12
"""Sentences on a clip without repetitions."""
_OFTEN = 0.6
"""Share of the repetitions from which a difference is told of all of them at once."""
_SEVERAL = 3
_LONGER = 1.25
"""From which one clip is told to be longer than the other."""
_SPEED, _STEP = 0.12, 0.06
"""Metres a second, and metres a step, by which walks must differ."""


@dataclass(frozen=True)
class Advice:
    """A sentence, when in the first motion it holds, and the differences that it tells."""

    text: str
    place: int
    gaps: tuple[Gap, ...]
    repetition: int = 0


@dataclass(frozen=True)
class Coaching:
    """What is said of a motion beside another one."""

    advice: tuple[Advice, ...]
    exercise: str
    counts: tuple[int, int]
    rows: tuple[tuple[int, Gap], ...]
    """Every difference with its repetition, from 1; 0 for the whole clip."""
    notes: tuple[str, ...] = ()


def coached(mine: Story, other: Story, mirrored: Story, align: Align) -> Coaching:
    """What differs, in sentences.

    Args:
        mine: the motion that is looked at.
        other: the one that shows how.
        mirrored: the same in the mirror, for repetitions on the side that `other` does not show.
        align: finds the best path through a cost matrix.
    """
    pair = _same_exercise(mine, other)
    if pair is not None:
        return _of_repetitions(mine, other, mirrored, *pair, align)
    walks = _first_walk(mine), _first_walk(other)
    gaps = gaps_along(mine.signals, other.signals, align)
    advice = [*_walks(mine.signals, walks[0], other.signals, walks[1])] if walks[0] and walks[1] else []
    largest = sorted(gaps, key=lambda gap: -gap.size)[:MOST]
    for gap in sorted(largest, key=lambda one: one.place):
        at = float(mine.signals.seconds[gap.place])
        advice.append(Advice(words.sentence(f"at {words.seconds(at)}, {gap_words(gap)}"), gap.place, (gap,)))
    lasts = (mine.lasts, other.lasts)
    if max(lasts) > _LONGER * min(lasts):
        text = f"you take {words.seconds(lasts[0])}; you are shown {words.seconds(lasts[1])}"
        advice.insert(0, Advice(words.sentence(text), 0, ()))
    if not advice:
        advice = [Advice("Both motions are alike: no difference is large enough to be told.", 0, ())]
    notes = _other_exercises(mine, other)
    return Coaching(tuple(advice), "", (0, 0), tuple((0, gap) for gap in gaps), notes)


def _same_exercise(mine: Story, other: Story) -> tuple[NamedRun, NamedRun] | None:
    """The longest sets of the same exercise in both."""
    pairs = [
        (one, its)
        for one in mine.repetitions
        for its in other.repetitions
        if one.exercise is its.exercise and (one.exercise.name != UNNAMED or one.run.signal == its.run.signal)
    ]
    return max(pairs, key=lambda pair: (len(pair[0]), len(pair[1]))) if pairs else None


def _other_exercises(mine: Story, other: Story) -> tuple[str, ...]:
    names = [words.listed([one.exercise.many for one in story.repetitions]) for story in (mine, other)]
    if not any(names):
        return ()
    first, second = (name or "no repetitions" for name in names)
    return (f"the clips show different things ({first}; {second}), so they are compared from beginning to end",)


# -- repetitions ------------------------------------------------------------------------------------------------------


def _of_repetitions(mine: Story, other: Story, mirrored: Story, run: NamedRun, its: NamedRun, align: Align) -> Coaching:
    rows: list[tuple[int, Gap]] = []
    in_mirror = False
    partners = _partners(run, its, other, align)
    for number, (one, (partner, same_side)) in enumerate(zip(run.run.repetitions, partners, strict=True), 1):
        shown = other.signals if same_side else mirrored.signals
        in_mirror |= not same_side
        gaps = gaps_of(mine.signals, one, shown, its.run.repetitions[partner], run.exercise, align)
        rows += [(number, gap) for gap in gaps]
    advice = [_counts(run, its), *_advice(run, rows, mine.signals)]
    if len(advice) == 1:
        advice.append(Advice(f"Your {run.exercise.many} are like the ones that you are shown.", run.run.start, ()))
    notes = ("some repetitions are shown on the other side only; they are compared in the mirror",) if in_mirror else ()
    return Coaching(tuple(advice), run.exercise.name, (len(run), len(its)), tuple(rows), notes)


def _partners(run: NamedRun, its: NamedRun, other: Story, align: Align) -> list[tuple[int, bool]]:
    """For each repetition the one that it is compared with, and whether that is done on the same side.

    As many repetitions are taken one by one, else each is compared with the most usual one of its side.
    """
    made = []
    for number, side in enumerate(run.sides):
        same = [place for place, one in enumerate(its.sides) if one == side]
        if len(run) == len(its) and number in same:
            made.append((number, True))
        else:
            made.append((_most_usual(its, same or list(range(len(its))), other.signals, align), bool(same)))
    return made


def _most_usual(its: NamedRun, places: Sequence[int], signals: Signals, align: Align) -> int:
    """The repetition whose peak is in the middle of all."""
    values = signals.column(its.run.signal) if its.run.signal in (*signals.sided, *signals.middle) else signals.heading
    peaks = [float(values[its.run.repetitions[place].peak]) for place in places]
    order = np.argsort(peaks, kind="stable").tolist()
    return places[order[len(order) // 2]]


def _counts(run: NamedRun, its: NamedRun) -> Advice:
    exercise = run.exercise
    if len(run) == len(its):
        text = f"you do {words.number(len(run))} {exercise.called(len(run))}, as you are shown"
    else:
        text = f"you do {words.number(len(run))} {exercise.called(len(run))}; you are shown {words.number(len(its))}"
    return Advice(words.sentence(text), run.run.start, ())


def _advice(run: NamedRun, rows: Sequence[tuple[int, Gap]], signals: Signals) -> Iterator[Advice]:
    """What most repetitions have in common first, then what single ones have besides."""
    by_kind: dict[tuple, list[tuple[int, Gap]]] = defaultdict(list)
    for number, gap in rows:
        by_kind[gap.kind].append((number, gap))
    common = {
        kind: found
        for kind, found in by_kind.items()
        if len(run) >= _SEVERAL and len({number for number, _ in found}) >= _OFTEN * len(run)
    }
    order = sorted(common, key=lambda kind: -float(np.mean([gap.size for _, gap in common[kind]])))
    for kind in order[: 2 * MOST_EACH]:
        yield _of_all(run, common[kind])
    told: dict[tuple, list[tuple[int, Gap]]] = {}
    for number in range(1, len(run) + 1):
        own = [gap for at, gap in rows if at == number and gap.kind not in common]
        for gap in sorted(own, key=lambda gap: -gap.size)[:MOST_EACH]:
            told.setdefault(gap.kind, []).append((number, gap))
    for found in told.values():
        yield _of_some(run, found, signals)


def _of_all(run: NamedRun, found: Sequence[tuple[int, Gap]]) -> Advice:
    """``In every squat, at the lowest point, your knees are about 15 degrees less bent``."""
    number, worst = max(found, key=lambda row: row[1].size)
    count, total = len({number for number, _ in found}), len(run)
    which = (
        f"every {run.exercise.one}"
        if count == total
        else f"{words.number(count)} of {words.number(total)} {run.exercise.many}"
    )
    gaps = [gap for _, gap in found]
    mean = _mean(gaps)
    said = gap_words(mean, about=True)
    most = f", most in the {words.ordinal(number)}" if count > 1 and worst.size > 1.25 * mean.size else ""
    return Advice(words.sentence(f"in {which}, {_moment(mean)}{said}{most}"), worst.place, tuple(gaps))


def _of_some(run: NamedRun, found: Sequence[tuple[int, Gap]], signals: Signals) -> Advice:
    """``In the second squat, at the lowest point (5.2 s), your knees are 15 degrees less bent``."""
    which = f"the {run.exercise.one}"
    if len(run) > 1:
        which = f"the {words.listed([words.ordinal(number) for number, _ in found])} {run.exercise.one}"
    times = words.listed([f"{float(signals.seconds[gap.place]):.1f}" for _, gap in found])
    gaps = tuple(gap for _, gap in found)
    said = gap_words(_mean(gaps), about=len(gaps) > 1)
    text = f"in {which}, {_moment(gaps[0], f'{times} s')}{said}"
    return Advice(words.sentence(text), gaps[0].place, gaps, found[0][0])


def _mean(gaps: Sequence[Gap]) -> Gap:
    """One for several of a kind."""
    mine, other = (float(np.mean([getattr(gap, name) for gap in gaps])) for name in ("mine", "other"))
    return replace(gaps[0], mine=mine, other=other)


def _moment(gap: Gap, at: str = "") -> str:
    """``at the lowest point (5.2 s), ``; the moment of a duration is told by its own words."""
    if gap.signal == "duration":
        return ""
    moment = "at the start" if gap.moment == "start" else gap.moment
    return f"{moment}{f' ({at})' if at else ''}, "


# -- words ------------------------------------------------------------------------------------------------------------


def gap_words(gap: Gap, about: bool = False) -> str:
    """``your knees are 15 degrees less bent (88 instead of 103)``."""
    if gap.signal == "duration":
        longer, quicker = read_table(TABLES / "coaching_words.json")["durations"]["away"]
        wording = longer if gap.change > 0 else quicker
        said = wording.replace("{value}", f"{abs(gap.change):.1f}").replace("{moment}", gap.moment)
        return f"{said} ({gap.mine:.1f} instead of {gap.other:.1f} s)"
    row = told_signals()[gap.signal]
    scale, unit = (100.0, " cm") if gap.unit == "metres" else (1.0, "")
    value = f"{'about ' if about else ''}{abs(gap.change) * scale:.0f}"
    wording = row["more" if gap.change > 0 else "less"].replace("{value}", value)
    if row["noun"]:
        one, many = row["noun"]
        part = f"your {many}" if gap.side == BOTH else f"your {gap.side} {one}"
        wording = wording.replace("{part}", part).replace("{is}", "are" if gap.side == BOTH else "is")
    if gap.signal in _SIGNED:
        return str(wording)
    return f"{wording} ({gap.mine * scale:.0f} instead of {gap.other * scale:.0f}{unit})"


_SIGNED = ("side_lean", "twist", "head_turn", "lean", "back", "head_nod", "knees_in", "heel", "rise")
"""Signals whose values alone tell a reader little."""


# -- walks ------------------------------------------------------------------------------------------------------------


def _first_walk(story: Story) -> Walk | None:
    walks = [phase.steps for phase in story.phases if phase.steps is not None]
    return max(walks, key=len) if walks else None


def _walks(mine: Signals, walk: Walk, other: Signals, its: Walk) -> Iterator[Advice]:
    """How fast, and with which steps, both walk."""
    speed, its_speed = _speed(mine, walk), _speed(other, its)
    if walk.gets_on and its.gets_on and abs(speed - its_speed) >= _SPEED:
        way = "faster" if speed > its_speed else "slower"
        text = f"you walk {abs(speed - its_speed):.1f} m/s {way} ({speed:.1f} instead of {its_speed:.1f} m/s)"
        yield Advice(words.sentence(text), walk.start, ())
    step, its_step = (_step(signals, one) for signals, one in ((mine, walk), (other, its)))
    if abs(step - its_step) >= _STEP:
        way = "longer" if step > its_step else "shorter"
        values = f"({100 * step:.0f} instead of {100 * its_step:.0f} cm)"
        text = f"your steps are {100 * abs(step - its_step):.0f} cm {way} {values}"
        yield Advice(words.sentence(text), walk.start, ())


def _speed(signals: Signals, walk: Walk) -> float:
    way = np.diff(signals.place[walk.start : walk.end + 1][:, [0, 2]], axis=0)
    return float(np.linalg.norm(way, axis=1).sum() / max(signals.seconds[walk.end] - signals.seconds[walk.start], 1e-6))


def _step(signals: Signals, walk: Walk) -> float:
    return float(np.median(np.abs(signals.middle["stride"][list(walk.steps)])))


__all__ = ["Advice", "Coaching", "coached", "cost_between", "gap_words"]
