"""What is said of a limb, put into a pose: "left knee bent 45 degrees", "right hand on the left shoulder"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.language.description.plain import Statement
from poseloom.language.description.plain_table import plain_words
from poseloom.language.description.truth import ANY, BOTH, Claim, Together
from poseloom.language.lexicon.bodies import parts_of_angles
from poseloom.language.lexicon.draft import OTHER_SIDE, Draft, add_mention, leave_floor
from poseloom.language.lexicon.entries import limb_of, named_poses
from poseloom.language.lexicon.names import SIDES, Mention
from poseloom.language.lexicon.words import WORDS
from poseloom.pose.contact import ContactFigure, floor_points
from poseloom.pose.joints import JOINT_INDEX
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.touch import Touch, touch_points

_FOOT = ("heel", "ball", "toes", "outer_foot", "knee")
_LEG_PARTS = ("leg", "knee", "foot")
_ARM_PARTS = ("arm", "forearm", "upperarm", "elbow", "hand")
_OF_ELBOW = frozenset(["bent", "straight", "stretched", "slight", "square", "sharp"])
"""States of arms that may carry the body all the same."""
_OF_LYING = ("lying", "prone", "prone_arms", "on_side")
_UP, _DOWN = ("up", "raised", "raised.up", "stretched.up"), ("down", "stretched.down")
_LYING = 50.0
"""Degrees of the pelvis from which on somebody lies."""
_TILTED = 0.7
"""Cosine from upright below which an arm that points up or hangs is no longer along the trunk."""
_LEANS, _LEANS_MOST, _FACES_AHEAD = 0.97, 0.42, 20.0
"""Cosines from upright of a trunk that leans, from and to; degrees of a body that does not face ahead."""
_BEND_TO = {"foot": 62.0, "toes": 64.0, "heel": 60.0, "ankle": 52.0, "shin": 34.0}
"""Degrees of the trunk with which a hand reaches a place of a straight leg in front."""
_OF_FOOT = frozenset(["foot", "toes", "heel", "ankle"])
_SEATED_HIP = 60.0
"""Degrees of a hip of somebody who sits, and of a knee that is no longer straight."""
_REACHED = (-60.0, 175.0)
"""Degrees of swing that an arm reaches."""
_LIFTS = ("raised", "up", "stretched.sideways", "stretched.forward", "stretched.backward", "sideways")
_LEGS_OUT = ("sideways", "stretched.sideways", "stretched.forward", "stretched.backward", "raised.sideways")
_DEEP_HIPS = 78.0
"""Degrees of hips that bend so far that nobody has to bend further to reach the floor."""
_BIT = 0.4
"""Share of the way that "a bit" goes."""
_LEAST = 14.0
"""Degrees by which "a bit higher" raises what is that high already."""
_RISES = {"shoulder_elevation": ("raised", "up"), "hip_flexion": ("raised", "up")}
_USUAL = "right"
"""The side of "one arm", where none is told."""
_ACROSS = frozenset(["shoulder", "elbow", "forearm", "upper_arm", "hand_palm"])
"""Places that a hand reaches on the other side of the body alone."""
_OF_CONTACT = {"hip": "hip", "back_of_head": "backhead", "top_of_head": "tophead", "upper_arm": "upperarm"}
"""Places of facts by their name in the table of touches, where that is another one."""


Rows = Mapping[str, list[float | None]]
"""Parts of the table of angles -> degrees; None keeps one."""


def say(draft: Draft, said: Statement) -> None:
    """Put one statement into a pose."""
    for side in _sides(draft, said):
        if said.target:
            _say_place(draft, said, side)
        else:
            _say_state(draft, said, side)


def _sides(draft: Draft, said: Statement) -> tuple[str, ...]:
    if said.side == BOTH:
        return SIDES
    if said.side in SIDES:
        return (said.side,)
    if said.side != ANY:
        return ("",)
    before = draft.either.get(said.part)
    if before and not said.anew:
        return (before,)
    chosen = OTHER_SIDE[before] if before else _USUAL
    draft.either[said.part] = chosen
    if before is None:
        draft.assumed.append(f"one {said.part}: the {chosen} one")
    return (chosen,)


def _say_state(draft: Draft, said: Statement, side: str) -> None:
    rows = states_of_limbs().get(_part_of(said.part), {}).get(said.what)
    if rows is None:
        _say_both(draft, said)
        return
    name = said.what
    rows = _off_feet(draft, rows) if _part_of(said.part) == "torso" and draft.carried != "feet" else rows
    if said.part in ("leg", "knee") and draft.carried == "feet":
        rows = _limbs()["standing"].get(name, rows)
    if said.part in _LEG_PARTS and _is_prone(draft):
        rows = _limbs()["prone"].get(name, rows)
    elif said.part in ("leg", "knee") and _lies(draft):
        rows = _limbs()["lying"].get(name, rows)
    if said.part in _LEG_PARTS and _is_on_side(draft):
        rows = _limbs()["on_side"].get(name, rows)
    if said.part in _ARM_PARTS and name not in _OF_ELBOW and said.side != BOTH:
        rows = _limbs()["prone_arms"].get(name, rows) if _is_prone(draft) else rows
        leave_floor(draft, side)
    if said.part in _LEG_PARTS and name == "raised" and side in draft.legs_out:
        rows = {}  # "stretched out to the side, off the floor"
    _set(draft, rows, side, said.amount, name)
    if said.part in _LEG_PARTS and name in _LEGS_OUT:
        draft.legs_out.add(side)
    if said.part in _ARM_PARTS and name in _UP and not _is_prone(draft) and _upward(draft) < _TILTED:
        plumb_arm(draft, side, up=True)
    if said.part in _ARM_PARTS and name in _DOWN and draft.carried == "feet" and _upward(draft) < _TILTED:
        plumb_arm(draft, side, up=False)
    prone = _is_prone(draft) and name in _limbs()["prone"] and name != "bent"
    if said.part in _LEG_PARTS and (name.partition(".")[0] in ("raised", "up") or name in _LIFTS or prone):
        _lift(draft, side)
    if name == "tiptoe":
        _on_toes(draft, (side,) if side else SIDES)


_SEATED = 0.8
"""Share of the lean of somebody who stands that the pelvis of somebody who sits or kneels takes."""


def _off_feet(draft: Draft, rows: Rows) -> Rows:
    """A lean of somebody who does not stand: the trunk's, and the pelvis over thighs that stay; not of who lies."""
    made = {part: degrees for part, degrees in rows.items() if part not in ("root", "both_hip")}
    lean = (rows.get("root") or [None])[0]
    tilt = [float(draft.angles[MOVEMENT_INDEX[name]].rad2deg()) for name in ("root_flexion", "root_side")]
    if not lean or max(map(abs, tilt)) > _LYING:
        return made
    made["root"] = [tilt[0] + _SEATED * lean, None, None]
    for side in SIDES:
        hip = float(draft.angles[MOVEMENT_INDEX[f"{side}_hip_flexion"]].rad2deg())
        made[f"{side}_hip"] = [hip + _SEATED * lean, None, None]
    return made


