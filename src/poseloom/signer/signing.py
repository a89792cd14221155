"""From signs to a clip: preparation, actions of both hands, transitions, retraction; then arms and fingers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from poseloom.base.errors import PoseloomError
from poseloom.language.hamnosys.parse import parse
from poseloom.language.hamnosys.tree import Action, InOrder, Part, Repeat, Repetition, Replace, Signs, Together
from poseloom.pose import Clip
from poseloom.signer.asked import Course, Moment, moments_of
from poseloom.signer.body import pose_of
from poseloom.signer.hand_state import BOW, HandState, go_over, hold, join, rest_state
from poseloom.signer.postures import DOMINANT, OTHER, Hands, start_of
from poseloom.signer.stage import Stage
from poseloom.signer.style import SigningStyle
from poseloom.signer.timing import FPS, LONGEST, action_frames, frames_of
from poseloom.signer.unmet import mirrored_unmet, noted, unmet

_REST, _PREPARE, _RETRACT, _SETTLE, _LINGER = 0.24, 0.4, 0.44, 0.12, 0.16
"""Seconds: hanging before and after, the way to the first posture at least, the way back, before the first action,
after the last one."""
_FASTEST = 1.7
"""Metres a second, of hands on their way from one posture to the next."""
_SHORTEST_WAY = 0.24
"""Seconds."""
_CROSSING_BOWS = {DOMINANT: 0.4, OTHER: 0.05}
"""How far the ways to and from crossed arms bow out to the front, as shares of their lengths."""


@dataclass(frozen=True)
class SignSpan:
    """One sign within a clip: its first frame and the one after its last, without preparation and retraction."""

    start: int
    end: int


def sign_clip(text: str | Signs, name: str = "", style: SigningStyle | None = None) -> Clip:
    """A body that signs a HamNoSys string.

    The body stands with hanging arms, signs with the right hand as the dominant one, and lets the arms hang again.
    Signs of a longer string follow each other without a rest between them.

    Args:
        text: HamNoSys 4, or what `parse` made of it.
        name: what the clip is called.
        style: speed, signing space, holds, handedness.

    Returns:
        52 joints at 25 frames a second; its notes hold the string (``hamnosys``), the first and last frame of every
        sign (``signs``) and, where a sign is not as it is written, a row for it (``unmet``: ``sign`` counted from 1,
        ``says``, ``excess``).

    Raises:
        HamNoSysError: a string that breaks the notation.
        PoseloomError: signing that would take more than an hour.
    """
    signs = parse(text) if isinstance(text, str) else text
    style = style or SigningStyle()
    stages, spans, asked = _timeline(signs, style)
    notes: dict[str, object] = {"signs": [[span.start, span.end] for span in spans]}
    if isinstance(text, str):
        notes["hamnosys"] = text
    pose = pose_of(stages)
    if off := unmet(pose, asked):
        notes["unmet"] = noted(mirrored_unmet(off) if style.left_handed else off)
    return Clip(pose.mirror() if style.left_handed else pose, fps=float(FPS), name=name, notes=notes)


# -- time --------------------------------------------------------------------------------------------------------------


def _timeline(signs: Signs, style: SigningStyle) -> tuple[list[Stage], list[SignSpan], list[tuple[int, Moment]]]:
    """Stages one after the other; when each sign begins and ends; what is asked for, with the number of its sign."""
    rest = Hands(rest_state(DOMINANT), rest_state(OTHER), {}, frozenset())
    stages, spans = [_hold(rest, frames_of(_REST))], []
    done, current, is_first = len(stages[0].tracks[DOMINANT]), rest, True
    asked: list[tuple[int, Moment]] = []
    for count, sign in enumerate(signs.signs, 1):
        begin = None
        for number, part in enumerate(sign.parts):
            current, added, moments = _perform_part(part, current, number > 0, is_first, style)
            is_first, held = False, done + len(added[0].tracks[DOMINANT])
            asked += [(count, moment.after(held)) for moment in moments]
            begin = held if begin is None else begin
            done += sum(len(stage.tracks[DOMINANT]) for stage in added)
            if done > LONGEST:
                raise PoseloomError(
                    f"signing this would take more than {LONGEST // FPS // 60} minutes; split the string"
                )
            stages += added
        assert begin is not None
        spans.append(SignSpan(begin, done))
    stages.append(_hold(current, frames_of(_LINGER)))
    stages.append(_way(current, rest, frames_of(_RETRACT)).at_speed(style.speed))
    stages.append(_hold(rest, frames_of(_REST)))
    return stages, spans, asked


def _perform_part(
    part: Part, current: Hands, continues: bool, is_first: bool, style: SigningStyle
) -> tuple[Hands, list[Stage], list[Moment]]:
    """The way to the posture of a part, and its actions; a posture alone is held. What is asked for then."""
    start = start_of(part, current if continues else None, style.space)
    way = _way(current, start, frames_of(_PREPARE if is_first else _SHORTEST_WAY))
    settle = max(1, round(frames_of(_SETTLE) / style.speed)) if part.actions else frames_of(style.hold)
    stages = [way.at_speed(style.speed), _hold(start, settle)]
    if not part.actions:
        return start, stages, moments_of(part, start, Course(settle))
    whole, delay = _whole(part)
    acted = _act(part.actions, whole, delay, start)
    played = acted.at_speed(style.speed)
    course = Course(settle, whole, action_frames(whole), delay, len(played))
    ends = {side: track.end for side, track in acted.tracks.items()}
    end = replace(start, right=ends[DOMINANT], left=ends[OTHER])
    return end, [*stages, played], moments_of(part, start, course)


def _whole(part: Part) -> tuple[Action, int]:
    """All actions of a part as one, and by how many frames the other hand is later."""
    whole = part.actions[0] if len(part.actions) == 1 else InOrder(part.actions)
    if part.symmetry is None or not part.symmetry.alternating:
        return whole, 0
    repeated = whole if isinstance(whole, Repeat) else Repeat(whole, (Repetition.FROM_START,))
    return repeated, action_frames(repeated.action) // 2


def _act(actions: tuple[Action, ...], whole: Action, delay: int, start: Hands) -> Stage:
    frames = action_frames(whole)
    tracks = {}
    for side, state in ((DOMINANT, start.right), (OTHER, start.left)):
        performer = start.performers.get(side)
        if performer is None or not (performer.leads or performer.two_handed or _names_other(actions)):
            tracks[side] = hold(state, frames + delay)
            continue
        track = performer.perform(whole, state, frames)
        waits = hold(state, delay) if side == OTHER else hold(track.end, delay)
        tracks[side] = join(([waits, track] if side == OTHER else [track, waits]) if delay else [track])
    return start.stage(tracks, acts=True)


def _names_other(actions: tuple[Action, ...]) -> bool:
    """Whether an action says what the other hand does."""
    for action in actions:
        if isinstance(action, (Together, Replace)) and action.nondominant is not None:
            return True
        if isinstance(action, Together) and _names_other(action.dominant):
            return True
        if isinstance(action, InOrder) and _names_other(action.actions):
            return True
        if isinstance(action, Repeat) and _names_other((action.action,)):
            return True
    return False


def _hold(hands: Hands, frames: int) -> Stage:
    return hands.stage({DOMINANT: hold(hands.right, frames), OTHER: hold(hands.left, frames)})


def _way(start: Hands, end: Hands, shortest: int) -> Stage:
    """Both hands to their next posture, at a speed that a signer has."""
    pairs: dict[str, tuple[HandState, HandState]] = {
        DOMINANT: (start.right, end.right),
        OTHER: (start.left, end.left),
    }
    longest = max(float((b.point - a.point).norm()) for a, b in pairs.values())
    frames = max(shortest, frames_of(longest / _FASTEST))
    signing = end if end.used else start
    bows = _CROSSING_BOWS if start.crossed or end.crossed else {}
    return signing.stage({side: go_over(a, b, frames, side, bows.get(side, BOW)) for side, (a, b) in pairs.items()})
