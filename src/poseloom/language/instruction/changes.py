"""What differs between two poses, measured: the largest changes first. Any number of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from poseloom.language.description.fact import Fact
from poseloom.language.description.facts import UPRIGHT_POSTURES, facts_of, grade
from poseloom.language.description.figure import SIDES, Array, Figure, degrees_between, dot, unit
from poseloom.language.description.limbs import own_frame
from poseloom.language.description.posture import ground_of, postures_of

# Smallest change worth telling, then that of a clear one, then that of a large one. The bounds of joint angles are
# those of PoseFix's paircodes.
BEND = (18.0, 45.0, 80.0)
LEAN = (10.0, 25.0, 45.0)
TWIST = (12.0, 25.0, 45.0)
HEAD = (15.0, 30.0, 55.0)
TURN = 20.0
ARM_MOVE, LEG_MOVE = 0.15, 0.15
"""Metres by which a hand or ankle moves against its shoulder or hip."""
ARM_SWING = 20.0
"""Degrees by which the upper arm turns against the trunk, below which an arm only bends."""
STEP = 0.15
FOOT_LIFT = 0.10
STRAIGHT = 160.0
"""Degrees at an elbow or knee from which it is called straight, as in descriptions."""
POSTURE_SIZE = 100.0
_ONE_LEG = "stand_one"
_LEGS_TOLD = ("sit_chair", "sit_cross", "sit_heels", "kneel", "kneel_one", "all_fours", "squat_deep", "bridge")
"""Postures whose name says where the legs go."""
_BY_FOOT = ("stand", _ONE_LEG)
"""Postures that the height of one foot tells apart."""
_LUNGES = ("lunge", "side_lunge")
"""Postures whose name says how the feet are set."""
_SQUATS = ("squat", "squat_deep")
"""Postures whose name says that the knees bend, as leaving them says that the knees open."""
_ON_FEET = ("stand", "squat", "squat_deep", "stand_one", "lunge", "side_lunge")


@dataclass(frozen=True)
class Change:
    """One thing to do. `size` is in units of the smallest change worth telling."""

    size: float
    name: str
    """Entry in the file of instructions."""
    degree: int = 0
    """0 slight, 1 clear, 2 large, for entries that are graded."""
    side: str = ""
    """``left``, ``right`` or ``both`` for limbs."""
    direction: str = ""
    """``left`` or ``right`` for leaning and turning."""
    noun: str = ""
    amount: float = 0.0
    """Degrees, for turning the whole body."""
    target: Fact | None = None
    """What holds of the limb in the second pose."""

    def blind(self) -> tuple:
        """What is left when left and right are not told apart."""
        return (self.name, self.degree, self.noun, self.target.blind() if self.target else ())


def changes_of(first: Figure, second: Figure) -> list[list[Change]]:
    """The changes that lead from each pose to the other, largest first."""
    facts = facts_of(second)
    pairs = _Pairs(first, second, facts)
    per_part = [pairs.turn(), pairs.posture(), pairs.trunk(), pairs.head(), pairs.arms(), pairs.legs(), pairs.feet()]
    made = []
    for pair in range(len(first)):
        found = [change for part in per_part for change in part[pair]]
        made.append(sorted(_merged(found), key=lambda change: (-round(change.size, 3), change.blind())))
    return made


class _Pairs:
    """Measures one kind of change after the other; each gives a list of changes for every pair."""

    def __init__(self, first: Figure, second: Figure, facts: list[list[Fact]]) -> None:
        self.first, self.second, self.facts = first, second, facts
        grounds = ground_of(first), ground_of(second)
        self.postures = postures_of(first, grounds[0]), postures_of(second, grounds[1])
        self.feet_height = grounds[1].feet - grounds[0].feet
        self.standing = np.array(
            [a in _ON_FEET and b in _ON_FEET for a, b in zip(*(one.names for one in self.postures), strict=True)], bool
        )
        self.upright = np.array(
            [
                a in UPRIGHT_POSTURES and b in UPRIGHT_POSTURES
                for a, b in zip(*(one.names for one in self.postures), strict=True)
            ],
            bool,
        )

    def turn(self) -> list[list[Change]]:
        """By how much the whole person turns; only where both face along the ground."""
        a, b = self.first.ahead, self.second.ahead
        angle = np.degrees(np.arctan2(a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2], dot(a, b)))
        return [
            [Change(abs(value) / TURN, "turn", direction=_way(value), amount=abs(value))]
            if up and abs(value) >= TURN
            else []
            for value, up in zip(angle.tolist(), self.upright.tolist(), strict=True)
        ]

    def posture(self) -> list[list[Change]]:
        """Another posture, named."""
        (a, b) = self.postures
        rows = zip(a.names, b.names, a.sides.tolist(), b.sides.tolist(), self._barely_lifted().tolist(), strict=True)
        return [
            []
            if (old, was) == (new, side) or (barely and {old, new} == set(_BY_FOOT))
            else [Change(POSTURE_SIZE, f"posture.{new}", direction=SIDES[side] if side >= 0 else "")]
            for old, new, was, side, barely in rows
        ]

    def _barely_lifted(self) -> Array:
        """Whether neither foot is lifted or lowered so much against the other that it is worth telling."""
        return np.abs(self.feet_height[0] - self.feet_height[1]) < FOOT_LIFT

    def trunk(self) -> list[list[Change]]:
        """Leaning, where the person is upright in both poses, and twisting."""
        forward, aside = (_difference(self, measure) for measure in (_lean_forward, _lean_aside))
        twist = self.second.twist - self.first.twist
        made = []
        for front, left, turn, up in zip(
            forward.tolist(), aside.tolist(), twist.tolist(), self.upright.tolist(), strict=True
        ):
            found = _graded("twist", turn, TWIST, _way(turn))
            if up:
                found += _graded("lean.forward" if front > 0 else "lean.back", front, LEAN)
                found += _graded("lean.aside", left, LEAN, _way(left))
            made.append(found)
        return made

    def head(self) -> list[list[Change]]:
        """Turn, nod and tilt of the head against the chest."""
        made = []
        for turn, nod, tilt in (self.second.head - self.first.head).T.tolist():
            found = _graded("head.turn", turn, HEAD, _way(turn)) if turn == turn else []
            found += _graded("head.nod" if nod > 0 else "head.raise", nod, HEAD)
            made.append([*found, *_graded("head.tilt", tilt, HEAD, _way(tilt))])
        return made

    def arms(self) -> list[list[Change]]:
        """Moves of the arms against the trunk, and of the elbows."""
        return self._limbs("arm", ("shoulder", "elbow", "wrist"), ARM_MOVE, slice(2, 4))

    def legs(self) -> list[list[Change]]:
        """Moves of the legs against the pelvis, where the person does not stand on them, and of the knees."""
        return self._limbs("leg", ("hip", "knee", "ankle"), LEG_MOVE, slice(0, 2))

    def _limbs(self, noun: str, chain: tuple[str, str, str], least: float, angles: slice) -> list[list[Change]]:
        moves, swings = self._moves(noun, chain)
        bends = [
            figure.codes.all_values[figure.codes.plan.kinds[0].rows][angles].numpy()
            for figure in (self.first, self.second)
        ]
        middle = chain[1]
        made: list[list[Change]] = [[] for _ in self.facts]
        for side, pair in np.ndindex(2, len(self.facts)):
            found = made[pair]
            name = SIDES[side]
            if noun == "leg" and self._legs_told(pair):
                continue
            opening = float(bends[1][side, pair] - bends[0][side, pair])
            if noun == "arm" or not self._knee_told(pair, opening):
                found += _bend(opening, float(bends[1][side, pair]), name, middle)
            move = moves[side, pair]
            far = float(np.abs(move).max())
            if far < least or swings[side, pair] < ARM_SWING or (noun == "leg" and self._carries(pair, side)):
                continue
            target = _target(self.facts[pair], name, noun)
            found.append(Change(far / least, f"move.{_main_axis(move)}", side=name, noun=noun, target=target))
        return made

    def _legs_told(self, pair: int) -> bool:
        """Whether the name of a new posture already says where the legs go."""
        before, after = (one.names[pair] for one in self.postures)
        return after != before and after in _LEGS_TOLD

    def _knee_told(self, pair: int, opening: float) -> bool:
        """Whether going into a squat, or standing up from one, already says how a knee bends."""
        before, after = (one.names[pair] for one in self.postures)
        return before != after and after in _ON_FEET and (after if opening < 0 else before) in _SQUATS

    def _carries(self, pair: int, side: int) -> bool:
        """Whether the person stands on that leg in the end: it is not moved but stepped with."""
        after = self.postures[1]
        return after.names[pair] in _ON_FEET and not (after.names[pair] == _ONE_LEG and after.sides[pair] != side)

    def _moves(self, noun: str, chain: tuple[str, str, str]) -> tuple[Array, Array]:
        """(2, pairs, 3): how the end of the limb moves, as (outward, up, forward); and the turn of its upper part."""
        ends, uppers = [], []
        for figure in (self.first, self.second):
            frame = own_frame(figure.chest_frame if noun == "arm" else figure.pelvis_frame, self.upright)
            root, middle, end = (figure.both(part) for part in chain)
            ends.append(figure.own(end - root, frame))
            uppers.append(unit(figure.own(middle - root, frame)))
        whole = degrees_between(unit(ends[0]), unit(ends[1]))
        return ends[1] - ends[0], np.maximum(degrees_between(*uppers), whole)

    def feet(self) -> list[list[Change]]:
        """Steps and lifted feet of somebody who stands in both poses."""
        step, width = self._gaps()
        travel = self._travel()
        made = []
        for pair, standing in enumerate(self.standing.tolist()):
            found: list[Change] = []
            before, after = (one.names[pair] for one in self.postures)
            if standing and after != _ONE_LEG and (after == before or after not in _LUNGES):
                found = _steps(float(step[pair]), float(width[pair]), travel[:, pair].tolist())
                found += _lifts(self.feet_height[:, pair].tolist()) if after == before else []
            made.append(found)
        return made

    def _gaps(self) -> tuple[Array, Array]:
        """Change of the left foot's lead over the right one, and of the width between them."""
        gaps = []
        for figure in (self.first, self.second):
            ankles = figure.both("ankle")
            gap = ankles[0] - ankles[1]
            gaps.append((dot(gap, figure.ahead), dot(gap, figure.aside)))
        return gaps[1][0] - gaps[0][0], np.abs(gaps[1][1]) - np.abs(gaps[0][1])

    def _travel(self) -> Array:
        """(2, pairs): how far forward each foot goes against the pelvis."""
        places = [
            dot(figure.both("ankle") - figure.at("pelvis")[None], figure.ahead[None])
            for figure in (self.first, self.second)
        ]
        return places[1] - places[0]


