"""What differs between two poses, measured: the largest changes first. Any number of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from poseloom.language.description.facts import UPRIGHT_POSTURES
from poseloom.language.description.figure import SIDES, Figure
from poseloom.language.description.posture import ground_of, postures_of
from poseloom.language.instruction.arms import ArmChanges
from poseloom.language.instruction.change import BOTH, Change, way
from poseloom.language.instruction.legs import BY_FOOT, FOOT_LIFT, LegChanges
from poseloom.language.instruction.trunk import head_moves, lean_aside, lean_forward, leans, turn_of, twist_change

TURN = 20.0
POSTURE_SIZE = 100.0


def changes_of(first: Figure, second: Figure) -> list[list[Change]]:
    """The changes that lead from each pose to the other, largest first."""
    return changes_in(Pairs(first, second))


def changes_in(pairs: Pairs) -> list[list[Change]]:
    """The changes of pairs that were measured already."""
    trunk, head, turns = pairs.trunk(), pairs.head(), pairs.turn()
    made = []
    for pair in range(len(pairs.first)):
        posture = pairs.posture(pair)
        after = pairs.postures[1].names[pair]
        found = [*turns[pair], *posture, *trunk[pair], *head[pair]]
        found += _merged([*pairs.arms.of(pair, after), *pairs.legs.of(pair)])
        made.append(sorted(found, key=lambda change: (-round(change.size, 3), change.blind())))
    return made


class Pairs:
    """Measures one kind of change after the other; each gives a list of changes for every pair."""

    def __init__(self, first: Figure, second: Figure) -> None:
        self.first, self.second = first, second
        grounds = ground_of(first), ground_of(second)
        self.postures = postures_of(first, grounds[0]), postures_of(second, grounds[1])
        rows = zip(self.postures[0].names, self.postures[1].names, strict=True)
        self.upright = np.array([a in UPRIGHT_POSTURES and b in UPRIGHT_POSTURES for a, b in rows], bool)
        self.arms = ArmChanges(first, second, grounds, self.upright)
        self.legs = LegChanges(first, second, grounds, self.postures)

    def turn(self) -> list[list[Change]]:
        """By how much the whole person turns; only where both face along the ground."""
        return [
            [Change(abs(value) / TURN, "turn", direction=way(value), amount=abs(value))]
            if up and abs(value) >= TURN
            else []
            for value, up in zip(turn_of(self.first, self.second).tolist(), self.upright.tolist(), strict=True)
        ]

    def posture(self, pair: int) -> list[Change]:
        """Another posture, named; not where one foot barely leaves the ground or comes down to it."""
        (old, was), (new, side) = ((one.names[pair], int(one.sides[pair])) for one in self.postures)
        if (old, was) == (new, side):
            return []
        if not self.legs.resettled(pair):
            return []
        lifts = self.legs.lifts[:, pair]
        if {old, new} == set(BY_FOOT) and abs(float(lifts[0] - lifts[1])) < FOOT_LIFT:
            return []
        return [Change(POSTURE_SIZE, f"posture.{new}", direction=SIDES[side] if side >= 0 else "")]

    def trunk(self) -> list[list[Change]]:
        """Leaning, where the person is upright in both poses, and twisting."""
        figures = self.first, self.second
        rows = [measure(figure).tolist() for measure in (lean_forward, lean_aside) for figure in figures]
        twists = (self.second.twist - self.first.twist).tolist(), self.second.twist.tolist()
        made = []
        for turn, after, up, *leaning in zip(*twists, self.upright.tolist(), *rows, strict=True):
            found = twist_change(turn, after)
            made.append([*found, *leans(*leaning)] if up else found)
        return made

    def head(self) -> list[list[Change]]:
        """Turn, nod and tilt of the head against the chest."""
        changes = (self.second.head - self.first.head).T.tolist()
        return [head_moves(*change, *after) for change, after in zip(changes, self.second.head.T.tolist(), strict=True)]


def _merged(found: list[Change]) -> Iterator[Change]:
    """Changes that both sides share become one."""
    left = {change.blind(): change for change in found if change.side == "left"}
    right = {change.blind(): change for change in found if change.side == "right"}
    for change in found:
        other = (right if change.side == "left" else left).get(change.blind())
        if change.side not in SIDES or other is None:
            yield change
        elif change.side == "left":
            size = max(change.size, other.size)
            yield replace(change, side=BOTH, size=size, place_side=change.blind()[-1])
