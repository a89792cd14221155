"""From measured classes to the facts that a description states, pose by pose, in the order of the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from poseloom.language.description.fact import Fact, one_fact
from poseloom.language.description.figure import SIDES, Figure, dot
from poseloom.language.description.fingers import SHAPES
from poseloom.language.description.limbs import (
    CONTACTS,
    LEVELS,
    SECTORS,
    ZONES,
    Arms,
    Direction,
    Legs,
    arms_of,
    legs_of,
)
from poseloom.language.description.posture import ANKLE_ABOVE_TOES, FOOT_DOWN, Ground, Postures, ground_of, postures_of

BENDS = ("folded", "sharp", "square", "moderate", "slight", "straight")
"""Words for the six categories of the posecode "angle", in its order."""
STRAIGHT, SLIGHT = 5, 4

# Degrees from which something is worth telling, then from which it is not slight any more.
LEAN_FORWARD = (12.0, 30.0, 65.0, 110.0)
LEAN_BACK = (10.0, 25.0)
LEAN_SIDE = (10.0, 25.0)
TWIST = (15.0, 35.0)
HEAD_TURN = (18.0, 40.0)
HEAD_NOD = (25.0, 45.0)
HEAD_BACK = (15.0, 35.0)
HEAD_TILT = (14.0, 30.0)
# Metres.
FEET_CROSSED = -0.04
FEET_TOGETHER, SHOULDER_WIDTH, WIDE = 0.17, 0.36, 0.60
STEP, LONG_STEP = 0.20, 0.45
KNEES_TOGETHER, KNEES_APART = 0.16, 0.45
HEEL_UP = 0.06
ANKLES_CROSSED, ANKLES_NEAR = -0.02, 0.10
KNEE_OVER, KNEES_CROSSED = 0.05, 0.17
LEG_RAISED = 0.12

_SLIGHT = frozenset(
    (
        *("bend.slight", "twist1", "lean.forward1", "lean.back1", "lean.side1"),
        *("head.turn1", "head.nod1", "head.back1", "head.tilt1"),
    )
)
_CLEAR, _CLEAR_BENDS = 3, 1
"""Facts that are not slight, from which slight ones are left out; and from which slight bends of limbs that point
somewhere are."""
_LIMB = {"arm": "elbow", "leg": "knee"}

LYING = ("lie_back", "lie_front", "lie_side")
UPRIGHT_POSTURES = (
    *("stand", "stand_one", "squat", "squat_deep", "lunge", "side_lunge"),
    *("sit_chair", "sit_floor", "sit_cross", "sit_heels", "kneel", "kneel_one"),
)
AIRBORNE_POSTURE = "airborne"
HANDS_IMPLIED = ("plank", "all_fours", "downward_dog", "handstand")
FEET_TOLD = ("stand", "squat", "squat_deep")
LEGS_IMPLIED = (
    "all_fours",
    "kneel",
    "sit_heels",
    "sit_cross",
    "squat_deep",
    "bridge",
    "lunge",
    "side_lunge",
    "kneel_one",
)


@dataclass(frozen=True)
class _View:
    """Everything measured on a batch, in lists that are quick to index pose by pose."""

    figure: Figure
    postures: Postures
    arms: Arms
    legs: Legs
    ground: Ground


def facts_of(figure: Figure, slight: bool = True) -> list[list[Fact]]:
    """The facts of each pose, group by group.

    Args:
        figure: the poses.
        slight: also what is too slight to be told beside the rest.
    """
    ground = ground_of(figure)
    postures = postures_of(figure, ground)
    upright = np.array([name in UPRIGHT_POSTURES for name in postures.names], dtype=bool)
    if figure.airborne.any():
        postures = _off_the_ground(postures, figure.airborne & upright)
    view = _View(figure, postures, arms_of(figure, ground), legs_of(figure, upright), ground)
    parts = (_posture(view), _feet(view), _trunk(view), _head(view), _both_arms(view), _both_legs(view))
    found = [[fact for part in parts for fact in part[pose]] for pose in range(len(figure))]
    return found if slight else [_worth_telling(facts) for facts in found]


def _worth_telling(facts: list[Fact]) -> list[Fact]:
    """Without what is only slight, where enough that is not tells the pose."""
    clear = sum(fact.name not in _SLIGHT and not _goes_without_saying(fact) for fact in facts)
    if clear >= _CLEAR:
        return [fact for fact in facts if fact.name not in _SLIGHT]
    if clear < _CLEAR_BENDS:
        return facts
    points = {(_LIMB[fact.subject], fact.side) for fact in facts if fact.subject in _LIMB}
    return [fact for fact in facts if fact.name != "bend.slight" or not _is_told(fact, points)]


def _is_told(fact: Fact, points: set[tuple[str, str]]) -> bool:
    """Whether it is told where the limb of a bend points."""
    return (fact.subject, fact.side) in points or (fact.subject, "both") in points


def _goes_without_saying(fact: Fact) -> bool:
    return fact.group == "body" or fact.name == "bend.straight" or fact.name.endswith((".down", ".plumb"))


def _off_the_ground(postures: Postures, airborne: NDArray[np.bool_]) -> Postures:
    """Nobody stands or sits in the air."""
    names = np.where(airborne, AIRBORNE_POSTURE, np.array(postures.names, dtype=object))
    return Postures(names.tolist(), np.where(airborne, -1, postures.sides))


def grade(value: float, bounds: tuple[float, ...]) -> int:
    """How many bounds a value reaches: 0 is not worth telling."""
    return sum(value >= bound for bound in bounds)


# -- the whole body ----------------------------------------------------------------------------------------------


def _posture(view: _View) -> list[list[Fact]]:
    sides = ["" if side < 0 else SIDES[side] for side in view.postures.sides.tolist()]
    return [
        [one_fact("body", "person", f"posture.{name}", direction=side)]
        for name, side in zip(view.postures.names, sides, strict=True)
    ]


def _feet(view: _View) -> list[list[Fact]]:
    """How the feet of somebody who stands on both are set."""
    figure = view.figure
    ankles = figure.both("ankle")
    width = dot(ankles[0] - ankles[1], figure.aside)
    step = dot(ankles[0] - ankles[1], figure.ahead)
    heels = ankles[..., 1] - figure.both("foot")[..., 1] - ANKLE_ABOVE_TOES
    toes = np.asarray((heels > HEEL_UP).all(0) & (view.ground.feet < FOOT_DOWN).all(0))
    made: list[list[Fact]] = []
    for name, wide, ahead, tip in zip(view.postures.names, width.tolist(), step.tolist(), toes.tolist(), strict=True):
        facts = []
        if name in FEET_TOLD:
            stepping = grade(abs(ahead), (STEP, LONG_STEP))
            if stepping:
                side = SIDES[0] if ahead > 0 else SIDES[1]
                facts.append(one_fact("body", "foot", f"feet.{('step', 'stride')[stepping - 1]}", side=side))
            if wide < FEET_CROSSED:
                facts = [one_fact("body", "foot", "feet.crossed", side=_way(ahead))]
            elif not stepping or wide > SHOULDER_WIDTH:
                facts.append(one_fact("body", "foot", _spacing(abs(wide)), side="both"))
            if tip:
                facts.append(one_fact("body", "heel", "feet.toes", side="both"))
        made.append(facts)
    return made


def _spacing(width: float) -> str:
    names = ("together", "hip_width", "shoulder_width", "wide")
    return f"feet.{names[grade(width, (FEET_TOGETHER, SHOULDER_WIDTH, WIDE))]}"


# -- trunk and head ----------------------------------------------------------------------------------------------


def _trunk(view: _View) -> list[list[Fact]]:
    figure = view.figure
    forward = np.degrees(np.arctan2(dot(figure.trunk, figure.ahead), figure.trunk[:, 1]))
    aside = np.degrees(np.arcsin(np.clip(dot(figure.trunk, figure.aside), -1, 1)))
    made: list[list[Fact]] = []
    for name, front, left, twist in zip(
        view.postures.names, forward.tolist(), aside.tolist(), figure.twist.tolist(), strict=True
    ):
        facts = []
        if name in UPRIGHT_POSTURES or name == AIRBORNE_POSTURE:
            if grade(front, LEAN_FORWARD):
                facts.append(one_fact("trunk", "person", f"lean.forward{grade(front, LEAN_FORWARD)}"))
            elif grade(-front, LEAN_BACK):
                facts.append(one_fact("trunk", "person", f"lean.back{grade(-front, LEAN_BACK)}"))
            if grade(abs(left), LEAN_SIDE):
                facts.append(
                    one_fact("trunk", "person", f"lean.side{grade(abs(left), LEAN_SIDE)}", direction=_way(left))
                )
        if grade(abs(twist), TWIST):
            facts.append(one_fact("trunk", "trunk", f"twist{grade(abs(twist), TWIST)}", direction=_way(twist)))
        made.append(facts)
    return made


def _way(value: float) -> str:
    return SIDES[0] if value > 0 else SIDES[1]


def _head(view: _View) -> list[list[Fact]]:
    made: list[list[Fact]] = []
    for turn, nod, tilt in view.figure.head.T.tolist():
        facts = []
        if turn == turn and grade(abs(turn), HEAD_TURN):
            facts.append(one_fact("head", "head", f"head.turn{grade(abs(turn), HEAD_TURN)}", direction=_way(turn)))
        if grade(nod, HEAD_NOD):
            facts.append(one_fact("head", "head", f"head.nod{grade(nod, HEAD_NOD)}"))
        elif grade(-nod, HEAD_BACK):
            facts.append(one_fact("head", "head", f"head.back{grade(-nod, HEAD_BACK)}"))
        if grade(abs(tilt), HEAD_TILT):
            facts.append(one_fact("head", "head", f"head.tilt{grade(abs(tilt), HEAD_TILT)}", direction=_way(tilt)))
        made.append(facts)
    return made


# -- arms --------------------------------------------------------------------------------------------------------


def _both_arms(view: _View) -> list[list[Fact]]:
    arms = view.arms
    lists = {
        "upright": arms.upright.tolist(),
        "together": arms.together.tolist(),
        "crossed": arms.crossed.tolist(),
    }
    sided = {
        "contact": arms.contact.tolist(),
        "touching": _touches(arms).tolist(),
        "zone": arms.zone.tolist(),
        "bend": view.figure.bends[2:].tolist(),
        "whole": _pairs(arms.whole),
        "upper": _pairs(arms.upper),
        "fore": _pairs(arms.fore),
    }
    hands = view.figure.shapes.tolist()

    def shapes(pose: int) -> list[Fact | None]:
        names = [SHAPES[hands[side][pose]] for side in (0, 1)]
        return [
            one_fact("arms", "hand", f"hand.shape.{name}", side=side) if name else None
            for name, side in zip(names, SIDES, strict=True)
        ]

    made = []
    for pose, posture in enumerate(view.postures.names):
        context = "upright" if lists["upright"][pose] else "body"
        each = []
        for side in (0, 1):
            one = {name: values[side][pose] for name, values in sided.items()}
            each.append(_arm(one, context, posture, SIDES[side], lists["together"][pose] or lists["crossed"][pose]))
        facts = _merged(*each)
        if lists["crossed"][pose]:
            facts = [
                one_fact("arms", "arm", "arms.crossed", side="both")
            ]  # how bent the elbows are goes without saying
        elif lists["together"][pose] and posture not in HANDS_IMPLIED:
            zones = sided["zone"][0][pose], sided["zone"][1][pose]
            place = ZONES[zones[0]] if zones[0] == zones[1] else ""
            rest = [[fact for fact in one if fact.subject == "elbow" or not place] for one in each]
            facts = [one_fact("arms", "hand", "hands.together", side="both", sector=place), *_merged(*rest)]
        made.append([*facts, *_merged(*([shape] if shape else [] for shape in shapes(pose)))])
    return made


def _touches(arms: Arms) -> NDArray[np.bool_]:
    """Whether each hand touches its place; hands at the same place are told alike, so both must."""
    same = arms.contact[0] == arms.contact[1]
    return np.where(same, arms.touching.all(0), arms.touching)


def _pairs(direction: Direction) -> list[list[tuple[str, str]]]:
    return [
        [(LEVELS[level], SECTORS[sector]) for level, sector in zip(levels, sectors, strict=True)]
        for levels, sectors in zip(direction.level.tolist(), direction.sector.tolist(), strict=True)
    ]


def _arm(one: dict, context: str, posture: str, side: str, hands_stated: bool) -> list[Fact]:
    """Facts of one arm: where the hand is if that can be said, else where the arm points."""
    bend = one_fact("arms", "elbow", f"bend.{BENDS[one['bend']]}", side=side)
    contact = CONTACTS[one["contact"]]
    if posture in HANDS_IMPLIED and contact.name in ("ground", ""):
        return [bend]
    if contact.name and not hands_stated:
        other = {None: "", False: side, True: SIDES[1 - SIDES.index(side)]}[contact.other]
        touch = "touching" if one["touching"] else ""
        name = f"hand.at.{contact.name}"
        at = one_fact("arms", "hand", name, side=side, sector=touch, target=contact.name, target_side=other)
        return [at, _points("elbow", context, one["upper"], side)] if one["bend"] < SLIGHT else [at, bend]
    if one["bend"] >= SLIGHT:
        return [_points("arm", context, one["whole"], side), bend]
    facts = [_points("upper_arm", context, one["upper"], side), bend]
    if hands_stated:
        return facts[1:]
    if one["zone"]:
        return [*facts, one_fact("arms", "hand", f"hand.zone.{ZONES[one['zone']]}", side=side)]
    return [*facts, _points("forearm", context, one["fore"], side)]


def _points(subject: str, context: str, direction: tuple[str, str], side: str) -> Fact:
    level, sector = direction
    if level in ("down", "up", "plumb", "vertical_up", "vertical_down"):
        sector = ""
    group = "legs" if subject in ("thigh", "leg", "shin") else "arms"
    return one_fact(group, subject, f"{subject}.{context}.{level}", side=side, sector=sector)


def _merged(left: list[Fact], right: list[Fact]) -> list[Fact]:
    """Facts of both sides as one where they agree; else side by side, in an order that does not know left."""
    if [fact.blind() for fact in left] == [fact.blind() for fact in right]:
        return [_of_both(fact) for fact in left]
    key = [tuple(fact.blind() for fact in side) for side in (left, right)]
    first, second = (left, right) if key[0] <= key[1] else (right, left)
    if len(left) == len(right) == 2 and key[0][0] == key[1][0] and left[1].subject == right[1].subject:
        return [_of_both(left[0]), first[1], second[1]]
    return [*first, *second]


@lru_cache(maxsize=1 << 12)
def _with_sides(fact: Fact, relation: str) -> Fact:
    return replace(fact, side="both", target_side=relation)


def _of_both(fact: Fact) -> Fact:
    relation = fact.blind()[-1]
    return _with_sides(fact, relation)


# -- legs --------------------------------------------------------------------------------------------------------


def _both_legs(view: _View) -> list[list[Fact]]:
    figure = view.figure
    thigh, shin = _pairs(view.legs.thigh), _pairs(view.legs.shin)
    bends = figure.bends[:2].tolist()
    upright = view.legs.upright.tolist()
    lifted = (view.ground.feet - view.ground.feet[::-1]).tolist()
    apart = np.linalg.norm(figure.both("knee")[0] - figure.both("knee")[1], axis=-1).tolist()
    crossing = dot(figure.both("ankle")[0] - figure.both("ankle")[1], figure.aside).tolist()
    spread = dot(figure.both("knee")[0] - figure.both("knee")[1], figure.aside).tolist()
    over = (view.ground.knees[0] - view.ground.knees[1]).tolist()
    made = []
    for pose, posture in enumerate(view.postures.names):
        each = []
        for side in (0, 1):
            one = {
                "thigh": thigh[side][pose],
                "shin": shin[side][pose],
                "bend": bends[side][pose],
                "lifted": lifted[side][pose],
            }
            each.append(_leg(one, _leg_context(posture, upright[pose]), posture, SIDES[side]))
        crossed = _crossed_legs(posture, crossing[pose], spread[pose], over[pose])
        made.append([*crossed, *(() if crossed else _knees(posture, apart[pose])), *_merged(*each)])
    return made


def _leg_context(posture: str, upright: bool) -> str:
    if posture == "sit_floor":
        return "floor"
    return "upright" if upright else "body"


def _crossed_legs(posture: str, crossing: float, spread: float, over: float) -> list[Fact]:
    """Legs crossed while sitting: at the knees where one lies over the other, else at the ankles."""
    if posture != "sit_chair":
        return []
    if abs(over) > KNEE_OVER and spread < KNEES_CROSSED and crossing < ANKLES_NEAR:
        return [one_fact("legs", "leg", "legs.crossed", side=_way(over))]
    return [one_fact("legs", "ankle", "legs.ankles_crossed", side="both")] if crossing < ANKLES_CROSSED else []


def _knees(posture: str, apart: float) -> list[Fact]:
    if posture not in ("sit_chair", "kneel", "sit_heels", "squat_deep", "all_fours", "bridge"):
        return []
    if apart < KNEES_TOGETHER:
        return [one_fact("legs", "knee", "knees.together", side="both")]
    return [one_fact("legs", "knee", "knees.apart", side="both")] if apart > KNEES_APART else []


def _leg(one: dict, context: str, posture: str, side: str) -> list[Fact]:
    """Facts of one leg that the posture does not already imply."""
    bend = one_fact("legs", "knee", f"bend.{BENDS[one['bend']]}", side=side)
    level, _ = one["thigh"]
    raised = one["lifted"] > LEG_RAISED
    if posture in ("stand", "squat", "plank", "downward_dog"):
        return [bend]
    if posture == "stand_one":
        if not raised:
            return [bend]
        told = [one_fact("legs", "foot", "foot.lifted", side=side)]
        if level == "down":
            return [*told, bend, _points("shin", context, one["shin"], side)] if one["bend"] < SLIGHT else [*told, bend]
        if one["bend"] >= SLIGHT:
            return [_points("leg", context, one["thigh"], side), bend, *told]
        if one["shin"][0] not in ("down", "low"):
            told = [_points("shin", context, one["shin"], side)]
        return [_points("thigh", context, one["thigh"], side), bend, *told]
    if posture == "sit_chair":
        facts = [] if one["bend"] == BENDS.index("square") else [bend]
        return [*facts, one_fact("legs", "foot", "foot.lifted", side=side)] if raised else facts
    if posture in LEGS_IMPLIED:
        return [bend] if posture in ("lunge", "side_lunge") else []
    if one["bend"] >= SLIGHT:
        return [_points("leg", context, one["thigh"], side), bend]
    return [_points("thigh", context, one["thigh"], side), bend]
