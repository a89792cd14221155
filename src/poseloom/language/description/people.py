"""What people are told of a pose where models learn all of it: a step as a step, hands before elbows, little that is
slight, and nothing that goes without saying."""

from __future__ import annotations

from dataclasses import dataclass

from poseloom.language.description.fact import Fact, one_fact
from poseloom.language.description.figure import SIDES
from poseloom.language.description.footing import LONG_STEP, STEP, Footing
from poseloom.language.description.stating import grade, points, way

STEPS = ("step", "stride")
"""Postures of those who stand with one foot in front and roll off the other one."""
_STEPPING = tuple(f"posture.{step}" for step in STEPS)
CROSSED_STEP = -0.12
"""Metres by which a foot that steps is past the other one where it is told to cross it; a narrow walk crosses a bit."""
_SLIGHT = frozenset((*("bend.slight", "twist1", "head.turn1", "head.nod1", "head.back1", "head.tilt1"),))
_CLEAR, _CLEAR_BENDS = 3, 1
"""Facts that are not slight, from which slight ones are left out; and from which slight bends of limbs that point
somewhere are."""
_LIMB = {"arm": "elbow", "leg": "knee"}
_HANGING = ("down", "plumb")
_STRETCHED = frozenset(["bend.straight", "bend.slight"])
_IN_FRONT = ("forward", "forward_out", "out")
"""Where the thigh of a leg that stands is worth telling."""


@dataclass(frozen=True)
class Feet:
    """The footing of one pose."""

    width: float
    step: float
    heels: tuple[bool, bool]
    hovering: tuple[bool, bool]
    walking: bool

    @property
    def paces(self) -> int:
        """0 no step, 1 a step, 2 a long one."""
        return grade(abs(self.step), (STEP, LONG_STEP))


def feet_of(footing: Footing) -> list[Feet]:
    """Pose by pose."""
    rows = (footing.width, footing.step, footing.heels.T, footing.hovering.T, footing.walking)
    return [
        Feet(width, step, tuple(heels), tuple(hovering), walking)
        for width, step, heels, hovering, walking in zip(*(row.tolist() for row in rows), strict=True)
    ]


def posture_for_people(posture: Fact, feet: Feet) -> Fact:
    """Somebody who stands with a foot in front and rolls off the other one takes a step."""
    if posture.name != "posture.stand" or not feet.walking or not feet.paces:
        return posture
    return one_fact("body", "person", f"posture.{STEPS[feet.paces - 1]}", direction=way(feet.step))


def feet_for_people(told: list[Fact], feet: Feet) -> list[Fact]:
    """How the feet of somebody who stands are set: also heels and feet that are up, not what a step says already."""
    if feet.walking and feet.paces:
        crossed = feet.width < CROSSED_STEP
        return [fact for fact in told if fact.name[5:] not in STEPS and (crossed or fact.name != "feet.crossed")]
    made = list(told)
    for place, side in enumerate(SIDES):
        if feet.hovering[place]:
            made.append(one_fact("body", "foot", "foot.hovering", side=side))
        elif feet.heels[place] and not feet.heels[1 - place] and not feet.hovering[1 - place]:
            made.append(one_fact("body", "heel", "feet.heel", side=side))
    return made


def leg_for_people(told: list[Fact], posture: str, thigh: tuple[str, str], side: str) -> list[Fact]:
    """Facts of a leg: of who stands also where the thigh of a bent knee goes; a leg held up is off the floor anyway."""
    names = [fact.name for fact in told]
    if posture == "stand_one" and "foot.lifted" in names[1:] and told[0].subject in ("leg", "thigh"):
        return [fact for fact in told if fact.name != "foot.lifted"]
    if posture != "stand" or thigh[0] in _HANGING or thigh[1] not in _IN_FRONT or _STRETCHED.intersection(names):
        return told
    return [*told, points("thigh", "stance", thigh, side)]


def arms_for_people(left: list[Fact], right: list[Fact]) -> list[list[Fact]]:
    """Facts of both arms; where they point alike, not that one of them alone is straight."""
    arms = [_arm_for_people(left), _arm_for_people(right)]
    straight = [any(fact.name == "bend.straight" for fact in arm) for arm in arms]
    alike = [arm[0].blind() for arm in arms if arm and arm[0].subject == "arm"]
    if len(alike) == 2 and alike[0] == alike[1] and straight[0] != straight[1]:
        return [[fact for fact in arm if fact.name not in _STRETCHED] for arm in arms]
    return arms


def _arm_for_people(told: list[Fact]) -> list[Fact]:
    """Facts of an arm: the hand before the elbow, and no upper arm that only hangs."""
    first = told[0]
    if first.name.startswith("arm.") and first.name.endswith(_HANGING):
        return [fact for fact in told if fact.name != "bend.slight"]
    if first.subject != "upper_arm" or len(told) < 3:
        return told
    upper, bend, last = told
    hangs = upper.name.endswith(_HANGING)
    if last.name.startswith("hand."):
        return [last, bend] if hangs else [last, bend, upper]
    return [bend, last] if hangs else told


def worth_telling(facts: list[Fact]) -> list[Fact]:
    """Without what is only slight, where enough that is not tells the pose, and without what goes without saying."""
    clear = sum(fact.name not in _SLIGHT and not _goes_without_saying(fact) for fact in facts)
    if clear >= _CLEAR:
        facts = [fact for fact in facts if fact.name not in _SLIGHT]
    elif clear >= _CLEAR_BENDS:
        pointing = {(_LIMB[fact.subject], fact.side) for fact in facts if fact.subject in _LIMB}
        facts = [fact for fact in facts if fact.name != "bend.slight" or not _is_told(fact, pointing)]
    if facts[0].name in _STEPPING:
        facts = [fact for fact in facts if fact.name != "bend.slight"]
    return [fact for fact in facts if not clear or fact.name != "feet.hip_width"]


def _is_told(fact: Fact, pointing: set[tuple[str, str]]) -> bool:
    """Whether it is told where the limb of a bend points."""
    return (fact.subject, fact.side) in pointing or (fact.subject, "both") in pointing


def _goes_without_saying(fact: Fact) -> bool:
    return (
        (fact.group == "body" and not fact.name.startswith("foot."))
        or fact.name == "bend.straight"
        or fact.name.endswith((".down", ".plumb"))
    )
