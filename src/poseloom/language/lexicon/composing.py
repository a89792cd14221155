"""A text that was understood as one body pose: a named pose carries it, other names and what is said go over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.base.datafiles import entry, read_table
from poseloom.language.description.describe import figures
from poseloom.language.description.plain import Statement
from poseloom.language.description.truth import ANY, BOTH, Claim, Together, truth_of
from poseloom.language.lexicon.bodies import BodyPose, body_pose, columns_of, parts_of_angles
from poseloom.language.lexicon.entries import LIMBS, limb_of, named_poses
from poseloom.language.lexicon.names import SIDES, Mention
from poseloom.language.lexicon.understanding import Understanding, says
from poseloom.language.lexicon.words import WORDS, word_tables
from poseloom.pose.contact import floor_points
from poseloom.pose.movement import MOVEMENT_INDEX, MOVEMENTS, to_matrices
from poseloom.pose.settle import Support
from poseloom.pose.touch import Touch, touch_points
from poseloom.pose.types import Pose

_FOOT = ("heel", "ball", "toes", "outer_foot")
_LEG_PARTS = ("leg", "knee", "foot")
_LIFTS = ("raised", "up", "stretched.sideways", "stretched.forward", "stretched.backward", "sideways")
_DEEP_HIPS = 78.0
"""Degrees of hips that bend so far that nobody has to bend further to reach the floor."""
_BIT = 0.4
"""Share of the way that "a bit" goes."""
_USUAL = "right"
"""The side of "one arm", where none is told."""
_SWAP = {"left": "right", "right": "left"}
_RIVALS = frozenset(["yoga", "dance", "sport", "fitness", "martial arts"])
_ACROSS = frozenset(["shoulder", "elbow", "forearm", "upper_arm", "hand_palm"])
"""Places that a hand reaches on the other side of the body alone."""
_FLOOR_PLACES = {"ground": "floor"}
_OF_CONTACT = {"hip": "hip", "back_of_head": "backhead", "top_of_head": "tophead", "upper_arm": "upperarm"}
"""Places of facts by their name in the table of touches, where that is another one."""


@dataclass(frozen=True, eq=False)
class Composed:
    """A pose put together from words.

    Args:
        angles: movement angles, radians.
        held: movements that the words decide.
        decided: limbs that the words decide.
        support: what carries the body, one row.
        touches: places that meet.
        hands: shapes of the hands; None: relaxed.
        loose: factor on how far samples vary.
        base: the named pose that carries the body; empty where standing is assumed.
        assumed: what was not said and is taken as usual, in words.
        left_out: names that could not be joined with the base.
        open_side: whether the words name no side though there are two: the mirror image is meant as well.
    """

    angles: Float[Tensor, " 57"]
    held: Bool[Tensor, " 57"]
    decided: frozenset[str]
    support: Support
    touches: tuple[Touch, ...]
    hands: tuple[str, str]
    loose: float
    base: str
    assumed: tuple[str, ...]
    left_out: tuple[str, ...]
    open_side: bool


@dataclass
class _Work:
    angles: Tensor
    held: Tensor
    decided: set[str]
    support: Support
    touches: list[Touch]
    hands: list[str]
    carried: str
    assumed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    changes: bool = False
    """Whether another pose is changed: "a bit" then is a part of the way."""
    either: dict[str, str] = field(default_factory=dict)
    """The side that was taken for "one" of a part."""


def base_of(mentions: Sequence[Mention]) -> Mention | None:
    """The named pose that carries the body: an exact one before a general one."""
    whole = [one for one in mentions if one.pose.whole]
    exact = [one for one in whole if not one.pose.general and not one.pose.lends]
    general = [one for one in whole if not one.pose.lends]
    return next(iter(exact or general or whole), None)


def without_agents(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Mentions without those that only say who does something else: a boxer who throws an uppercut."""
    deeds = [one for one in mentions if not is_agent(one)]
    if any(one.pose.field == "martial arts" for one in deeds):  # who throws a punch throws nothing
        deeds = [one for one in deeds if one.pose.name != "throwing"]
    whole = any(one.pose.whole and not one.pose.general for one in deeds)
    return tuple(deeds) if whole else tuple(mentions)


def is_agent(mention: Mention) -> bool:
    """Whether a name is somebody who does something by trade: a boxer, of whom "box" says the same."""
    last = mention.words.rpartition(" ")[2]
    lemmas = word_tables().lemmas
    stem = last.removesuffix("er")
    verbs = {one for one in (stem, f"{stem}e", stem[:-1]) if stem != last and one in lemmas.values()}
    said = {lemmas.get(word, word) for alias in (mention.pose.name, *mention.pose.aliases) for word in alias.split()}
    return bool(verbs & said) or last in word_tables().people