def plumb_arm(draft: Draft, side: str, up: bool) -> None:
    """An arm that hangs or points to the ceiling whichever way the trunk is; where it cannot, it stays."""
    sign = 1.0 if up else -1.0
    _point_arm(draft, side, sign * _trunk(draft)[1])


def level_arms(draft: Draft, sides: Sequence[str]) -> None:
    """Arms stretched forward are level where the trunk of somebody on the feet leans, as in a squat."""
    turned = abs(float(draft.angles[MOVEMENT_INDEX["root_turn"]].rad2deg()))
    if draft.carried == "feet" and turned < _FACES_AHEAD and _LEANS_MOST < _upward(draft) < _LEANS:
        for side in sides:
            _point_arm(draft, side, _trunk(draft)[2])


def _point_arm(draft: Draft, side: str, way: Float[Tensor, " 3"]) -> None:
    """An arm that points in a direction, given in the axes of the trunk; where it cannot, it stays."""
    along, ahead, out = way[1], way[2], way[0] * (1 if side == "left" else -1)
    swing, elevation = torch.atan2(ahead, out).rad2deg(), torch.asin(along.clamp(-1, 1)).rad2deg()
    if not _REACHED[0] <= float(swing) <= _REACHED[1]:
        return
    for name, degree in (("swing", swing), ("elevation", elevation)):
        column = MOVEMENT_INDEX[f"{side}_shoulder_{name}"]
        draft.angles[column], draft.held[column] = degree.deg2rad(), True
    draft.decided.add(f"{side}_arm")


def hang_arms(draft: Draft) -> None:
    """Arms of which nothing is said hang straight down from somebody who bends far."""
    if draft.carried == "feet" and _upward(draft) < _TILTED:
        for side in SIDES:
            if f"{side}_arm" not in draft.decided:
                plumb_arm(draft, side, up=False)


