"""How long actions take and how large movements are. Values recommended by the reference for HamNoSys."""

from __future__ import annotations

from functools import singledispatch

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys.tree import (
    Action,
    Circle,
    How,
    InOrder,
    Local,
    Manner,
    Reach,
    Repeat,
    Repetition,
    Replace,
    Size,
    Still,
    Straight,
    Together,
)

FPS = 25
"""Frames a second of everything that is signed."""
LONGEST = 60 * 60 * FPS
"""Frames that are signed at most: an hour."""

SHOULDER_WIDTH = 0.34
"""Metres, of the average free body; sizes are shares of it."""
LENGTH = {None: 0.6 * SHOULDER_WIDTH, Size.SMALL: 0.25 * SHOULDER_WIDTH, Size.LARGE: 1.1 * SHOULDER_WIDTH}
RADIUS = {None: 0.2 * SHOULDER_WIDTH, Size.SMALL: 0.08 * SHOULDER_WIDTH, Size.LARGE: 0.4 * SHOULDER_WIDTH}
WAVE = {None: 0.08 * SHOULDER_WIDTH, Size.SMALL: 0.05 * SHOULDER_WIDTH, Size.LARGE: 0.14 * SHOULDER_WIDTH}
SAGITTA = {None: 0.5, Size.SMALL: 0.25, Size.LARGE: 0.8}
"""How far an arc bows out, as a share of its chord (half: a semicircle)."""

_STRAIGHT = {None: 0.36, Size.SMALL: 0.26, Size.LARGE: 0.5}
_CIRCLE = {None: 0.52, Size.SMALL: 0.4, Size.LARGE: 0.72}
_WAVY, _ARC = 1.8, 1.25
"""How much longer a path with waves, and a bowed one, takes."""
_POSTURE_CHANGE = 0.28
_REACH = 0.36
_STILL = 0.2
_LOCAL = {None: 0.8, Size.SMALL: 0.7, Size.LARGE: 0.9}
PAUSE = 0.15
"""Seconds: a rest before an action, a halt after it."""
WAY_BACK = 0.6
"""Of an action's own time, for the way back to its start."""
GROWTH = 1.5
"""Factor of size from one repetition to the next."""
_MANNER = {Manner.FAST: 0.6, Manner.SLOW: 1.7, Manner.TENSE: 1.3}
TIMES = {
    Repetition.FROM_START: 1,
    Repetition.FROM_START_SEVERAL: 2,
    Repetition.CONTINUE: 1,
    Repetition.CONTINUE_SEVERAL: 2,
    Repetition.REVERSE: 1,
}
"""How often an action is done besides the first time."""
TURN = 8
"""Eighths of a turn on the dial of a circle."""
_DIAL = ("u", "ur", "r", "dr", "d", "dl", "l", "ul")


def frames_of(seconds: float) -> int:
    """At least one."""
    return max(1, round(seconds * FPS))


def action_frames(action: Action) -> int:
    """How many frames an action takes, with pauses and repetitions.

    Raises:
        PoseloomError: more than an hour.
    """
    frames = _own_frames(action) + pause_frames(action.how, Manner.REST) + pause_frames(action.how, Manner.HALT)
    if frames > LONGEST:
        raise PoseloomError(f"this sign would take more than {LONGEST // FPS // 60} minutes; leave out repetitions")
    return frames


def pause_frames(how: How, manner: Manner) -> int:
    """Frames of the pause before (REST) or after (HALT) an action."""
    return frames_of(PAUSE) if manner in how.manners else 0


def turns(how: How) -> float:
    """How many turns a circle makes."""
    if len(how.clocks) < 2:
        return 1.0 + how.full_turns
    start, end = (_DIAL.index(clock) for clock in (how.clocks[0], how.clocks[-1]))
    return ((end - start) % TURN or TURN) / TURN + how.full_turns


def dial_turn(how: How) -> float | None:
    """Where on the dial a circle starts, in turns from 12 o'clock; None where it is not said."""
    return _DIAL.index(how.clocks[0]) / TURN if how.clocks else None


def _scaled(seconds: float, how: How) -> int:
    for manner in how.manners:
        seconds *= _MANNER.get(manner, 1.0)
    return frames_of(seconds)


@singledispatch
def _own_frames(action: Action) -> int:
    raise TypeError(f"no timing for {type(action).__name__}")


@_own_frames.register
def _(action: Straight) -> int:
    factor = (_WAVY if action.how.path else 1.0) * (_ARC if action.how.arc else 1.0)
    return _scaled(_STRAIGHT[action.how.size] * factor, action.how)


@_own_frames.register
def _(action: Circle) -> int:
    return _scaled(_CIRCLE[action.how.size] * max(turns(action.how), 0.4), action.how)


@_own_frames.register
def _(action: Local) -> int:
    return _scaled(_LOCAL[action.how.size], action.how)


@_own_frames.register
def _(action: Still) -> int:
    return _scaled(_STILL, action.how)


@_own_frames.register
def _(action: Replace) -> int:
    return _scaled(_POSTURE_CHANGE, action.how)


@_own_frames.register
def _(action: Reach) -> int:
    return _scaled(_REACH, action.how)


@_own_frames.register
def _(action: Together) -> int:
    inner = [*action.dominant, *(action.nondominant or ())]
    return _scaled(max([action_frames(one) for one in inner], default=frames_of(_STILL)) / FPS, action.how)


@_own_frames.register
def _(action: InOrder) -> int:
    return _scaled(sum(action_frames(one) for one in action.actions) / FPS, action.how)


@_own_frames.register
def _(action: Repeat) -> int:
    once = action_frames(action.action)
    again = sum(TIMES[kind] for kind in action.kinds)
    back = sum(TIMES[kind] for kind in action.kinds if kind in FROM_START)
    return _scaled((once * (1 + again) + back * way_back_frames(once)) / FPS, action.how)


FROM_START = (Repetition.FROM_START, Repetition.FROM_START_SEVERAL)


def way_back_frames(once: int) -> int:
    """Frames of the way back to the start of an action."""
    return max(1, round(once * WAY_BACK))
