"""Whether claims hold of pairs of poses: the measures behind the words of both kinds of instruction."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from math import inf

import numpy as np
import torch
from torch import Tensor

from poseloom.language.claims.claim import Claim, Measure, Source
from poseloom.language.claims.claim_codes import codes_of, places_of
from poseloom.language.claims.claim_values import (
    JOINT_OF,
    POINTS_OF,
    SLACK,
    agreed,
    all_sides,
    ended,
    over_sides,
    signed,
)
from poseloom.language.description.figure import SIDES, Array, Figure
from poseloom.language.description.limbs import CONTACTS, ZONES
from poseloom.language.instruction.change import HEAD, OPPOSITE, OTHER, OWN, STRAIGHT, TWIST, Change
from poseloom.language.instruction.changes import Pairs, changes_in
from poseloom.language.instruction.limb_moves import knee_and_elbow_angles
from poseloom.language.instruction.trunk import UPRIGHT, lean_aside, lean_forward, turn_of
from poseloom.language.paircodes import evaluate_pairs
from poseloom.language.posecodes import POINT_INDEX, prepare
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix.touching import RELEASE, within
from poseloom.language.posescript.contacts import TOUCH

_ARMS = ("arm", "upperarm", "forearm", "elbow", "wrist", "hand", "index", "shoulder")
_AXES = {"left": (0, 1), "right": (0, -1), "up": (1, 1), "down": (1, -1), "forward": (2, 1), "back": (2, -1)}
_HEIGHT = "pair_relativePosY"
_GROUNDED = ("knee", "foot")
_SIGNS = {"out": 1, "in": -1}
_ENDS = {"upperarm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist")}
_SEEN = {
    "in front": ("xy-aligned", 2, 1),
    "behind": ("xy-aligned", 2, -1),
    "above": ("xz-aligned", 1, 1),
    "below": ("xz-aligned", 1, -1),
    "beside": ("yz-aligned", 0, 0),
}
_SLIGHTLY_BENT = 135.0
"""Degrees above which a joint is slightly bent or straight, as PoseFix's *straighten* asks."""
_LOWER_IS = {
    "forward": ("pair_bodyInclineX", 1),
    "back": ("pair_bodyInclineX", -1),
    "lean left": ("pair_bodyInclineZ", 1),
    "lean right": ("pair_bodyInclineZ", -1),
    "twist left": ("pair_bodyInclineY", -1),
    "twist right": ("pair_bodyInclineY", 1),
    "nod": ("pair_relativeRotX", 1),
    "raise": ("pair_relativeRotX", -1),
    "turn left": ("pair_relativeRotY", 1),
    "turn right": ("pair_relativeRotY", -1),
}
"""The paircode of a way, and 1 where second minus first is positive that way."""