def _trunk(draft: Draft) -> Float[Tensor, "3 3"]:
    return ContactFigure.of(to_matrices(draft.angles[None])).rotations[0, JOINT_INDEX["spine3"]]


def _upward(draft: Draft) -> float:
    """Cosine of the upper trunk's angle from upright."""
    return float(_trunk(draft)[1, 1])


def _say_both(draft: Draft, said: Statement) -> None:
    """What both arms do together has a name of its own."""
    name = {"crossed": "arms crossed", "together": "hands clasped in front"}.get(said.what)
    if name is not None and said.part in ("arm", "hand"):
        add_mention(draft, Mention(named_poses()[name], "", said.what))


def knock_knees(draft: Draft, said: Sequence[Statement]) -> None:
    """Knees together over feet that are apart: the hips turn in; each alone would undo the other."""
    told = {(one.part, one.what) for one in said if not one.denied}
    if {("knee", "together"), ("foot", "apart")} <= told and draft.carried == "feet":
        add_mention(draft, Mention(named_poses()["knock-kneed"], "", "knees together, feet apart"))


def _say_place(draft: Draft, said: Statement, side: str) -> None:
    if said.part in ("foot", "leg"):
        rows = states_of_limbs()["foot"].get(said.what)
        if rows is not None:
            _set(draft, rows, side, said.amount)
        return
    relation = _limbs()["relations"].get(f"{said.what} {said.target}")
    place = relation["touch"] if relation is not None and "touch" in relation else None
    if relation is None and said.what == "at":
        place = _limbs()["touch"].get(said.target)
    if place is None and relation is not None:
        _set(draft, relation, side, said.amount)
    elif place is not None:
        _touch(draft, side, place, said.target_side, alone=said.side != BOTH)


def _touch(draft: Draft, side: str, place: str, target_side: str, alone: bool = False) -> None:
    """The hand of a side to a place: of the side that is told, or of its own; one hand alone goes to the other arm."""
    sides = {"other": OTHER_SIDE[side], "left": "left", "right": "right"}
    own = OTHER_SIDE[side] if alone and place.partition("_")[2] in _ACROSS else side
    where = place.format(t=sides.get(target_side, own), s=side)
    draft.touches = [one for one in draft.touches if one.first != f"{side}_hand"]
    if where != "floor" and where not in touch_points():
        return
    if where != "floor" and alone:
        leave_floor(draft, side)
    _bend_towards(draft, where)
    draft.touches.append(Touch(f"{side}_hand", where))
    draft.decided.add(f"{side}_arm")
    start = _starts().get(where, _starts().get(where.partition("_")[2], {}))
    if draft.carried == "feet" and _is_upright(draft) and (where == "floor" or _stands_on(draft, where)):
        start = _starts()["floor_from_feet"]
    _set(draft, start, side, "")


def _bend_towards(draft: Draft, where: str) -> None:
    """Somebody who sits with straight legs bends to reach a foot or a shin."""
    bend = _BEND_TO.get(where.partition("_")[2])
    leg = where.partition("_")[0]
    if bend is None or draft.carried == "feet":
        return
    hip, knee = (float(draft.angles[MOVEMENT_INDEX[f"{leg}_{name}_flexion"]].rad2deg()) for name in ("hip", "knee"))
    root, trunk = (MOVEMENT_INDEX[f"{name}_flexion"] for name in ("root", "trunk"))
    if hip > _SEATED_HIP and knee < _SEATED_HIP and abs(float(draft.angles[root].rad2deg())) < _LYING:
        draft.angles[trunk] = torch.maximum(draft.angles[trunk], torch.tensor(bend).deg2rad())
        draft.held[trunk] = True


def _stands_on(draft: Draft, where: str) -> bool:
    """Whether a place is of a foot that carries somebody: hands reach it as they reach the floor."""
    side, _, part = where.partition("_")
    feet = [floor_points().row(f"{side}_{point}") for point in ("heel", "ball")] if part in _OF_FOOT else []
    return bool(feet) and bool(draft.support.contacts[:, feet].any())


def _is_upright(draft: Draft) -> bool:
    """Whether the hips are not so bent that hands are near the floor anyway."""
    hips = draft.angles[[MOVEMENT_INDEX[f"{side}_hip_flexion"] for side in SIDES]]
    return bool((hips.rad2deg() < _DEEP_HIPS).all())