def _difference(pairs: _Pairs, measure) -> Array:  # type: ignore[no-untyped-def]
    return measure(pairs.second) - measure(pairs.first)


def _lean_forward(figure: Figure) -> Array:
    return np.degrees(np.arctan2(dot(figure.trunk, figure.ahead), figure.trunk[:, 1]))


def _lean_aside(figure: Figure) -> Array:
    return np.degrees(np.arcsin(np.clip(dot(figure.trunk, figure.aside), -1, 1)))


def _way(value: float) -> str:
    return SIDES[0] if value > 0 else SIDES[1]


def _graded(name: str, value: float, bounds: tuple[float, float, float], direction: str = "") -> list[Change]:
    reached = grade(abs(value), bounds)
    return [Change(abs(value) / bounds[0], name, reached - 1, direction=direction)] if reached else []


def _bend(opening: float, after: float, side: str, noun: str) -> list[Change]:
    reached = grade(abs(opening), BEND)
    if not reached:
        return []
    size = abs(opening) / BEND[0]
    if opening < 0:
        return [Change(size, "bend", reached - 1, side=side, noun=noun)]
    if after >= STRAIGHT:
        return [Change(size, "straighten", side=side, noun=noun)]
    return [Change(size, "unbend", reached - 1, side=side, noun=noun)]