class PairTruth:
    """Judges claims on pairs of poses.

    Args:
        figures: both poses of each pair, as `instruct` sees them.
        joints: both poses of each pair, facing +z with the pelvis at the origin, as `instructions` sees them.
        rotations: local rotations of both, for the head; None where unknown.
        turns: degrees by which each person turns to the left.
        contacts: the parts that touch in the first (0) or second (1) pose of a pair; None where no mesh is known.
    """

    def __init__(
        self,
        figures: tuple[Figure, Figure],
        joints: tuple[Tensor, Tensor],
        rotations: tuple[Tensor, Tensor] | None = None,
        turns: Array | None = None,
        contacts: Callable[[int, int], list[Code]] | None = None,
    ) -> None:
        self.pairs = Pairs(*figures)
        first, second = figures
        self._own = {
            "forward": lean_forward(second) - lean_forward(first),
            "aside": lean_aside(second) - lean_aside(first),
            "twist": second.twist - first.twist,
            "turn": turn_of(first, second),
        }
        self._head = second.head - first.head
        self._turns = self._own["turn"] if turns is None else turns
        self._contacts = contacts
        count = len(joints[0])
        rows = torch.stack([torch.arange(count), torch.arange(count) + count], 1)
        self.codes = evaluate_pairs(torch.cat(joints), rows, None if rotations is None else torch.cat(rotations))
        points = prepare(torch.cat(joints)).numpy()
        self._points = points[:count], points[count:]
        self._grounds = [one[..., 1].min(1) for one in self._points]
        self._angles = [knee_and_elbow_angles(figure) for figure in figures]

    def __len__(self) -> int:
        return len(self._turns)

    def holds(self, pair: int, claim: Claim, degrees: bool = False) -> bool | None:
        """Whether a claim is true of a pair; None where what is given does not tell.

        Args:
            degrees: also ask for the size that the words say: slightly, far, ...
        """
        try:
            judge = _JUDGES[claim.measure]
        except KeyError:
            value = _VALUES[claim.measure](self, pair, claim)
            if value is None or value != value:
                return None
            low, high = (claim.least, claim.most) if degrees else (claim.floor, inf)
            return bool(low - SLACK <= value <= high + SLACK)
        return judge(self, pair, claim)

    # -- values in the direction of a claim, metres or degrees -----------------------------------------------------

    def _lean(self, pair: int, claim: Claim) -> float | None:
        if claim.source is Source.PAIRCODES:
            return self._paircode(pair, claim.way if claim.way != "side" else f"lean {claim.side}")
        along = claim.way in ("forward", "back")
        row = "forward" if along else "aside"
        after = float((lean_forward if along else lean_aside)(self.pairs.second)[pair])
        return ended(self._own[row][pair], after, claim.way == "forward" or claim.side == SIDES[0], claim)

    def _twist(self, pair: int, claim: Claim) -> float | None:
        if claim.source is Source.PAIRCODES:
            return self._paircode(pair, f"twist {claim.side}")
        return ended(self._own["twist"][pair], self.pairs.second.twist[pair], claim.side == SIDES[0], claim)

    def _head_turn(self, pair: int, claim: Claim) -> float | None:
        if claim.source is Source.PAIRCODES:
            return self._paircode(pair, f"turn {claim.side}" if claim.way == "turn" else claim.way)
        row = {"turn": 0, "nod": 1, "raise": 1, "tilt": 2}[claim.way]
        positive = claim.way == "nod" or (row != 1 and claim.side == SIDES[0])
        return ended(self._head[row, pair], self.pairs.second.head[row, pair], positive, claim)

    def _paircode(self, pair: int, way: str) -> float | None:
        kind, sign = _LOWER_IS[way]
        if kind not in self.codes.kinds:
            return None
        return sign * -float(self.codes.all_values[self.codes.plan.rows_of[kind].start, pair])

    def _turn(self, pair: int, claim: Claim) -> float:
        value = float((self._turns if claim.source is Source.PAIRCODES else self._own["turn"])[pair])
        return abs(value) if claim.way == "around" else signed(value, claim.side == SIDES[0])

    def _shift(self, pair: int, claim: Claim) -> float | None:
        """Against shoulder or hip, in the body's own frames."""
        arm = claim.part in _ARMS
        moves = self.pairs.arms.moves if arm else self.pairs.legs.moves
        if claim.part not in POINTS_OF and claim.part not in ("hand", "elbow", "foot", "knee"):
            return None
        middle = claim.part in ("elbow", "upperarm", "knee", "thigh")
        axis, sign = (0, _SIGNS[claim.way]) if claim.way in _SIGNS else _AXES[claim.way]
        rows = moves.middles if middle else moves.ends
        return over_sides(claim.side, lambda side: sign * float(rows[SIDES.index(side), pair, axis]))

    def _coordinate(self, pair: int, claim: Claim) -> float | None:
        """Against the pelvis; heights of knees and feet against the ground too."""
        names = POINTS_OF.get(claim.part, (claim.part,))
        if any(f"left_{name}" not in POINT_INDEX for name in names):
            return None

        def one(side: str) -> float:
            return agreed([self._travel(pair, side, name, claim.way, claim.floor) for name in names], claim.floor)

        return over_sides(claim.side, one)

    def _travel(self, pair: int, side: str, name: str, way: str, floor: float) -> float:
        """By how much a point goes that way; knees and feet against the ground where that fits, as people see it."""
        if way in _SIGNS:
            way = side if way == "out" else OPPOSITE[side]
        axis, sign = _AXES[way]
        point = POINT_INDEX[f"{side}_{name}"]
        value = sign * float(self._points[1][pair, point, axis] - self._points[0][pair, point, axis])
        if axis == 1 and name in _GROUNDED:
            risen = value - sign * float(self._grounds[1][pair] - self._grounds[0][pair])
            return risen if risen >= floor - SLACK else value
        return value

    def _hips(self, pair: int, claim: Claim) -> float:
        return signed(self._grounds[0][pair] - self._grounds[1][pair], claim.way == "up")

    def _distance(self, pair: int, claim: Claim) -> float | None:
        names = POINTS_OF.get(claim.part, (claim.part,))
        if any(f"left_{name}" not in POINT_INDEX for name in names):
            return None
        mutual = "apart" in claim.name or "together" in claim.name

        def one(side: str) -> float:
            values = []
            for name in names:
                ends = f"{side}_{name}", f"{OPPOSITE[side]}_{name}" if mutual else "torso"
                before, after = (self._apart(points, pair, *ends) for points in self._points)
                values.append(after - before if claim.way == "farther" else before - after)
            return agreed(values, claim.floor)

        return over_sides(claim.side, one)

    @staticmethod
    def _apart(points: Array, pair: int, first: str, second: str) -> float:
        return float(np.linalg.norm(points[pair, POINT_INDEX[first]] - points[pair, POINT_INDEX[second]]))

    def _bend(self, pair: int, claim: Claim) -> float | None:
        return self._over_joints(pair, claim, lambda a, b: a - b if claim.way == "more" else b - a)

    def _straight(self, pair: int, claim: Claim) -> float | None:
        least = STRAIGHT if claim.source is Source.OURS else _SLIGHTLY_BENT
        return self._over_joints(pair, claim, lambda a, b: b - a if b >= least else -inf)

    def _over_joints(self, pair: int, claim: Claim, measure: Callable[[float, float], float]) -> float | None:
        joint = JOINT_OF.get(claim.part, claim.part)
        if joint not in ("elbow", "knee"):
            return None
        start = 2 if joint == "elbow" else 0
        rows = [[float(one[start + side, pair]) for side in (0, 1)] for one in self._angles]
        return over_sides(claim.side, lambda side: measure(*(row[SIDES.index(side)] for row in rows)))

    def _step(self, pair: int, claim: Claim) -> float:
        legs = self.pairs.legs
        if claim.way in ("apart", "together"):
            return signed(legs.width[pair], claim.way == "apart")
        ahead = signed(legs.step[pair], claim.way == "forward")
        return over_sides(claim.side, lambda side: ahead if side == SIDES[0] else -ahead)

    def _lift(self, pair: int, claim: Claim) -> float:
        lifts = self.pairs.legs.lifts[:, pair]
        return over_sides(claim.side, lambda side: signed(lifts[SIDES.index(side)], claim.way == "up"))

    # -- what holds of the second pose -----------------------------------------------------------------------------

    def _posture(self, pair: int, claim: Claim) -> bool:
        after = self.pairs.postures[1]
        side = int(after.sides[pair])
        named = claim.name == f"posture.{after.names[pair]}"
        return named and (side < 0 or claim.side in ("", SIDES[side]))

    def _neutral(self, pair: int, claim: Claim) -> bool | None:
        second = self.pairs.second
        turn, nod, tilt = second.head[:, pair].tolist()
        if claim.name == "head.ahead" and turn != turn:
            return None
        measures = {
            "lean.upright": (lean_forward(second)[pair], lean_aside(second)[pair]),
            "twist.straight": (second.twist[pair],),
            "head.ahead": (turn,),
            "head.level": (nod,),
            "head.middle": (tilt,),
            "head.upright": (nod, tilt),
        }
        bound = {"lean": UPRIGHT, "twist": TWIST[0], "head": HEAD[0]}[claim.name.split(".")[0]]
        return all(abs(float(one)) < bound + SLACK for one in measures[claim.name])

    def _goal(self, pair: int, claim: Claim) -> bool:
        noun, context, level = claim.goal.split(".")
        wanted = (level, claim.sector)
        if noun in ("arm", "elbow", "forearm"):
            arms = self.pairs.arms.arms[1]

            def arm(side: str) -> bool:
                one = arms.arm(pair, SIDES.index(side))
                seen = {"arm": one.whole, "elbow": one.upper, "forearm": one.fore}[noun]
                return one.upright == (context == "upright") and seen == wanted

            return all_sides(claim.side, arm)
        legs = self.pairs.legs
        rows = legs.shins[1] if noun == "shin" else legs.thighs[1]
        if legs.context(pair) != context:
            return False
        return all_sides(claim.side, lambda side: rows[SIDES.index(side)][pair] == wanted)

    def _hand_at(self, pair: int, claim: Claim) -> bool:
        def one(side: str) -> bool:
            contact = CONTACTS[self.pairs.arms.arms[1].arm(pair, SIDES.index(side)).contact]
            if contact.name.replace("upper_arm", "upperarm") != claim.place:
                return False
            if contact.other is None or not claim.place_side:
                return True
            wanted = {OWN: side, OTHER: OPPOSITE[side]}.get(claim.place_side, claim.place_side)
            return wanted == (OPPOSITE[side] if contact.other else side)

        return all_sides(claim.side, one)

    def _hand_in(self, pair: int, claim: Claim) -> bool:
        arms = self.pairs.arms.arms[1]
        return all_sides(claim.side, lambda side: ZONES[arms.arm(pair, SIDES.index(side)).zone] == claim.place)

    def _together(self, pair: int, claim: Claim) -> bool:
        arms = self.pairs.arms.arms[1]
        return arms.together[pair] and (not claim.place or self._hand_in(pair, claim))

    def _crossed(self, pair: int, claim: Claim) -> bool:
        return bool(self.pairs.arms.arms[1].crossed[pair])

    def _touch(self, pair: int, claim: Claim) -> bool | None:
        if self._contacts is None:
            return None
        touching = self._contacts(int(claim.name != RELEASE), pair)
        released = claim.name == RELEASE and not self._touches(claim, self._contacts(1, pair))
        return self._touches(claim, touching) and (claim.name != RELEASE or released)

    @staticmethod
    def _touches(claim: Claim, touching: list[Code]) -> bool:
        """Whether each side that is named touches its place, or a part of the one touches a part of the other."""
        return all(any(within(code, one) for one in touching) for code in codes_of(claim, TOUCH))

    def _state(self, pair: int, claim: Claim) -> bool | None:
        """A posecode of the second pose, of each side that is named."""
        codes = codes_of(claim, claim.name)
        if not codes:
            return None
        return all(self._code(pair, code) for code in codes)

    def _code(self, pair: int, code: Code) -> bool:
        name = code.interpretation
        if code.side is None and code.part in _ENDS:  # a limb whose side is not named: either may be meant
            return any(self._code(pair, code._replace(side=side)) for side in SIDES)
        points = self._points[1][pair]
        if name in _SEEN:
            alignment, axis, sign = _SEEN[name]
            first, second = (points[POINT_INDEX.get(f"{a}_{b}", 0)] for a, b in ((code[0], code[1]), code[3:]))
            ahead = sign == 0 or (first[axis] - second[axis]) * sign > 0
            return bool(ahead) and self._known(pair, code._replace(interpretation=alignment))
        if name.startswith("pointing") and code.part in _ENDS:
            near, far = (points[POINT_INDEX[f"{code.side}_{end}"], 1] for end in _ENDS[code.part])
            return bool(far > near) == name.endswith("up") and self._known(
                pair, code._replace(interpretation="vertical")
            )
        return self._known(pair, code)

    def _known(self, pair: int, code: Code) -> bool:
        second = int(self.codes.pairs[pair, 1])
        posecodes = self.codes.posecodes
        elementary = len(posecodes.all_categories)
        for row, category in places_of(posecodes.rotations).get(code, ()):
            if row < elementary and int(posecodes.all_categories[row, second]) == category:
                return True
            if row >= elementary and int(posecodes.super_eligibility_rows[row - elementary, second]):
                return True
        whole = POINTS_OF.get(code.part)
        return whole is not None and all(self._known(pair, code._replace(part=one)) for one in whole)

    def _same(self, pair: int, claim: Claim) -> bool:
        return not (self._changes if claim.source is Source.OURS else self._coded)[pair]

    @cached_property
    def _changes(self) -> list[list[Change]]:
        return changes_in(self.pairs)

    @cached_property
    def _coded(self) -> list[list[Code]]:
        """The head is told in some versions alone, heights of the legs against the ground."""
        heights = self.codes.tables.kinds[_HEIGHT].categories
        prefix = self.codes.tables.prefix
        return [
            [
                code
                for code in codes
                if code.part != "head"
                and not (code.part in _GROUNDED and code.interpretation.removeprefix(prefix) in heights)
            ]
            for codes in self.codes.codes()
        ]


