"""A pose while words are put into it, and a named pose laid over another one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from torch import Tensor

from poseloom.language.lexicon.bodies import body_pose, columns_of
from poseloom.language.lexicon.names import SIDES, Mention
from poseloom.pose.contact import floor_points
from poseloom.pose.settle import Support
from poseloom.pose.touch import Touch

_ARMS = ("left_arm", "right_arm")
_OF_ARM = ("elbow", "wrist", "palm", "knuckles", "fingers")
"""Places of an arm that may lie on the floor."""
_TURNED = 0.05
"""Radians from which on a head is turned."""
OTHER_SIDE = {"left": "right", "right": "left"}


@dataclass
class Draft:
    """A pose while words are put into it.

    Args:
        angles: movement angles, radians.
        held: movements that the words decide.
        decided: limbs that the words decide.
        support: what carries the body, one row.
        touches: places that meet.
        hands: shapes of the left and the right hand.
        carried: feet, floor, seat or air.
        assumed: what was not said and is taken as usual, in words.
        left_out: names that could not be joined.
    """

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
    legs_out: set[str] = field(default_factory=set)
    """Sides whose leg was said to go somewhere."""
    head_told: bool = False
    """Whether a name said where the head goes and little else: others leave it there."""
    either: dict[str, str] = field(default_factory=dict)
    """The side that was taken for "one" of a part."""


def leave_floor(draft: Draft, side: str) -> None:
    """The arm of a side carries no longer; the other one does where both did."""
    contacts = draft.support.contacts.clone()
    contacts[:, [floor_points().row(f"{side}_{point}") for point in _OF_ARM]] = False
    if bool(contacts.any()):
        draft.support = replace(draft.support, contacts=contacts)


def _is_of_head(mention: Mention) -> bool:
    return "head" in mention.pose.decides and mention.pose.decides <= {"head", "trunk"} and not mention.pose.general


def add_mention(draft: Draft, mention: Mention) -> None:
    """A name over the base: what it decides, or, of a whole pose, its arms and head."""
    body = body_pose(mention.pose.name, mention.mirrored)
    limbs = body.limbs - ({f"{OTHER_SIDE[mention.only]}_arm"} if mention.only else set())
    if mention.pose.whole:
        if mention.pose.general:
            return
        limbs = frozenset(limb for limb in body.told if "arm" in limb or limb == "head")
        if not limbs:
            draft.left_out.append(mention.words)
            return
    again = draft.head_told
    if "head" in limbs and again and not _is_of_head(mention):
        limbs = limbs - {"head"}
    draft.head_told |= _is_of_head(mention)
    for limb in limbs:
        columns = [one for one in columns_of(limb) if "arm" in limb or limb == "head" or body.given[one]]
        if limb == "head" and again:  # up, and to the left as well
            columns = [one for one in columns if abs(float(body.angles[one])) > _TURNED]
        draft.angles[columns], draft.held[columns] = body.angles[columns], True
        if limb.endswith("arm"):  # what an arm does later replaces what it did
            side = limb.partition("_")[0]
            draft.touches = [one for one in draft.touches if one.first != f"{side}_hand"]
            if len(limbs & set(_ARMS)) == 1:
                leave_floor(draft, side)
            if body.hands is not None:
                draft.hands[SIDES.index(side)] = body.hands[SIDES.index(side)]
    arms = [one.partition("_")[0] for one in limbs if one.endswith("arm")]
    if len(arms) == 1 and not mention.pose.whole:  # "one hand" that is said later is the other one
        draft.either |= {"hand": arms[0], "arm": arms[0]}
    draft.decided |= limbs
    other = f"{OTHER_SIDE[mention.only]}_" if mention.only else "-"
    added = [one for one in body.touches if not mention.pose.whole or one.first.endswith("hand")]
    draft.touches += [one for one in added if not one.first.startswith(other)]
    if any("leg" in limb for limb in limbs) and draft.carried == "feet":
        draft.support = body.support