def touch_of_fact(draft: Draft, claim: Claim | Together) -> None:
    if not isinstance(claim, Claim) or claim.channel != "contact" or len(claim.classes) != 1 or claim.denied:
        return
    target, _, relation = next(iter(claim.classes)).partition(" ")
    place = _limbs()["touch"].get(_OF_CONTACT.get(target, target))
    for side in SIDES if claim.side == BOTH else (claim.side,) if claim.side in SIDES else ():
        if place is not None:
            _touch(draft, side, place, relation)


def _a_bit(draft: Draft, column: int, degree: float, what: str) -> Tensor:
    """A part of the way; of what rises or sinks never so little that nobody sees it."""
    now = draft.angles[column]
    goal = torch.lerp(now, torch.tensor(degree).deg2rad(), _BIT)
    kind = next((words for end, words in _RISES.items() if MOVEMENTS[column].endswith(end)), ())
    if what.partition(".")[0] not in kind:
        return goal
    return torch.maximum(goal, now + torch.tensor(_LEAST).deg2rad())


def _set(draft: Draft, rows: Rows, side: str, amount: str, what: str = "") -> None:
    parts = parts_of_angles()
    for part, degrees in rows.items():
        for name in _parts_named(part, side):
            for movement, degree in zip(parts[name], degrees, strict=False):
                if degree is None:
                    continue
                column = MOVEMENT_INDEX[movement]
                if draft.changes and amount == "slight":
                    draft.angles[column] = _a_bit(draft, column, degree, what)
                else:
                    draft.angles[column] = _scaled(degree, amount, movement).deg2rad()
                draft.held[column] = True
            draft.decided.add(limb_of(name))


def _scaled(degree: float, amount: str, movement: str) -> Tensor:
    if amount.isdigit() and any(kind in movement for kind in ("elbow_flexion", "knee_flexion", "turn", "side")):
        sign = -1.0 if degree < 0 else 1.0
        return torch.tensor(sign * float(amount))
    grows = movement.startswith(("trunk", "head", "root")) or movement.endswith(("knee_flexion", "elbow_flexion"))
    return torch.tensor(degree * (_limbs()["amounts"].get(amount, 1.0) if grows else 1.0))


def _parts_named(part: str, side: str) -> tuple[str, ...]:
    first, _, rest = part.partition("_")
    if first == "both":
        return tuple(f"{one}_{rest}" for one in SIDES)
    if first in ("s", "o"):
        sides = (side,) if side in SIDES else SIDES
        return tuple(f"{one if first == 's' else OTHER_SIDE[one]}_{rest}" for one in sides)
    return (part,)


def _lift(draft: Draft, side: str) -> None:
    """A foot that leaves the floor."""
    contacts = draft.support.contacts.clone()
    for point in _FOOT:
        contacts[:, floor_points().row(f"{side}_{point}")] = False
    draft.support = replace(draft.support, contacts=contacts)


def _on_toes(draft: Draft, sides: Sequence[str]) -> None:
    contacts = draft.support.contacts.clone()
    for side in sides:
        for point, there in (("heel", False), ("ball", True), ("toes", True)):
            contacts[:, floor_points().row(f"{side}_{point}")] = there
    draft.support = replace(draft.support, contacts=contacts)


def _is_prone(draft: Draft) -> bool:
    """Whether the front of somebody on the floor faces it: a plank, lying face down."""
    forward = float(draft.angles[MOVEMENT_INDEX["root_flexion"]].rad2deg())
    return bool(draft.support.on_floor.all()) and 60 < forward < 120


def _is_on_side(draft: Draft) -> bool:
    side = float(draft.angles[MOVEMENT_INDEX["root_side"]].rad2deg())
    return bool(draft.support.on_floor.all()) and 60 < abs(side) < 120


def _lies(draft: Draft) -> bool:
    back = [floor_points().row(f"{side}_{name}") for side in SIDES for name in ("back", "hip", "shoulder")]
    return bool(draft.support.on_floor.all()) and bool(draft.support.contacts[:, back].any())


def _part_of(part: str) -> str:
    known = states_of_limbs()
    return part if part in known else plain_words().table["same"].get(part, part)


@cache
def _limbs() -> dict[str, Any]:
    path = WORDS / "limbs.json"
    table = read_table(path)
    for name in (
        "states",
        "standing",
        "lying",
        "prone",
        "prone_arms",
        "on_side",
        "touch",
        "relations",
        "amounts",
        "starts",
    ):
        entry(path, table, name, dict)
    return table


def states_of_limbs() -> dict[str, Any]:
    states: dict[str, Any] = _limbs()["states"]
    return states


def _starts() -> dict[str, Any]:
    starts: dict[str, Any] = _limbs()["starts"]
    return starts
