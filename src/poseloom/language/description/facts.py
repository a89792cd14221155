"""From measured classes to the facts that a description states, pose by pose, in the order of the text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseloom.language.description.fact import Fact, one_fact
from poseloom.language.description.figure import SIDES, Figure, dot
from poseloom.language.description.fingers import SHAPES
from poseloom.language.description.footing import Footing, footing_of
from poseloom.language.description.limbs import CONTACTS, ZONES, Arms, Legs, arms_of, legs_of
from poseloom.language.description.people import (
    STEPS,
    arms_for_people,
    feet_for_people,
    feet_of,
    leg_for_people,
    posture_for_people,
    worth_telling,
)
from poseloom.language.description.posture import Ground, Postures, ground_of, postures_of
from poseloom.language.description.stating import BENDS, SLIGHT, classes_of, grade, merged, points, way

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
KNEES_TOGETHER, KNEES_APART = 0.16, 0.45
ANKLES_CROSSED, ANKLES_NEAR = -0.02, 0.10
KNEE_OVER, KNEES_CROSSED = 0.05, 0.17
LEG_RAISED = 0.12

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
    footing: Footing
    people: bool
    """Whether it is told as people are told, not as models learn it."""


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
    legs = legs_of(figure, upright)
    view = _View(figure, postures, arms_of(figure, ground), legs, ground, footing_of(figure, ground), people=not slight)
    parts = (_posture(view), _feet(view), _trunk(view), _head(view), _both_arms(view), _both_legs(view))
    found = [[fact for part in parts for fact in part[pose]] for pose in range(len(figure))]
    return found if slight else [worth_telling(facts) for facts in found]


def _off_the_ground(postures: Postures, airborne: NDArray[np.bool_]) -> Postures:
    """Nobody stands or sits in the air."""
    names = np.where(airborne, AIRBORNE_POSTURE, np.array(postures.names, dtype=object))
    return Postures(names.tolist(), np.where(airborne, -1, postures.sides))


# -- the whole body ----------------------------------------------------------------------------------------------


def _posture(view: _View) -> list[list[Fact]]:
    sides = ["" if side < 0 else SIDES[side] for side in view.postures.sides.tolist()]
    told = [
        one_fact("body", "person", f"posture.{name}", direction=side)
        for name, side in zip(view.postures.names, sides, strict=True)
    ]
    if view.people:
        told = [posture_for_people(*one) for one in zip(told, feet_of(view.footing), strict=True)]
    return [[fact] for fact in told]


def _feet(view: _View) -> list[list[Fact]]:
    """How the feet of somebody who stands on both are set."""
    made: list[list[Fact]] = []
    for name, feet in zip(view.postures.names, feet_of(view.footing), strict=True):
        facts = []
        wide, ahead = feet.width, feet.step
        if name in FEET_TOLD:
            stepping = feet.paces
            if stepping:
                facts.append(one_fact("body", "foot", f"feet.{STEPS[stepping - 1]}", side=way(ahead)))
            if wide < FEET_CROSSED:
                facts = [one_fact("body", "foot", "feet.crossed", side=way(ahead))]
            elif not stepping or wide > SHOULDER_WIDTH:
                facts.append(one_fact("body", "foot", _spacing(abs(wide)), side="both"))
            if all(feet.heels):
                facts.append(one_fact("body", "heel", "feet.toes", side="both"))
        made.append(feet_for_people(facts, feet) if view.people and name == "stand" else facts)
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
                    one_fact("trunk", "person", f"lean.side{grade(abs(left), LEAN_SIDE)}", direction=way(left))
                )
        if grade(abs(twist), TWIST):
            facts.append(one_fact("trunk", "trunk", f"twist{grade(abs(twist), TWIST)}", direction=way(twist)))
        made.append(facts)
    return made


def _head(view: _View) -> list[list[Fact]]:
    made: list[list[Fact]] = []
    for turn, nod, tilt in view.figure.head.T.tolist():
        facts = []
        if turn == turn and grade(abs(turn), HEAD_TURN):
            facts.append(one_fact("head", "head", f"head.turn{grade(abs(turn), HEAD_TURN)}", direction=way(turn)))
        if grade(nod, HEAD_NOD):
            facts.append(one_fact("head", "head", f"head.nod{grade(nod, HEAD_NOD)}"))
        elif grade(-nod, HEAD_BACK):
            facts.append(one_fact("head", "head", f"head.back{grade(-nod, HEAD_BACK)}"))
        if grade(abs(tilt), HEAD_TILT):
            facts.append(one_fact("head", "head", f"head.tilt{grade(abs(tilt), HEAD_TILT)}", direction=way(tilt)))
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
        "whole": classes_of(arms.whole),
        "upper": classes_of(arms.upper),
        "fore": classes_of(arms.fore),
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
            told = _arm(one, context, posture, SIDES[side], lists["together"][pose] or lists["crossed"][pose])
            each.append(told)
        each = arms_for_people(*each) if view.people else each
        facts = merged(*each)
        if lists["crossed"][pose] and not (view.people and posture in HANDS_IMPLIED):
            facts = [
                one_fact("arms", "arm", "arms.crossed", side="both")
            ]  # how bent the elbows are goes without saying
        elif lists["together"][pose] and posture not in HANDS_IMPLIED:
            zones = sided["zone"][0][pose], sided["zone"][1][pose]
            place = ZONES[zones[0]] if zones[0] == zones[1] else ""
            rest = [[fact for fact in one if fact.subject == "elbow" or not place] for one in each]
            facts = [one_fact("arms", "hand", "hands.together", side="both", sector=place), *merged(*rest)]
        made.append([*facts, *merged(*([shape] if shape else [] for shape in shapes(pose)))])
    return made


def _touches(arms: Arms) -> NDArray[np.bool_]:
    """Whether each hand touches its place; hands at the same place are told alike, so both must."""
    same = arms.contact[0] == arms.contact[1]
    return np.where(same, arms.touching.all(0), arms.touching)


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
        return [at, points("elbow", context, one["upper"], side)] if one["bend"] < SLIGHT else [at, bend]
    if one["bend"] >= SLIGHT:
        return [points("arm", context, one["whole"], side), bend]
    facts = [points("upper_arm", context, one["upper"], side), bend]
    if hands_stated:
        return facts[1:]
    if one["zone"]:
        return [*facts, one_fact("arms", "hand", f"hand.zone.{ZONES[one['zone']]}", side=side)]
    return [*facts, points("forearm", context, one["fore"], side)]


# -- legs --------------------------------------------------------------------------------------------------------


def _both_legs(view: _View) -> list[list[Fact]]:
    figure = view.figure
    thigh, shin = classes_of(view.legs.thigh), classes_of(view.legs.shin)
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
            context = _leg_context(posture, upright[pose])
            told = _leg(one, context, posture, SIDES[side])
            each.append(leg_for_people(told, posture, one["thigh"], SIDES[side]) if view.people else told)
        crossed = _crossed_legs(posture, crossing[pose], spread[pose], over[pose])
        made.append([*crossed, *(() if crossed else _knees(posture, apart[pose])), *merged(*each)])
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
        return [one_fact("legs", "leg", "legs.crossed", side=way(over))]
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
            return [*told, bend, points("shin", context, one["shin"], side)] if one["bend"] < SLIGHT else [*told, bend]
        if one["bend"] >= SLIGHT:
            return [points("leg", context, one["thigh"], side), bend, *told]
        if one["shin"][0] not in ("down", "low"):
            told = [points("shin", context, one["shin"], side)]
        return [points("thigh", context, one["thigh"], side), bend, *told]
    if posture == "sit_chair":
        facts = [] if one["bend"] == BENDS.index("square") else [bend]
        return [*facts, one_fact("legs", "foot", "foot.lifted", side=side)] if raised else facts
    if posture in LEGS_IMPLIED:
        return [bend] if posture in ("lunge", "side_lunge") else []
    if one["bend"] >= SLIGHT:
        return [points("leg", context, one["thigh"], side), bend]
    return [points("thigh", context, one["thigh"], side), bend]
