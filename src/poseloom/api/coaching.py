"""Clips in words: told phase by phase, compared with another one, and judged by sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from poseloom.api.motions import as_clip
from poseloom.base.errors import PoseloomError
from poseloom.base.progress import tracked
from poseloom.pose import Clip, Pose
from poseloom.results.motions import (
    Checked,
    CheckedRequirement,
    CheckedRow,
    Coached,
    Difference,
    MotionDescribed,
    MotionPhase,
)

if TYPE_CHECKING:
    from poseloom.language.motion.grading import Grader
    from poseloom.language.motion.requirements import Requirement
    from poseloom.language.motion.story import Phase, Story

EACH = ("repetition", "frame", "clip")
_MOST_CELLS = 1500
"""Times of each clip that are aligned, at most."""
_LONGEST = 300
"""Characters of a sentence that is judged."""


def describe_motion(motion: Clip | Pose) -> MotionDescribed:
    """Tell a clip in a paragraph: phases with their times, steps and repetitions counted, sides, speed, way and turns.

    The words depend on the motion alone, and small changes of it change few of them. The mirrored clip has the text
    with left and right exchanged.

    Args:
        motion: a clip; poses of one batch axis count as frames, 30 a second.

    Raises:
        PoseloomError: no frames, or poses with several batch axes.
    """
    from poseloom.language.motion.telling import told

    clip = as_clip(motion)
    story = _story(clip)
    phases = [_phase(story, one.start, one.end, one.text, one.phase) for one in told(story)]
    return MotionDescribed(clip.seconds, tuple(phases), notes=_notes(clip))


def coach(mine: Clip, other: Clip) -> Coached:
    """What differs between two motions, in sentences to the person in the first one.

    Repetitions of the same exercise are compared one by one, at their start, at their peak and on the way, after
    dynamic time warping; other clips are warped as a whole.

    Args:
        mine: what is looked at.
        other: what shows how it is done.

    Raises:
        PoseloomError: a clip without frames.
    """
    from poseloom.language.motion.coaching import coached
    from poseloom.pose.clips import mirrored

    stories = _story(mine), _story(other)
    found = coached(*stories, _story(mirrored(other)), _align)
    signals = stories[0].signals
    places = [one.place for one in found.advice]
    seconds, its_seconds = (story.signals.seconds for story in stories)
    differences = [
        Difference(
            *(number, gap.moment, f"{gap.side} {gap.signal}".strip(), gap.mine, gap.other, gap.unit),
            *(float(seconds[gap.place]), float(its_seconds[min(gap.other_place, len(its_seconds) - 1)])),
        )
        for number, gap in sorted(found.rows, key=lambda row: -row[1].size)
    ]
    return Coached(
        tuple(one.text for one in found.advice),
        frames=tuple(int(signals.frames[place]) for place in places),
        seconds=tuple(round(float(seconds[place]), 3) for place in places),
        differences=tuple(differences),
        exercise=found.exercise,
        repetitions=found.counts,
        notes=(*found.notes, *_notes(mine)),
    )


def check(motion: Clip | Pose, sentences: str | Sequence[str], *, each: str = "repetition") -> Checked:
    """Judge a motion by sentences: "both knees bent past 90 degrees", "back straight".

    A number that a joint must reach counts at the best moment of each repetition; what must stay ("back straight",
    "less than") counts all along, but for single frames. "throughout", "at the lowest point", "at some moment" say it.

    Args:
        motion: a clip; poses of one batch axis count as frames.
        sentences: what must hold, one or several.
        each: ``repetition`` (the whole clip where there are none), ``frame`` or ``clip``.

    Raises:
        PoseloomError: no sentence, one of which nothing was understood, or an unknown `each`.
    """
    from poseloom.language.motion.grading import Grader, every_time, whole

    if each not in EACH:
        raise PoseloomError(f"each: expected one of {', '.join(EACH)}, got {each!r}")
    clip = as_clip(motion)
    requirements = [_read(text) for text in ([sentences] if isinstance(sentences, str) else sentences)]
    if not requirements:
        raise PoseloomError('no sentence to judge by; give some, such as "both knees bent past 90 degrees"')
    story = _story(clip)
    notes = [f"not understood: {', '.join(one.unread)} (in {one.text!r})" for one in requirements if one.unread]
    exercise, spans = "", [whole(story.signals)]
    if each == "repetition":
        runs = sorted(story.repetitions, key=lambda run: -len(run))
        if runs:
            exercise, spans = runs[0].exercise.name, list(runs[0].run.repetitions)
            notes += [f"also found and not judged: {len(run)} {run.exercise.called(len(run))}" for run in runs[1:]]
        else:
            notes.append("no repetitions were found, so the clip was judged as a whole")
    elif each == "frame":
        spans = list(every_time(story.signals))
    grader = Grader(clip, story.signals)
    rows = [
        _checked(grader, one, spans, story) for one in tracked(requirements, len(requirements), "judging", "sentences")
    ]
    return Checked(tuple(rows), exercise, each, notes=(*notes, *_notes(clip)))


def _read(text: str) -> Requirement:
    from poseloom.language.motion.requirements import read_requirement

    if not text.strip() or len(text) > _LONGEST:
        raise PoseloomError(f"a sentence to judge by has 1 to {_LONGEST} characters, got {len(text)}")
    found = read_requirement(text)
    if not found.clauses:
        examples = '"both knees bent past 90 degrees", "back straight", "hands on the hips"'
        raise PoseloomError(f"nothing was understood of {text!r}; say what must hold, as {examples}")
    return found


def _checked(grader: Grader, requirement: Requirement, spans: Sequence, story: Story) -> CheckedRequirement:
    signals, rows = story.signals, []
    for number, span in enumerate(spans, 1):
        found = grader.judge(requirement, span)
        start, end, at = (float(signals.seconds[place]) for place in (span.start, span.end, found.place))
        frame = int(signals.frames[found.place])
        rows.append(
            CheckedRow(
                *(number, start, end, found.holds, at, frame),
                *(found.value, found.limit, found.unit, found.text),
            )
        )
    when = " and ".join(dict.fromkeys(clause.when.value for clause in requirement.clauses))
    return CheckedRequirement(requirement.text, when, tuple(rows), requirement.unread)


def _story(clip: Clip) -> Story:
    from poseloom.language.motion.story import story_of

    return story_of(clip)


def _align(cost: np.ndarray) -> np.ndarray:
    """The best path through a cost matrix; long clips are aligned on fewer times, and the path is filled in."""
    from poseloom.metrics.dtw import dtw_with_path

    step = max(1, -(-max(cost.shape) // _MOST_CELLS))
    _, visited = dtw_with_path(cost[None, ::step, ::step])
    path = np.argwhere(visited[0]) * step
    return np.minimum(path, np.array(cost.shape) - 1)


def _phase(story: Story, start: float, end: float, text: str, phase: Phase | None) -> MotionPhase:
    """A phase as a result."""
    seconds = story.signals.seconds
    if phase is None:
        return MotionPhase(start, end, text, "posture")
    if phase.steps is not None:
        walk = phase.steps
        return MotionPhase(start, end, text, "steps", "step", len(walk), sides=walk.sides)
    if phase.repetitions is not None:
        named = phase.repetitions
        times = [(one.start, one.peak, one.end) for one in named.run.repetitions]
        each = tuple((float(seconds[a]), float(seconds[b]), float(seconds[c])) for a, b, c in times)
        return MotionPhase(start, end, text, "repetitions", named.exercise.name, len(named), each, named.sides)
    return MotionPhase(start, end, text, "movements")


def _notes(clip: Clip) -> tuple[str, ...]:
    from poseloom.api.unseen import guessed_note, unseen_limbs

    return guessed_note(unseen_limbs(clip))