def _is_rival(mention: Mention, base: Mention | None) -> bool:
    """Whether two names are two poses of one field, of which only the first can be drawn."""
    if base is None or not mention.pose.whole or mention.pose.general:
        return False
    return mention.pose.field == base.pose.field and mention.pose.field in _RIVALS


def compose(
    understood: Understanding, angles: Float[Tensor, " 57"] | None = None, support: Support | None = None
) -> Composed:
    """One pose of all that was understood.

    Args:
        understood: the text.
        angles: what the text changes; None: quiet standing, or the named pose that the text has.
        support: what carries it, where angles are given.
    """
    mentions = without_agents(understood.mentions)
    base = base_of(mentions)
    body = body_pose(base.pose.name, base.mirrored) if base is not None else body_pose("standing")
    work = _begin(body, base, angles, support)
    for mention in mentions:
        if mention is not base and not _is_rival(mention, base):
            _add_mention(work, mention)
    for statement in understood.said:
        if not statement.denied and not (base is not None and _holds(work, statement)):
            _say(work, statement)
    _knock_knees(work, understood.said)
    for options in understood.facts:
        _touch_of_fact(work, options[0])
    work.assumed += [
        f"{one.pose.name}: the {one.shown_side} side" for one in understood.mentions if one.pose.side and not one.side
    ]
    if base is None and angles is None:
        work.assumed.insert(0, "standing")
    return Composed(
        *(work.angles, work.held, frozenset(work.decided), work.support, tuple(dict.fromkeys(work.touches))),
        *((work.hands[0], work.hands[1]), body.loose if base is not None else 1.0, base.pose.name if base else ""),
        *(tuple(dict.fromkeys(work.assumed)), tuple(work.left_out), _has_open_side(understood)),
    )


def _has_open_side(understood: Understanding) -> bool:
    """Whether something is done with one side, and no word says with which."""
    sides = [one.side for one in understood.said] + [one.target_side for one in understood.said]
    told = [word for word in (*sides, *(one.side for one in understood.mentions)) if word in SIDES]
    turned = any(one.what.endswith(("toleft", "toright")) for one in understood.said)
    open_ones = [one.pose for one in understood.mentions if one.pose.side and not one.side]
    handed = any(one.handed for one in open_ones)
    return not (told or turned or handed or understood.facts) and (bool(open_ones) or ANY in sides)


def _begin(body: BodyPose, base: Mention | None, angles: Tensor | None, support: Support | None) -> _Work:
    held = torch.zeros(len(MOVEMENTS), dtype=torch.bool)
    start = body.angles if angles is None else angles
    hands = ["", ""]
    if base is not None:
        given = _given(body, base, angles is not None)
        for limb in given:
            held[list(columns_of(limb))] = True
        if angles is not None:
            start = torch.where(held, body.angles, angles)
        hands = list(body.hands or ("", ""))
    touches = list(body.touches) if base is not None else []
    carried = body.carried if base is not None or angles is None else "feet"
    chosen = body.support if base is not None or support is None else support
    decided = set(_given(body, base, angles is not None)) if base is not None else set()
    return _Work(start.clone(), held, decided, chosen, touches, hands, carried, changes=angles is not None)


def _given(body: BodyPose, base: Mention, changes: bool = False) -> tuple[str, ...]:
    """The limbs that a named pose fixes: those that carry the body, and arms and head that it gives; where it changes
    another pose, those alone that make it what it is."""
    told = {limb for limb in body.told if limb in body.limbs}
    if changes:
        told &= _needed(body, base)
    return tuple(
        limb for limb in LIMBS if limb in body.limbs and (("arm" not in limb and limb != "head") or limb in told)
    )


def _needed(body: BodyPose, base: Mention) -> set[str]:
    """Arms and head without which a named pose would not be it."""
    said = " ".join(says(base.pose, base.mirrored)).lower()
    arms = {f"{side}_arm" for side in SIDES}
    if any(word in said for word in ("arm", "elbow", "hand")) or (not base.pose.general and base.pose.field != "basic"):
        needed = set(arms)
    else:
        palms = {side: body.support.contacts[:, floor_points().row(f"{side}_palm")].any() for side in SIDES}
        needed = {
            f"{side}_arm" for side in SIDES if palms[side] or any(one.first.startswith(side) for one in body.touches)
        }
    return needed | ({"head"} if "head" in said or base.pose.gaze else set())


