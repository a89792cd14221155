"""One hand performs actions: from a state and an action to the hand over time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import singledispatchmethod

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.language.hamnosys.tree import (
    Action,
    Circle,
    Contact,
    Hand,
    InOrder,
    Local,
    Location,
    Manner,
    Reach,
    Repeat,
    Repetition,
    Replace,
    Still,
    Straight,
    Together,
    Where,
)
from poseloom.signer.frames import hand_axes, reoriented
from poseloom.signer.hand_state import HandState, Track, go_over, hold, interpolate_rotation, join, steps
from poseloom.signer.paths import (
    Ease,
    circle_path,
    cross_path,
    eased,
    is_cross,
    straight_chord,
    straight_path,
)
from poseloom.signer.shapes import hand_angles
from poseloom.signer.shoulders import within_reach
from poseloom.signer.targets import Target, body_target, hand_at, hand_target, is_on_hand
from poseloom.signer.timing import (
    FROM_START,
    GROWTH,
    TIMES,
    action_frames,
    pause_frames,
    way_back_frames,
)
from poseloom.signer.wiggles import wiggle

_THERE = 0.025
"""Metres: a hand that is nearer than this to where it shall go is there already, and taps."""
_TAP = 0.06
"""Metres: how far a hand is taken away to tap."""
_GENTLE: Ease = (True, True)
_ROUNDING = 5
"""Frames over which the corners of fused movements are rounded."""


@dataclass(frozen=True, eq=False)
class Performer:
    """One of the two hands, and how it takes the actions of a part of a sign.

    Args:
        side: ``left`` or ``right``.
        leads: whether it is the hand that the actions are written for.
        mirrored: directions are taken left-right mirrored.
        motion: factor of displacements along the world's axes.
        two_handed: both hands do the same, each on its own side.
        places: where the posture is, to which contacts without a place refer.
        other: the other hand at the start of the part, and its side.
        scale: multiplies sizes.
    """

    side: str
    leads: bool = True
    mirrored: bool = False
    motion: Float[Tensor, "3"] = field(default_factory=lambda: torch.ones(3))
    two_handed: bool = False
    places: tuple[Where, ...] = ()
    other: tuple[HandState, str] | None = None
    scale: float = 1.0

    # -- places -----------------------------------------------------------------------------------------------------

    def target(self, where: Where) -> tuple[Target, Location]:
        """The surface that a place means for this hand, and the location that says how to touch it."""
        location = self._own_location(where)
        if not location.places and not location.behind:
            named = next((place for place in reversed(self.places) if self._own_location(place).places), None)
            if named is not None:
                location = replace(self._own_location(named), contact=location.contact, by=location.by)
        if self.other is not None and is_on_hand(location):
            return hand_target(location, *self.other), location
        target = body_target(location, self.two_handed)
        return (target.mirrored() if self.side == "left" else target), location

    def _own_location(self, where: Where) -> Location:
        if isinstance(where, Location):
            return where
        own = where.dominant if self.leads else where.nondominant
        location = own[-1] if own else Location()
        if where.contact is None:
            return location
        if _names_hand(where.dominant) and _names_hand(where.nondominant) and self.leads:
            return Location(where.nondominant[-1].places, where.contact, where.dominant[-1].places[0])
        return replace(location, contact=where.contact)

    def goal(self, where: Where, state: HandState) -> HandState:
        """A hand of this posture at a place."""
        target, location = self.target(where)
        placed = hand_at(target, state, self.side, location.by)
        if location.places:
            return placed
        raised = placed.point + _raised(hand_axes(state.rotation, self.side))
        return replace(placed, point=within_reach(raised, self.side))

    # -- postures ---------------------------------------------------------------------------------------------------

    def posture(self, hand: Hand, state: HandState) -> HandState:
        """The same wrist with another hand shape and orientation."""
        angles = hand_angles(hand.shape) if hand.shape is not None else state.angles
        rotation = reoriented(state.rotation, hand.orientation, self.side, self.mirrored)
        return replace(state, rotation=rotation, angles=angles)

    # -- actions ----------------------------------------------------------------------------------------------------

    def perform(self, action: Action, start: HandState, frames: int, ease: Ease = _GENTLE) -> Track:
        """The hand during an action; the last frame is its end.

        Args:
            action: what is done.
            start: the state before it.
            frames: how many to fill.
            ease: whether it starts and ends gently.
        """
        rest = min(pause_frames(action.how, Manner.REST), frames - 1)
        halt = min(pause_frames(action.how, Manner.HALT), frames - 1 - rest)
        if Manner.HALT in action.how.manners:
            ease = (ease[0], False)
        track = self._perform(action, start, frames - rest - halt, ease)
        goal = ends_at(action)
        if goal is not None and not isinstance(action, Straight):
            track = self._ending_at(track, goal)
        tracks = [hold(start, rest)] if rest else []
        tracks += [track]
        tracks += [hold(track.end, halt)] if halt else []
        return join(tracks)

    def _ending_at(self, track: Track, where: Where) -> Track:
        """The track bent so that it ends at a place."""
        goal, share = self.goal(where, track.end), steps(len(track))[:, None]
        moved = track.moved(share * (goal.point - track.points[-1]))
        anchors = torch.lerp(track.anchors, goal.anchor, share)
        return replace(moved, anchors=anchors, bounds=_bound_at_the_end(moved.bounds, goal))

    @singledispatchmethod
    def _perform(self, action: Action, start: HandState, frames: int, ease: Ease) -> Track:
        raise TypeError(f"no motion for {type(action).__name__}")

    @_perform.register
    def _straight(self, action: Straight, start: HandState, frames: int, ease: Ease) -> Track:
        chord = straight_chord(action, self.scale)
        flip = self.motion
        goal = ends_at(action)
        end = start
        if goal is not None:
            end = self.goal(goal, start)
            chord = (end.point - start.point) * flip
            if float(chord.norm()) < _THERE:
                return self._tap(start, frames, straight_chord(action, self.scale) * flip)
        chord = (within_reach(start.point + chord * flip, self.side) - start.point) * flip
        path = straight_path(chord, action.how, frames, ease)
        anchors = torch.lerp(start.anchor, end.anchor, eased(frames, ease)[:, None])
        track = replace(hold(start, frames).moved(path * flip), anchors=anchors)
        return track if goal is None else replace(track, bounds=_bound_at_the_end(track.bounds, end))

    @_perform.register
    def _circle(self, action: Circle, start: HandState, frames: int, ease: Ease) -> Track:
        return hold(start, frames).moved(circle_path(action, frames, ease, self.scale) * self.motion)

    @_perform.register
    def _local(self, action: Local, start: HandState, frames: int, ease: Ease) -> Track:
        if is_cross(action.name):
            return hold(start, frames).moved(cross_path(action.name, frames) * self.motion)
        return wiggle(action.name, start, self.side, frames, action.how.size)

    @_perform.register
    def _still(self, action: Still, start: HandState, frames: int, ease: Ease) -> Track:
        return hold(start, frames)

    @_perform.register
    def _replace(self, action: Replace, start: HandState, frames: int, ease: Ease) -> Track:
        hand = action.dominant
        if not self.leads and action.nondominant is not None:
            hand = action.nondominant
        elif not self.leads and not self.two_handed:
            return hold(start, frames)
        end = self.posture(hand, start)
        weight = eased(frames, ease)
        angles = start.angles + (end.angles - start.angles) * weight[:, None, None]
        rotations = interpolate_rotation(start.rotation, end.rotation, weight, self.side)
        return replace(hold(start, frames), rotations=rotations, angles=angles)

    @_perform.register
    def _reach(self, action: Reach, start: HandState, frames: int, ease: Ease) -> Track:
        tracks, state = [], start
        count = min(len(action.locations), frames)
        for number, where in enumerate(action.locations[:count]):
            share = frames * (number + 1) // count - frames * number // count
            end = self.goal(where, state)
            if float((end.point - state.point).norm()) < _THERE:
                target = self.target(where)[0]
                tracks.append(self._tap(state, share, target.normal * _TAP))
            else:
                tracks.append(go_over(state, end, share, self.side))
            state = tracks[-1].end
        return join(tracks)

    def _tap(self, start: HandState, frames: int, away: Float[Tensor, "3"]) -> Track:
        """A little away from where the hand is, and back."""
        lift = torch.sin(torch.pi * eased(frames, _GENTLE))
        return hold(start, frames).moved(lift[:, None] * away)

    @_perform.register
    def _together(self, action: Together, start: HandState, frames: int, ease: Ease) -> Track:
        inner = action.dominant if self.leads or action.nondominant is None else action.nondominant
        performer = replace(self, leads=True) if action.nondominant is not None and not self.leads else self
        if not inner:
            return hold(start, frames)
        still = hold(start, frames)
        points, rotations, angles, anchors, bounds = (
            still.points,
            still.rotations,
            still.angles,
            still.anchors,
            still.bounds,
        )
        posture = start
        for one in sorted(inner, key=_reaches):
            begin = posture if _reaches(one) else start
            track = performer.perform(one, begin, frames, ease)
            points = points + track.points - start.point
            anchors = track.anchors if _reaches(one) else anchors
            bounds = track.bounds if _reaches(one) else torch.minimum(bounds, track.bounds)
            if not _reaches(one):
                rotations = rotations @ (start.rotation.T @ track.rotations)
                angles = angles + track.angles - start.angles
                posture = HandState(start.point, rotations[-1], angles[-1], start.anchor, start.bound)
        return Track(points, rotations, angles, anchors, bounds)

    @_perform.register
    def _in_order(self, action: InOrder, start: HandState, frames: int, ease: Ease) -> Track:
        wanted = [action_frames(one) for one in action.actions]
        total, done, given = sum(wanted), 0, 0
        tracks, state = [], start
        for number, one in enumerate(action.actions):
            done += wanted[number]
            share = round(frames * done / total) - given
            given += share
            if share < 1:
                continue
            first, last = number == 0, number == len(wanted) - 1
            inner = (ease[0] and first, ease[1] and last) if action.fused else _GENTLE
            tracks.append(self.perform(one, state, share, inner))
            state = tracks[-1].end
        if not tracks:
            return hold(start, frames)
        return _rounded(join(tracks), start) if action.fused else join(tracks)

    @_perform.register
    def _repeat(self, action: Repeat, start: HandState, frames: int, ease: Ease) -> Track:
        once = action_frames(action.action)
        passes = _passes(action)
        growth = action.how.growth or action.action.how.growth
        tracks: list[Track] = []
        begin, state = start, start
        circular = _returns(action.action)
        for number, kind in enumerate(passes):
            if kind is Repetition.REVERSE:
                tracks.append(tracks[-1].reversed_to(begin))
                begin, state = state, begin
                continue
            if kind in FROM_START and not circular:
                tracks.append(go_over(state, start, way_back_frames(once), self.side, bow=0.0))
                state = start
            performer = replace(self, scale=GROWTH ** (growth * number) * self.scale) if growth else self
            inner = (ease[0] and number == 0, ease[1] and number == len(passes) - 1) if circular else _GENTLE
            begin = state
            tracks.append(performer.perform(action.action, state, once, inner))
            state = tracks[-1].end
        return _resampled(join(tracks), start, frames)


def _passes(action: Repeat) -> list[Repetition | None]:
    return [None, *(kind for kind in action.kinds for _ in range(TIMES[kind]))]


def _returns(action: Action) -> bool:
    """Whether an action ends where it started, so that its repetitions join without a way back."""
    if isinstance(action, Circle):
        return ends_at(action) is None and len(action.how.clocks) < 2
    if isinstance(action, Together):
        inner = (*action.dominant, *(action.nondominant or ()))
        return bool(inner) and all(_returns(one) for one in inner)
    return isinstance(action, (Local, Still))


def _reaches(action: Action) -> bool:
    """Whether it ends at a place, which depends on the posture that other actions bring about."""
    return isinstance(action, Reach) or ends_at(action) is not None


def ends_at(action: Action) -> Where | None:
    """Where an action ends; brushing without a place is contact on the way, and no end."""
    goals = [goal for goal in action.how.goals if goal != _BRUSHING]
    return goals[-1] if goals else None


_BRUSHING = Location(contact=Contact.BRUSHING)


def _bound_at_the_end(bounds: Float[Tensor, "frames 2"], goal: HandState) -> Float[Tensor, "frames 2"]:
    return torch.cat([bounds[:-1], goal.bound[None]])


def _raised(axes: Float[Tensor, "3 3"]) -> Float[Tensor, "3"]:
    """In front of the body a hand that points up is held higher and nearer, one that points down lower."""
    up = float(axes[1, 0])
    return torch.tensor([0.0, _HIGHER * up, -_NEARER * max(up, 0.0)])


_HIGHER, _NEARER = 0.05, 0.04
"""Metres, for a hand that points straight up."""


def _names_hand(locations: tuple[Location, ...]) -> bool:
    return bool(locations) and is_on_hand(locations[-1])


def _rounded(track: Track, start: HandState) -> Track:
    """Corners smoothed; both ends stay."""
    half = _ROUNDING // 2
    padded = torch.cat([start.point.expand(half, 3), track.points, track.points[-1:].expand(half, 3)])
    smooth = torch.nn.functional.avg_pool1d(padded.T[None], _ROUNDING, 1)[0].T
    fade = steps(len(track)).mul(torch.pi).sin()[:, None].clamp(0, 1)
    return replace(track, points=track.points + (smooth - track.points) * fade.sqrt())


def _resampled(track: Track, start: HandState, frames: int) -> Track:
    """The same motion in another number of frames, linearly in between."""
    if len(track) == frames:
        return track
    place = steps(frames) * len(track)
    before = (place.ceil().long() - 1).clamp(0, len(track) - 1)
    weight = (place - before).clamp(0, 1)
    first = hold(start, 1)
    whole = join([first, track])
    a, b = (whole.at(moments) for moments in (before, before + 1))

    def mix(x: Tensor, y: Tensor) -> Tensor:
        return x + (y - x) * weight.reshape(-1, *[1] * (x.ndim - 1))

    nearest = torch.where((weight < 0.5)[:, None, None], a.rotations, b.rotations)
    bounds = torch.minimum(a.bounds, b.bounds)
    return Track(mix(a.points, b.points), nearest, mix(a.angles, b.angles), mix(a.anchors, b.anchors), bounds)
