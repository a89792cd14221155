"""A clip in a paragraph: how it begins, its phases with their times, where it leads, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from poseloom.language.description.phrases import finite
from poseloom.language.motion import words
from poseloom.language.motion.exercises import UNNAMED, NamedRun, in_turn
from poseloom.language.motion.gait import Walk
from poseloom.language.motion.moves import BOTH, Move
from poseloom.language.motion.postures import Held
from poseloom.language.motion.signals import SIDES, Signals
from poseloom.language.motion.story import Phase, Story, largest

MOST_PHASES = 12
"""Phases of a paragraph; the ones in which least happens are left out."""
_MOST_MOVES = 3
_STILL = 1.2
"""Seconds of a rest that is told."""
_WAY = 0.5
"""Metres from the start from which a way is told, where no steps tell it."""
_TURN = 30.0
_SLOWER = 1.25
"""The last repetitions take so many times as long as the first ones, to be told as slower."""
_SHALLOWER = 12.0
"""Degrees by which the last repetitions miss what the first ones reached, to be told."""
_THIRD = 3
_SECTOR = 45.0
_PERSON = "the person"
_OTHER = {"left": "right", "right": "left"}
_BACK = "[come] back to standing"
_OF_POSTURE = ("height", "lean", "hip", "knee", "foot")
"""Signals that go without saying of somebody who gets into another posture."""


@dataclass(frozen=True)
class TimedText:
    """A sentence and the stretch of the clip that it is about, in seconds."""

    start: float
    end: float
    text: str
    phase: Phase | None = None


def told(story: Story) -> list[TimedText]:
    """The sentences on a clip, in the order of time."""
    phases = largest(story.phases, MOST_PHASES)
    made = [_opening(story, phases)]
    for before, phase in zip([None, *phases], phases, strict=False):
        if before is not None and before.posture and before.posture == phase.posture:
            phase = replace(phase, posture="")
        they = "they" if any(one.text for one in made) else _PERSON
        made.append(TimedText(*_seconds(story, phase), _phase(story, phase, they), phase))
    return [one for one in [*made, *_closing(story, phases)] if one.text]


def _seconds(story: Story, phase: Phase) -> tuple[float, float]:
    return float(story.signals.seconds[phase.start]), float(story.signals.seconds[phase.end])


def posture_words(held: Held, change: bool, they: str) -> str:
    """``they sit down``, ``the person stands on the left leg``; empty for postures without a name."""
    rows = words.motion_words()["postures"].get(held.name)
    if not rows:
        return ""
    wording = rows[change].replace("{side}", held.side).replace("{other}", _OTHER.get(held.side, ""))
    return f"{they} {finite(wording, they == 'they')}"


def _opening(story: Story, phases: list[Phase]) -> TimedText:
    """The posture in the beginning, or for the whole clip where nothing happens."""
    posture = posture_words(story.held[0], False, _PERSON) or f"{_PERSON} is in motion"
    if not phases:
        alone = len({one.name for one in story.held}) == 1
        text = f"{posture} and hardly moves for {words.seconds(story.lasts)}" if alone else posture
        return TimedText(0.0, story.lasts, words.sentence(text))
    if story.signals.seconds[phases[0].start] < 0.15 and phases[0].steps is not None:
        return TimedText(0.0, 0.0, "")
    return TimedText(0.0, float(story.signals.seconds[phases[0].start]), words.sentence(f"at first {posture}"))


def _phase(story: Story, phase: Phase, they: str) -> str:
    span = words.span(*_seconds(story, phase), story.lasts)
    if phase.steps is not None:
        return words.sentence(f"{span}, {they} {_steps(story, phase.steps, they)}")
    if phase.repetitions is not None:
        return words.sentence(
            f"{span}, {they} {finite(_repetitions(story.signals, phase.repetitions), they == 'they')}"
        )
    clauses = _clauses(story, phase, they)
    return words.sentence(f"{span}, {words.listed(clauses)}") if clauses else ""


# -- movements --------------------------------------------------------------------------------------------------------


def _clauses(story: Story, phase: Phase, they: str) -> list[str]:
    """What moves, the largest first."""
    moves = sorted(phase.moves, key=lambda move: (-round(move.telling, 1), move.signal))
    made = []
    if phase.posture:
        up_from = words.motion_words()["up_from"]
        before = next((one.name for one in story.held if one.start <= phase.start <= one.end), "")
        back = phase.posture == "stand" and before not in up_from
        made.append(
            f"{they} {finite(_BACK, they == 'they')}" if back else posture_words(_into(story, phase), True, they)
        )
        moves = [move for move in moves if move.signal not in _OF_POSTURE]
    moves = _with_twins(moves)[:_MOST_MOVES]
    made += [_clause(story.signals, move, they, is_main=not place) for place, move in enumerate(moves)]
    return _joined([one for one in dict.fromkeys(made) if one], they)


def _with_twins(moves: list[Move]) -> list[Move]:
    """What both sides do in the same words as one."""
    made: list[Move] = []
    for move in moves:
        twin = next((one for one in made if _says_the_same(one, move)), None)
        if twin is None:
            made.append(move)
        else:
            made[made.index(twin)] = replace(twin, side=BOTH)
    return made


def _says_the_same(one: Move, move: Move) -> bool:
    return one.signal == move.signal and {one.side, move.side} == {*SIDES} and words.said(one) == words.said(move)


def _into(story: Story, phase: Phase) -> Held:
    """The posture into which a phase leads."""
    later = (one for one in story.held if one.name == phase.posture and one.end >= phase.end)
    return next(later, Held(phase.posture, phase.start, phase.end))


def _clause(signals: Signals, move: Move, they: str, is_main: bool) -> str:
    """One movement; of the main one also whether it is quick or slow."""
    lasts = float(signals.seconds[move.end] - signals.seconds[move.start])
    return words.clause(move, they, words.pace(move, lasts) if is_main else "")


def _joined(clauses: list[str], they: str) -> list[str]:
    """Clauses on the person side by side, which is named once: ``they turn to the left and lower the head``."""
    of_person = [one for one in clauses if one.startswith(f"{they} ")]
    others = [one for one in clauses if one not in of_person]
    if not of_person:
        return others
    short = [one.removeprefix(f"{they} ") for one in of_person[1:]]
    person = words.listed([of_person[0], *short])
    if not others:
        return [person]
    if clauses[0] in of_person:
        return [f"{person}, and {words.listed(others)}"]
    return [f"{words.listed(others)}, and {person}"]


# -- steps ------------------------------------------------------------------------------------------------------------


def _steps(story: Story, walk: Walk, they: str) -> str:
    """``walk forward: seven steps, 4.1 m at 1.0 m/s``."""
    signals = story.signals
    seconds = float(signals.seconds[walk.end] - signals.seconds[walk.start])
    verb = finite("[run]" if walk.runs else "[walk]", they == "they")
    count = f"{words.number(len(walk))} step{'s' if len(walk) > 1 else ''}"
    if not walk.gets_on:
        return f"{verb} on the spot: {count}, {round(60 * len(walk) / max(seconds, 1e-6))} a minute"
    way = signals.place[walk.start : walk.end + 1][:, [0, 2]]
    path = float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())
    speed = f"{words.metres(path)} at {path / max(seconds, 1e-6):.1f} m/s"
    return f"{verb} {_direction(signals, walk)}: {count}, {speed}{_bend(story, walk)}"


def _direction(signals: Signals, walk: Walk) -> str:
    """``forward``, ``backward``, ``to the left``: the way against where the person faces."""
    span = slice(walk.start, walk.end)
    way = np.diff(signals.place[walk.start : walk.end + 1][:, [0, 2]], axis=0)
    facing = np.radians(signals.heading[span])
    ahead = float((way[:, 1] * np.cos(facing) + way[:, 0] * np.sin(facing)).sum())
    left = float((way[:, 0] * np.cos(facing) - way[:, 1] * np.sin(facing)).sum())
    angle = np.degrees(np.arctan2(left, ahead))
    if abs(angle) <= _SECTOR:
        return "forward"
    if abs(angle) >= 180 - _SECTOR:
        return "backward"
    return "to the left" if angle > 0 else "to the right"


def _bend(story: Story, walk: Walk) -> str:
    """By how much the way turns, where no sentences of their own tell it."""
    signals = story.signals
    if any(
        move.signal == "heading" and walk.start <= move.start <= walk.end for one in story.phases for move in one.moves
    ):
        return ""
    turned = float(signals.heading[walk.end] - signals.heading[walk.start])
    if abs(turned) < _TURN:
        return ""
    return f", turning by about {words.degrees(turned)} degrees to the {'left' if turned > 0 else 'right'}"


# -- repetitions ------------------------------------------------------------------------------------------------------


def _repetitions(signals: Signals, named: NamedRun) -> str:
    """``do ten squats, one every 1.8 s; at the lowest point the knees are bent by about 105 degrees``."""
    run, exercise = named.run, named.exercise
    count = len(named)
    if exercise.name == UNNAMED:
        said = f"[repeat] the same movement {words.number(count)} times"
    else:
        said = f"[do] {words.number(count)} {exercise.called(count)}{_sided(named)}"
    starts = [float(signals.seconds[one.start]) for one in run.repetitions]
    if count > 1:
        said += f", one every {words.seconds(float(np.mean(np.diff(starts))))}"
    measured = _measured(signals, named)
    said += f"; {measured}" if measured else ""
    said += "".join(f"; {one}" for one in (*_changes(signals, named), *_cut(named)))
    return said


def _sided(named: NamedRun) -> str:
    """On which side, as the sides follow each other: ``, to the left and to the right in turn``."""
    sides, wording = named.sides, named.exercise.sided
    if not wording or not all(sides):
        return ""
    first = sides[0]
    other = "left" if first == "right" else "right"
    if len(set(sides)) == 1:
        return f" {wording.replace('{side}', first)}"
    if in_turn(sides):
        return f", {first} and {other} in turn"
    rows = [(side, len(list(row))) for side, row in groupby(sides)]
    if len(rows) == 2:
        counts = [f"{words.number(count)} {wording.replace('{side}', side)}" for side, count in rows]
        return f", {words.listed(counts)}"
    counts = [f"{words.number(sides.count(side))} {wording.replace('{side}', side)}" for side in (first, other)]
    return f", {words.listed(counts)}"


def peaks(signals: Signals, named: NamedRun) -> list[float]:
    """What is measured of each repetition at its peak: degrees; of the side on which it is done."""
    name = named.exercise.told
    if not name:
        return []
    if name in signals.middle:
        return [abs(float(signals.middle[name][one.peak])) for one in named.run.repetitions]
    made = []
    for one, side in zip(named.run.repetitions, named.sides, strict=True):
        rows = signals.sided[name][:, one.peak]
        made.append(float(rows.mean() if not side else rows[SIDES.index(side)]))
    return made


def _measured(signals: Signals, named: NamedRun) -> str:
    values = peaks(signals, named)
    if not values:
        return ""
    of_one = all(named.sides) and named.exercise.told in words.motion_words()["measures_of_one"]
    wording = words.motion_words()["measures_of_one" if of_one else "measures"][named.exercise.told]
    return str(wording.replace("{degrees}", str(words.degrees(float(np.median(values))))))


def _changes(signals: Signals, named: NamedRun) -> Iterator[str]:
    """What changes from the first repetitions to the last: pace and how far they go."""
    count = len(named) // _THIRD
    if count < 1:
        return
    lasts = [float(signals.seconds[one.end] - signals.seconds[one.start]) for one in named.run.repetitions]
    first, last = float(np.mean(lasts[:count])), float(np.mean(lasts[-count:]))
    if last >= _SLOWER * first or first >= _SLOWER * last:
        yield f"{'slower' if last > first else 'faster'} towards the end ({first:.1f} s at first, {last:.1f} s at last)"
    values = peaks(signals, named)
    if values:
        before, after = float(np.mean(values[:count])), float(np.mean(values[-count:]))
        if abs(after - before) >= _SHALLOWER:
            way = "less far" if after < before else "further"
            yield f"{way} towards the end ({words.degrees(before)} degrees at first, {words.degrees(after)} at last)"


def _cut(named: NamedRun) -> Iterator[str]:
    run = named.run
    if run.cut_start and run.cut_end:
        yield "the clip begins within one more and ends within another"
    elif run.cut_start:
        yield "the clip begins within one more"
    elif run.cut_end:
        yield "the clip ends within one more"


# -- the end ----------------------------------------------------------------------------------------------------------


def _closing(story: Story, phases: list[Phase]) -> Iterator[TimedText]:
    """Where the person is in the end, and how."""
    if not phases:
        return
    signals = story.signals
    clauses = []
    posture = story.held[-1]
    rests = float(signals.seconds[-1] - signals.seconds[max(phase.end for phase in phases)])
    last = posture_words(posture, False, "they")
    if last and (posture.name != story.held[0].name or rests >= _STILL):
        clauses.append(last)
    walked = any(phase.steps is not None and phase.steps.gets_on for phase in phases)
    if signals.travels and not walked:
        clauses += _moved_by(signals)
    turned = float(signals.heading[-1] - signals.heading[0])
    told = any(move.signal == "heading" for phase in phases for move in phase.moves) or walked
    upright = signals.middle["tilt"][[0, -1]].max() < 50
    if abs(turned) >= _TURN and not told and upright and abs(turned) <= 360:
        clauses.append(
            f"they have turned by about {words.degrees(turned)} degrees to the {'left' if turned > 0 else 'right'}"
        )
    if clauses:
        yield TimedText(story.lasts, story.lasts, words.sentence(f"at the end {words.listed(clauses)}"))


def _moved_by(signals: Signals) -> list[str]:
    way = signals.place[-1] - signals.place[0]
    far = float(np.hypot(way[0], way[2]))
    if far < _WAY:
        return []
    angle = np.degrees(np.arctan2(way[0], way[2])) - signals.heading[0]
    angle = (angle + 180) % 360 - 180
    if abs(angle) <= _SECTOR:
        where = "ahead of"
    elif abs(angle) >= 180 - _SECTOR:
        where = "behind"
    else:
        where = "to the left of" if angle > 0 else "to the right of"
    return [f"they are {words.metres(far)} {where} where they began"]
