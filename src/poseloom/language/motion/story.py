"""What happens in a clip, one phase after the other: steps, repetitions, movements, rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from poseloom.language.motion.exercises import UNNAMED, NamedRun, name_run
from poseloom.language.motion.gait import Walk, walks_of
from poseloom.language.motion.moves import Move, groups_of, moves_of
from poseloom.language.motion.postures import Held, posture_at, postures_held
from poseloom.language.motion.repetitions import Run, runs_of
from poseloom.language.motion.signals import Signals, signals_of
from poseloom.pose.types import Clip

_FREE = 0.4
"""Seconds between steps that are looked through for something else."""
_LEAST = 1.6
"""Of a phase that is told at all, in units of the smallest movement."""
_ONCE = frozenset(
    (
        *("squat", "jump", "lunge", "side_lunge", "jumping_jack", "push_up", "sit_up", "hip_raise", "burpee"),
        *("kick", "forward_bend"),
    )
)
"""Exercises whose name fits one of them alone; others are movements until they are repeated."""
_FEWEST_UNNAMED = 3
_KICK = 0.45
"""Metres to which a foot must come for it to be told among steps."""
_TURN = 60.0
"""Degrees of a turn of somebody who walks that is told."""
_UPRIGHT = ("stand", "stand_one", "lunge", "side_lunge", "squat", "airborne", "other")


@dataclass(frozen=True, eq=False)
class Phase:
    """A stretch of a clip; places in the signals' times. Exactly one of the last three is given, or none: a rest."""

    start: int
    end: int
    steps: Walk | None = None
    repetitions: NamedRun | None = None
    moves: tuple[Move, ...] = ()
    posture: str = ""
    """Into which the movements lead, where that is another one than before."""

    @property
    def size(self) -> float:
        """How much happens: steps and repetitions most of all."""
        if self.steps is not None or self.repetitions is not None:
            return 100.0 + self.end - self.start
        return 50.0 * bool(self.posture) + sum(sorted((move.telling for move in self.moves), reverse=True)[:3])


@dataclass(frozen=True, eq=False)
class Story:
    """A clip and its phases in the order of time."""

    signals: Signals
    held: tuple[Held, ...]
    phases: tuple[Phase, ...]

    @property
    def lasts(self) -> float:
        """Seconds from the first to the last frame."""
        return float(self.signals.seconds[-1])

    @property
    def repetitions(self) -> list[NamedRun]:
        """The sets of repetitions."""
        return [phase.repetitions for phase in self.phases if phase.repetitions is not None]


def story_of(clip: Clip) -> Story:
    """Measure a clip and find its phases.

    Raises:
        PoseloomError: a clip without frames.
    """
    signals = signals_of(clip)
    held = postures_held(clip, signals)
    walks = _without_exercises(walks_of(signals), signals, held)
    phases = [Phase(walk.start, walk.end, steps=walk) for walk in walks]
    spans = _gaps(phases, signals)
    for run in _named(signals, spans, held):
        start = 0 if run.run.cut_start else run.run.start
        end = len(signals) - 1 if run.run.cut_end else run.run.end
        phases.append(Phase(start, end, repetitions=run))
    for gap in _gaps(phases, signals):
        phases += _movements(signals, gap, held)
    phases += [phase for walk in walks for phase in _among_steps(signals, walk)]
    phases = [phase for phase in phases if phase.size >= _LEAST]
    phases.sort(key=lambda phase: (phase.start, -phase.size))
    return Story(signals, tuple(held), tuple(phases))


def _without_exercises(walks: Sequence[Walk], signals: Signals, held: list[Held]) -> list[Walk]:
    """Steps of somebody who is up."""
    return [walk for walk in walks if posture_at(held, (walk.start + walk.end) // 2) in _UPRIGHT]


def _gaps(phases: Sequence[Phase], signals: Signals) -> list[slice]:
    """The time between phases."""
    made, at = [], 0
    for phase in sorted(phases, key=lambda one: one.start):
        if phase.start > at:
            made.append(slice(at, phase.start + 1))
        at = max(at, phase.end)
    if at < len(signals) - 1:
        made.append(slice(at, len(signals)))
    least = _FREE * signals.rate
    return [gap for gap in made if gap.stop - gap.start > least]


def _named(signals: Signals, spans: Sequence[slice], held: list[Held]) -> Iterator[NamedRun]:
    """Sets of repetitions that are worth the name: several, or one of an exercise."""
    for run in runs_of(signals, spans):
        named = name_run(signals, run, posture_at(held, run.start), _peak_posture(run, held))
        fewest = _FEWEST_UNNAMED if named.exercise.name == UNNAMED else 1 if named.exercise.name in _ONCE else 2
        if len(named) >= fewest:
            yield named


def _peak_posture(run: Run, held: list[Held]) -> str:
    """The posture at most peaks."""
    names = [posture_at(held, one.peak) for one in run.repetitions]
    return max(sorted(set(names)), key=names.count)


def _movements(signals: Signals, gap: slice, held: list[Held]) -> Iterator[Phase]:
    for group in groups_of(moves_of(signals, gap), signals.rate):
        start, end = min(move.start for move in group), max(move.end for move in group)
        before, after = posture_at(held, start), posture_at(held, min(end + 2, len(signals) - 1))
        posture = after if _is_another(before, after) else ""
        yield Phase(start, end, moves=tuple(group), posture=posture)


def _is_another(before: str, after: str) -> bool:
    """Whether somebody gets into another posture; shifting the weight while standing is none."""
    standing = ("stand", "stand_one", "other", "airborne")
    return before != after and after not in ("other", "airborne", "stand_one") and not {before, after} <= {*standing}


def _among_steps(signals: Signals, walk: Walk) -> Iterator[Phase]:
    """Kicks of somebody on the way, and turns that the way as a whole does not have."""
    moves = moves_of(signals, slice(walk.start, walk.end + 1))
    turned = float(signals.heading[walk.end] - signals.heading[walk.start])
    turns = [move for move in moves if move.signal == "heading" and abs(move.change) >= _TURN]
    if len(turns) == 1 and abs(turns[0].change - turned) <= _TURN:
        turns = []
    kicks = [move for move in moves if move.signal == "foot" and move.after >= _KICK and move.change > 0]
    for move in (*kicks, *turns):
        yield Phase(move.start, move.end, moves=(move,))


def largest(phases: Sequence[Phase], most: int) -> list[Phase]:
    """At most so many phases, those in which most happens, in the order of time."""
    kept = sorted(range(len(phases)), key=lambda place: -phases[place].size)[:most]
    return [replace(phases[place]) for place in sorted(kept)]
