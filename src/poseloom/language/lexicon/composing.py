"""A text that was understood as one body pose: a named pose carries it, other names and what is said go over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from poseloom.language.description.describe import figures
from poseloom.language.description.plain import Statement
from poseloom.language.description.truth import ANY, BOTH, truth_of
from poseloom.language.lexicon.aiming import aim
from poseloom.language.lexicon.bodies import BodyPose, body_pose, columns_of
from poseloom.language.lexicon.draft import OTHER_SIDE, Draft, add_mention
from poseloom.language.lexicon.entries import LIMBS, NamedPose
from poseloom.language.lexicon.limbs import hang_arms, knock_knees, level_arms, say, touch_of_fact
from poseloom.language.lexicon.names import SIDES, Mention
from poseloom.language.lexicon.understanding import Understanding, says
from poseloom.language.lexicon.words import word_tables
from poseloom.pose.contact import floor_points
from poseloom.pose.movement import MOVEMENTS, to_matrices
from poseloom.pose.settle import Support
from poseloom.pose.touch import Touch
from poseloom.pose.types import Pose

_ARM_PARTS = ("arm", "forearm", "elbow", "hand")
_LOW = frozenset(["squatting"])
_OF_LEGS = ("leg", "knee", "foot", "feet", "stand", "squat", "lunge", "kneel", "sit")
_PLAYING = ("play ", "plays ", "playing ")
_NO_TRADES = frozenset(["prayer"])
"""Words that end like somebody who does something, and are what is done."""
_FORWARD, _FORWARDS = "arms forward", ("forward", "stretched.forward", "raised.forward")
"""The name and the states of arms stretched forward."""
_RIVALS = frozenset(["yoga", "dance", "sport", "fitness", "martial arts"])


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


def base_of(mentions: Sequence[Mention]) -> Mention | None:
    """The named pose that carries the body: an exact one before a general one."""
    whole = [one for one in mentions if one.pose.whole]
    exact = [one for one in whole if not one.pose.general and not one.pose.lends]
    exact.sort(key=lambda one: one.words.startswith(_PLAYING))  # "playing basketball, shooting a jump shot"
    exact.sort(key=lambda one: one.pose.field == "mood")  # "scared, running away": the deed, the mood's arms and head
    general = [one for one in whole if not one.pose.lends]
    low = [one for one in general if one.pose.general and _is_low(one.pose)]
    if exact and low and all(one.pose.field == "mood" or _only_stands(one.pose) for one in exact):
        return low[0]  # "archer kneeling", "exhausted, kneeling": the posture that is said, arms and head of the other
    return next(iter(exact or general or whole), None)


def _is_low(pose: NamedPose) -> bool:
    """Whether it is a posture near the floor or on a seat."""
    return pose.support != "feet" or pose.name in _LOW


def _only_stands(pose: NamedPose) -> bool:
    """Whether its legs only carry it, and nothing of it is said of them."""
    said = " ".join(pose.says).lower()
    return pose.support == "feet" and pose.field != "yoga" and not any(word in said for word in _OF_LEGS)


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
    if last in _NO_TRADES:
        return False
    lemmas = word_tables().lemmas
    stem = last.removesuffix("er")
    verbs = {one for one in (stem, f"{stem}e", stem[:-1]) if stem != last and one in lemmas.values()}
    said = {lemmas.get(word, word) for alias in (mention.pose.name, *mention.pose.aliases) for word in alias.split()}
    return bool(verbs & said) or last in word_tables().people


def with_free_arms(mentions: Sequence[Mention], said: Sequence[Statement]) -> tuple[Mention, ...]:
    """Gestures of one arm whose side is open, on the arm that is free: "one hand on the hip, waving with the other"; on
    the one that is raised, where they raise one."""
    alone = [one for one in said if one.side in SIDES and one.part in _ARM_PARTS and not one.denied]
    raised = {one.side for one in alone if not one.target and one.what.partition(".")[0] in ("raised", "up")}
    busy = {one.side for one in alone} - raised
    made: list[Mention] = []
    for one in mentions:
        arms = {limb for limb in one.pose.decides if limb.endswith("arm")}
        if len(arms) == 1 and not one.pose.whole and one.pose.side:
            arm = next(iter(arms)).partition("_")[0]
            side = OTHER_SIDE[arm] if one.mirrored else arm
            lifts = any("raised" in sentence for sentence in one.pose.says)
            again = bool(one.side) or any(one.pose is earlier.pose for earlier in made)
            chosen = side if again else _free_side(side, raised if lifts else set(), busy)
            one = one if chosen == side else replace(one, side=OTHER_SIDE[one.shown_side])
            busy.add(chosen)
        made.append(one)
    return tuple(made)


def _free_side(side: str, raised: set[str], busy: set[str]) -> str:
    """The side of an arm, or the other one where that is raised already or this one does something else."""
    other = OTHER_SIDE[side]
    wanted = other in raised if raised else side in busy
    return other if wanted and other not in busy and side not in raised else side


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
    mentions = with_free_arms(without_agents(understood.mentions), understood.said)
    base = base_of(mentions)
    body = body_pose(base.pose.name, base.mirrored) if base is not None else body_pose("standing")
    draft = _begin(body, base, angles, support)
    for mention in mentions:
        if mention is not base and not _is_rival(mention, base):
            add_mention(draft, mention)
    for statement in understood.said:
        if not statement.denied and not (base is not None and _holds(draft, statement)):
            say(draft, statement)
    knock_knees(draft, understood.said)
    level_arms(draft, _arms_forward(mentions, understood.said))
    if base is None:
        hang_arms(draft)
    aim(draft, understood.aims)
    for options in understood.facts:
        touch_of_fact(draft, options[0])
    draft.assumed += [
        f"{one.pose.name}: the {one.shown_side} side"
        for one, told in zip(mentions, without_agents(understood.mentions), strict=True)
        if one.pose.side and not told.side
    ]
    if base is None and angles is None:
        draft.assumed.insert(0, "standing")
    return Composed(
        *(draft.angles, draft.held, frozenset(draft.decided), draft.support, tuple(dict.fromkeys(draft.touches))),
        *((draft.hands[0], draft.hands[1]), body.loose if base is not None else 1.0, base.pose.name if base else ""),
        *(tuple(dict.fromkeys(draft.assumed)), tuple(draft.left_out), _has_open_side(understood)),
    )


def _arms_forward(mentions: Sequence[Mention], said: Sequence[Statement]) -> tuple[str, ...]:
    """The sides whose arm is said to be stretched forward."""
    if any(one.pose.name == _FORWARD for one in mentions):
        return SIDES
    arms = [one for one in said if one.part == "arm" and one.what in _FORWARDS and not one.denied and not one.target]
    return tuple(side for side in SIDES if any(one.side in (side, BOTH) for one in arms))


def _has_open_side(understood: Understanding) -> bool:
    """Whether something is done with one side, and no word says with which."""
    sides = [side for one in understood.said for side in (one.side, one.target_side)]
    sides += [side for one in understood.aims for side in (one.side, one.to_side, one.to)]
    told = [word for word in (*sides, *(one.side for one in understood.mentions)) if word in SIDES]
    turned = any(one.what.endswith(("toleft", "toright")) for one in understood.said)
    open_ones = [one.pose for one in understood.mentions if one.pose.side and not one.side]
    handed = any(one.handed for one in open_ones)
    return not (told or turned or handed or understood.facts) and (bool(open_ones) or ANY in sides)


def _begin(body: BodyPose, base: Mention | None, angles: Tensor | None, support: Support | None) -> Draft:
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
    return Draft(start.clone(), held, decided, chosen, touches, hands, carried, changes=angles is not None)


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


def _holds(draft: Draft, statement: Statement) -> bool:
    """Whether the legs and the trunk already are as they are said to be: the left foot of a lunge is in front."""
    if statement.part in ("arm", "hand", "elbow", "head") or statement.amount or statement.side == ANY:
        return False
    figure = next(iter(figures(Pose.from_matrices(to_matrices(draft.angles[None])))))
    return bool(truth_of(figure).holds(statement.claim).all())