def _add_mention(work: _Work, mention: Mention) -> None:
    """A name over the base: what it decides, or, of a whole pose, its arms and head."""
    body = body_pose(mention.pose.name, mention.mirrored)
    limbs = body.limbs - ({f"{_SWAP[mention.only]}_arm"} if mention.only else set())
    if mention.pose.whole:
        if mention.pose.general:
            return
        limbs = frozenset(limb for limb in body.told if "arm" in limb or limb == "head")
        if not limbs:
            work.left_out.append(mention.words)
            return
    for limb in limbs:
        columns = [one for one in columns_of(limb) if "arm" in limb or limb == "head" or body.given[one]]
        work.angles[columns], work.held[columns] = body.angles[columns], True
        if limb.endswith("arm"):  # what an arm does later replaces what it did
            side = limb.partition("_")[0]
            work.touches = [one for one in work.touches if one.first != f"{side}_hand"]
            if body.hands is not None:
                work.hands[SIDES.index(side)] = body.hands[SIDES.index(side)]
    work.decided |= limbs
    other = f"{_SWAP[mention.only]}_" if mention.only else "-"
    added = [one for one in body.touches if not mention.pose.whole or one.first.endswith("hand")]
    work.touches += [one for one in added if not one.first.startswith(other)]
    if any("leg" in limb for limb in limbs) and work.carried == "feet":
        work.support = body.support


def _holds(work: _Work, statement: Statement) -> bool:
    """Whether the legs and the trunk already are as they are said to be: the left foot of a lunge is in front."""
    if statement.part in ("arm", "hand", "elbow", "head") or statement.amount or statement.side == ANY:
        return False
    figure = next(iter(figures(Pose.from_matrices(to_matrices(work.angles[None])))))
    return bool(truth_of(figure).holds(statement.claim).all())


# -- what is said of limbs -----------------------------------------------------------------------------------------


def _say(work: _Work, said: Statement) -> None:
    for side in _sides(work, said):
        if said.target:
            _say_place(work, said, side)
        else:
            _say_state(work, said, side)


def _sides(work: _Work, said: Statement) -> tuple[str, ...]:
    if said.side == BOTH:
        return SIDES
    if said.side in SIDES:
        return (said.side,)
    if said.side != ANY:
        return ("",)
    before = work.either.get(said.part)
    chosen = _SWAP[before] if before else _USUAL
    work.either[said.part] = chosen
    if before is None:
        work.assumed.append(f"one {said.part}: the {chosen} one")
    return (chosen,)


def _say_state(work: _Work, said: Statement, side: str) -> None:
    rows = _states().get(_part_of(said.part), {}).get(said.what)
    if rows is None:
        _say_both(work, said)
        return
    name = said.what
    if said.part in ("leg", "knee") and work.carried == "feet":
        rows = _limbs()["standing"].get(name, rows)
    if said.part in _LEG_PARTS and _is_prone(work):
        rows = _limbs()["prone"].get(name, rows)
    elif said.part in ("leg", "knee") and _lies(work):
        rows = _limbs()["lying"].get(name, rows)
    _set(work, rows, side, said.amount, name)
    if said.part in _LEG_PARTS and (name.partition(".")[0] in ("raised", "up") or name in _LIFTS):
        _lift(work, side)
    if name == "tiptoe":
        _on_toes(work, (side,) if side else SIDES)


def _say_both(work: _Work, said: Statement) -> None:
    """What both arms do together has a name of its own."""
    name = {"crossed": "arms crossed", "together": "hands clasped in front"}.get(said.what)
    if name is not None and said.part in ("arm", "hand"):
        _add_mention(work, Mention(named_poses()[name], "", said.what))


def _knock_knees(work: _Work, said: Sequence[Statement]) -> None:
    """Knees together over feet that are apart: the hips turn in; each alone would undo the other."""
    told = {(one.part, one.what) for one in said if not one.denied}
    if {("knee", "together"), ("foot", "apart")} <= told and work.carried == "feet":
        _add_mention(work, Mention(named_poses()["knock-kneed"], "", "knees together, feet apart"))


def _say_place(work: _Work, said: Statement, side: str) -> None:
    if said.part in ("foot", "leg"):
        rows = _states()["foot"].get(said.what)
        if rows is not None:
            _set(work, rows, side, said.amount)
        return
    relation = _limbs()["relations"].get(f"{said.what} {said.target}")
    place = relation["touch"] if relation is not None and "touch" in relation else None
    if relation is None and said.what == "at":
        place = _limbs()["touch"].get(said.target)
    if place is None and relation is not None:
        _set(work, relation, side, said.amount)
    elif place is not None:
        _touch(work, side, place, said.target_side, alone=said.side != BOTH)