_VALUES: dict[Measure, Callable[[PairTruth, int, Claim], float | None]] = {
    Measure.LEAN: PairTruth._lean,
    Measure.TWIST: PairTruth._twist,
    Measure.HEAD: PairTruth._head_turn,
    Measure.TURN: PairTruth._turn,
    Measure.SHIFT: PairTruth._shift,
    Measure.COORDINATE: PairTruth._coordinate,
    Measure.HIPS: PairTruth._hips,
    Measure.DISTANCE: PairTruth._distance,
    Measure.BEND: PairTruth._bend,
    Measure.STRAIGHT: PairTruth._straight,
    Measure.STEP: PairTruth._step,
    Measure.LIFT: PairTruth._lift,
}
_JUDGES: dict[Measure, Callable[[PairTruth, int, Claim], bool | None]] = {
    Measure.POSTURE: PairTruth._posture,
    Measure.NEUTRAL: PairTruth._neutral,
    Measure.GOAL: PairTruth._goal,
    Measure.HAND_AT: PairTruth._hand_at,
    Measure.HAND_IN: PairTruth._hand_in,
    Measure.TOGETHER: PairTruth._together,
    Measure.CROSSED: PairTruth._crossed,
    Measure.TOUCH: PairTruth._touch,
    Measure.STATE: PairTruth._state,
    Measure.SAME: PairTruth._same,
}
