"""What the arms do: where a hand goes, where arm, elbow or forearm point in the end, how the elbow bends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseloom.language.description.figure import SIDES, Figure
from poseloom.language.description.limbs import CONTACTS, ZONES, Arms, arms_of
from poseloom.language.description.posture import Ground
from poseloom.language.instruction.change import BOTH, OPPOSITE, SHIFT, STRETCHED, Change, bent
from poseloom.language.instruction.limb_moves import going, knee_and_elbow_angles, moves_of, pairs_of, shift_change

SWING = 20.0
"""Degrees by which an upper arm turns before it is told where it goes; a hand then moves by about 0.2 m."""
FOREARM_SWING = 30.0
FAR = 0.30
"""Metres from which a hand that stays in its region is told to go there again, with its place."""
HANDS_CARRY = ("plank", "all_fours", "downward_dog", "handstand")
"""Postures whose name says that the hands are on the ground."""
_CHAIN = ("shoulder", "elbow", "wrist")
_ELBOWS = slice(2, 4)


@dataclass(frozen=True)
class Arm:
    """One arm in one pose."""

    upright: bool
    angle: float
    """Of the elbow, degrees."""
    whole: tuple[str, str]
    upper: tuple[str, str]
    fore: tuple[str, str]
    contact: int
    zone: int


@dataclass(frozen=True)
class _Move:
    """How one arm moves."""

    side: str
    end: np.ndarray
    middle: np.ndarray
    upper_turn: float
    lower_turn: float
    opening: float
    angle: float
    """Of the elbow in the end, degrees."""

    @property
    def far(self) -> float:
        return float(np.abs(self.end).max())


class ArmChanges:
    """The arms of pairs of poses."""

    def __init__(self, first: Figure, second: Figure, grounds: tuple[Ground, Ground], upright: np.ndarray) -> None:
        self.states = [arms_of(figure, ground) for figure, ground in zip((first, second), grounds, strict=True)]
        self.arms = [_Lists(figure, arms) for figure, arms in zip((first, second), self.states, strict=True)]
        self.moves = moves_of(first, second, _CHAIN, "chest", upright)
        self.angles = [knee_and_elbow_angles(figure)[_ELBOWS].tolist() for figure in (first, second)]

    def of(self, pair: int, posture: str) -> list[Change]:
        """The changes of both arms of one pair; `posture` is the one of the second pose."""
        before, after = self.arms
        if after.crossed[pair]:
            return [] if before.crossed[pair] else [Change(self._largest(pair) + 1, "arms.cross", side=BOTH)]
        moves = [self._move(pair, side) for side in (0, 1)]
        if after.together[pair] and posture not in HANDS_CARRY:
            return self._hands_together(pair, moves)
        found = []
        for side, move in enumerate(moves):
            found += _one_arm(before.arm(pair, side), after.arm(pair, side), move, posture)
        return found

    def _move(self, pair: int, side: int) -> _Move:
        moves = self.moves
        before, after = (angles[side][pair] for angles in self.angles)
        turns = float(moves.upper_turn[side, pair]), float(moves.lower_turn[side, pair])
        return _Move(SIDES[side], moves.ends[side, pair], moves.middles[side, pair], *turns, after - before, after)

    def _largest(self, pair: int) -> float:
        return float(np.abs(self.moves.ends[:, pair]).max()) / SHIFT[0]

    def _hands_together(self, pair: int, moves: list[_Move]) -> list[Change]:
        before, after = self.arms
        places = [[one.arm(pair, side).zone for side in (0, 1)] for one in (before, after)]
        zone = ZONES[places[1][0]] if places[1][0] == places[1][1] else ""
        if not before.together[pair] or (places[0] != places[1] and zone):
            return [Change(self._largest(pair) + 1, "hands.together", side=BOTH, goal=zone)]
        return [change for move in moves for change in shift_change(move.end, move.side, "hand")]


class _Lists:
    """The classes of both arms as lists, which are quick to read pose by pose."""

    def __init__(self, figure: Figure, arms: Arms) -> None:
        self._upright = arms.upright.tolist()
        self._angles = knee_and_elbow_angles(figure)[_ELBOWS].tolist()
        self._whole, self._upper, self._fore = (pairs_of(one) for one in (arms.whole, arms.upper, arms.fore))
        self._contact, self._zone = arms.contact.tolist(), arms.zone.tolist()
        self.together, self.crossed = arms.together.tolist(), arms.crossed.tolist()

    def arm(self, pose: int, side: int) -> Arm:
        return Arm(
            self._upright[pose],
            self._angles[side][pose],
            self._whole[side][pose],
            self._upper[side][pose],
            self._fore[side][pose],
            self._contact[side][pose],
            self._zone[side][pose],
        )


def _one_arm(before: Arm, after: Arm, move: _Move, posture: str) -> list[Change]:
    bend = bent(move.opening, move.angle, move.side, "elbow", "arm")
    still = move.far < SHIFT[0] and move.upper_turn < SWING and move.lower_turn < FOREARM_SWING
    contact = CONTACTS[after.contact]
    if still or (posture in HANDS_CARRY and contact.name in ("ground", "")):
        return bend
    if contact.name:
        return _to_place(before, after, move) or [*shift_change(move.end, move.side, "hand"), *bend]
    if after.angle >= STRETCHED:
        return [*bend, *_whole_arm(before, after, move)]
    return _bent_arm(before, after, move, bend)


def _to_place(before: Arm, after: Arm, move: _Move) -> list[Change]:
    """The hand goes to a place on the body; the elbow is told where it swings far besides."""
    contact = CONTACTS[after.contact]
    if before.contact == after.contact and move.far < FAR:
        return []
    side = {None: "", False: move.side, True: OPPOSITE[move.side]}[contact.other]
    size = max(move.far / SHIFT[0], 1.0)
    return [Change(size, f"put.{contact.name}", side=move.side, noun="hand", place=contact.name, place_side=side)]


def _whole_arm(before: Arm, after: Arm, move: _Move) -> list[Change]:
    seen = before.angle >= STRETCHED and before.whole == after.whole and before.upright == after.upright
    if seen:
        return shift_change(move.end, move.side, "arm")
    return [_go("arm", after, after.whole, move, float(move.end[1]))]


def _bent_arm(before: Arm, after: Arm, move: _Move, bend: list[Change]) -> list[Change]:
    """The elbow where it goes elsewhere, then the hand in its region, or else the forearm where it turns."""
    found = []
    changed = before.upright != after.upright
    if move.upper_turn >= SWING and (changed or before.upper != after.upper):
        found.append(_go("elbow", after, after.upper, move, float(move.middle[1])))
    elif move.upper_turn >= SWING:
        found += shift_change(move.middle, move.side, "elbow")
    if after.zone and (before.zone != after.zone or move.far >= FAR):
        found.append(Change(move.far / SHIFT[0], f"hold.{ZONES[after.zone]}", side=move.side, noun="hand"))
    elif not after.zone and move.lower_turn >= FOREARM_SWING and (changed or before.fore != after.fore):
        goal, sector = _goal("forearm", after, after.fore)
        found.append(Change(move.lower_turn / SWING, "point", side=move.side, noun="forearm", goal=goal, sector=sector))
    if [change.noun for change in found] == ["elbow", "forearm"] and found[0].goal:
        return found  # elbow and forearm together say how the elbow bends
    return [*(found or shift_change(move.end, move.side, "hand")), *bend]


def _go(noun: str, after: Arm, direction: tuple[str, str], move: _Move, rise: float) -> Change:
    goal, sector = _goal(noun, after, direction)
    size = max(move.far / SHIFT[0], move.upper_turn / SWING)
    return Change(size, f"go.{going(rise)}", side=move.side, noun=noun, goal=goal, sector=sector)


def _goal(noun: str, after: Arm, direction: tuple[str, str]) -> tuple[str, str]:
    return f"{noun}.{'upright' if after.upright else 'body'}.{direction[0]}", direction[1]