def _touch(work: _Work, side: str, place: str, target_side: str, alone: bool = False) -> None:
    """The hand of a side to a place: of the side that is told, or of its own; one hand alone goes to the other arm."""
    sides = {"other": _SWAP[side], "left": "left", "right": "right"}
    own = _SWAP[side] if alone and place.partition("_")[2] in _ACROSS else side
    where = place.format(t=sides.get(target_side, own), s=side)
    work.touches = [one for one in work.touches if one.first != f"{side}_hand"]
    if where != "floor" and where not in touch_points():
        return
    work.touches.append(Touch(f"{side}_hand", where))
    work.decided.add(f"{side}_arm")
    start = _starts().get(where, _starts().get(where.partition("_")[2], {}))
    if where == "floor" and work.carried == "feet" and _is_upright(work):
        start = _starts()["floor_from_feet"]
    _set(work, start, side, "")


def _is_upright(work: _Work) -> bool:
    """Whether the hips are not so bent that hands are near the floor anyway."""
    hips = work.angles[[MOVEMENT_INDEX[f"{side}_hip_flexion"] for side in SIDES]]
    return bool((hips.rad2deg() < _DEEP_HIPS).all())


def _touch_of_fact(work: _Work, claim: Claim | Together) -> None:
    if not isinstance(claim, Claim) or claim.channel != "contact" or len(claim.classes) != 1 or claim.denied:
        return
    target, _, relation = next(iter(claim.classes)).partition(" ")
    place = _limbs()["touch"].get(_OF_CONTACT.get(target, target))
    for side in SIDES if claim.side == BOTH else (claim.side,) if claim.side in SIDES else ():
        if place is not None:
            _touch(work, side, place, relation)


_LEAST = 14.0
"""Degrees by which "a bit higher" raises what is that high already."""
_RISES = {"shoulder_elevation": ("raised", "up"), "hip_flexion": ("raised", "up")}


def _a_bit(work: _Work, column: int, degree: float, what: str) -> Tensor:
    """A part of the way; of what rises or sinks never so little that nobody sees it."""
    now = work.angles[column]
    goal = torch.lerp(now, torch.tensor(degree).deg2rad(), _BIT)
    kind = next((words for end, words in _RISES.items() if MOVEMENTS[column].endswith(end)), ())
    if what.partition(".")[0] not in kind:
        return goal
    return torch.maximum(goal, now + torch.tensor(_LEAST).deg2rad())


def _set(work: _Work, rows: Mapping[str, list[float | None]], side: str, amount: str, what: str = "") -> None:
    parts = parts_of_angles()
    for part, degrees in rows.items():
        for name in _parts_named(part, side):
            for movement, degree in zip(parts[name], degrees, strict=False):
                if degree is None:
                    continue
                column = MOVEMENT_INDEX[movement]
                if work.changes and amount == "slight":
                    work.angles[column] = _a_bit(work, column, degree, what)
                else:
                    work.angles[column] = _scaled(degree, amount, movement).deg2rad()
                work.held[column] = True
            work.decided.add(limb_of(name))


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
        return tuple(f"{one if first == 's' else _SWAP[one]}_{rest}" for one in sides)
    return (part,)


def _lift(work: _Work, side: str) -> None:
    """A foot that leaves the floor."""
    contacts = work.support.contacts.clone()
    for point in _FOOT:
        contacts[:, floor_points().row(f"{side}_{point}")] = False
    work.support = replace(work.support, contacts=contacts)


def _on_toes(work: _Work, sides: Sequence[str]) -> None:
    contacts = work.support.contacts.clone()
    for side in sides:
        for point, there in (("heel", False), ("ball", True), ("toes", True)):
            contacts[:, floor_points().row(f"{side}_{point}")] = there
    work.support = replace(work.support, contacts=contacts)


def _is_prone(work: _Work) -> bool:
    """Whether the front of somebody on the floor faces it: a plank, lying face down."""
    forward = float(work.angles[MOVEMENT_INDEX["root_flexion"]].rad2deg())
    return bool(work.support.on_floor.all()) and 60 < forward < 120


def _lies(work: _Work) -> bool:
    back = [floor_points().row(f"{side}_{name}") for side in SIDES for name in ("back", "hip", "shoulder")]
    return bool(work.support.on_floor.all()) and bool(work.support.contacts[:, back].any())


def _part_of(part: str) -> str:
    from poseloom.language.description.plain_table import plain_words

    known = _states()
    return part if part in known else plain_words().table["same"].get(part, part)


@cache
def _limbs() -> dict[str, Any]:
    path = WORDS / "limbs.json"
    table = read_table(path)
    for name in ("states", "standing", "lying", "prone", "touch", "relations", "amounts", "starts"):
        entry(path, table, name, dict)
    return table


def _states() -> dict[str, Any]:
    states: dict[str, Any] = _limbs()["states"]
    return states


def _starts() -> dict[str, Any]:
    starts: dict[str, Any] = _limbs()["starts"]
    return starts