def _lifts(heights: list[float]) -> list[Change]:
    return [
        Change(abs(height) / FOOT_LIFT, "foot.lift" if height > 0 else "foot.drop", side=SIDES[side], noun="foot")
        for side, height in enumerate(heights)
        if abs(height) >= FOOT_LIFT
    ]


def _steps(step: float, width: float, travel: list[float]) -> list[Change]:
    """Tell the step of the foot that travels further."""
    found = []
    if abs(step) >= STEP:
        side = 0 if abs(travel[0]) >= abs(travel[1]) else 1
        forward = travel[side] > 0
        found.append(
            Change(abs(step) / STEP, f"step.{'forward' if forward else 'back'}", side=SIDES[side], noun="foot")
        )
    if abs(width) >= STEP:
        found.append(Change(abs(width) / STEP, f"step.{'apart' if width > 0 else 'together'}"))
    return found


def _main_axis(move: Array) -> str:
    axis = int(np.abs(move).argmax())
    return (("in", "out"), ("down", "up"), ("back", "forward"))[axis][int(move[axis] > 0)]


def _target(facts: list[Fact], side: str, noun: str) -> Fact | None:
    """The fact of the second pose that tells best where the limb ends."""
    group = f"{noun}s"
    own = [fact for fact in facts if fact.group == group and fact.side in (side, "both")]
    ranked = [fact for fact in own if fact.subject == "hand"]
    ranked += [
        fact for fact in own if fact.subject in ("arm", "upper_arm", "leg", "thigh") and "crossed" not in fact.name
    ]
    if not ranked:
        return None
    fact = ranked[0]
    if fact.name == "hands.together":
        return fact
    return _single(fact, side)


def _single(fact: Fact, side: str) -> Fact:
    """A fact told of both sides, told of one."""
    if fact.side != "both":
        return fact
    other = SIDES[1 - SIDES.index(side)]
    relation = {"own": side, "other": other}.get(fact.target_side, fact.target_side)
    return replace(fact, side=side, target_side=relation)


def _merged(found: list[Change]) -> Iterator[Change]:
    """Changes that both sides share become one."""
    left = {change.blind(): change for change in found if change.side == "left"}
    right = {change.blind(): change for change in found if change.side == "right"}
    for change in found:
        other = (right if change.side == "left" else left).get(change.blind())
        if change.side not in SIDES or other is None:
            yield change
        elif change.side == "left":
            target = change.target
            if target is not None and target.side == "left":
                target = replace(target, side="both", target_side=target.blind()[-1])
            yield replace(change, side="both", size=max(change.size, other.size), target=target)
