"""Descriptions of people of whom a picture shows only a part: what is told, and which limbs are not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from poseloom.language.description.fact import Fact

_OPPOSITE = {"left": "right", "right": "left"}
_LIMB_OF = {
    **dict.fromkeys(("arm", "upper_arm", "elbow", "forearm", "hand"), "arm"),
    **dict.fromkeys(("leg", "thigh", "knee", "shin", "foot", "heel", "ankle"), "leg"),
    **dict.fromkeys(("head", "ear", "face", "chin", "back_of_head", "top_of_head"), "head"),
}
"""Nouns of the phrase file, and the limb that each belongs to; hips and shoulders belong to the trunk."""
POSTURE = "posture."
_WHY = {"outside": "not in the picture", "hidden": "hidden"}


def told(facts: list[Fact], unseen: Mapping[str, str]) -> list[Fact]:
    """The facts without those that rest on limbs which are not seen; what is said of both is said of the other one.

    Args:
        facts: what is known of one pose.
        unseen: ``left_arm``, ``right_leg``, ``head``, ..., and why: ``outside`` or ``hidden``.
    """
    if not unseen:
        return facts
    kept: list[Fact] = []
    legs = {side for side in _OPPOSITE if f"{side}_leg" in unseen}
    for fact in facts:
        if fact.name.startswith(POSTURE):
            if not legs:
                kept.append(fact)
        else:
            seen = _seen_part(fact, unseen)
            if seen is not None:
                kept.append(seen)
    return with_posture(kept)


def with_posture(facts: list[Fact]) -> list[Fact]:
    """The facts, without how the feet are set where the posture to which that belongs is not told."""
    if any(fact.name.startswith(POSTURE) for fact in facts):
        return facts
    return [fact for fact in facts if fact.group != "body"]


def _seen_part(fact: Fact, unseen: Mapping[str, str]) -> Fact | None:
    limb = _LIMB_OF.get(fact.subject)
    if limb is not None:
        hidden = [side for side in _OPPOSITE if f"{limb}_{side}" in unseen or f"{side}_{limb}" in unseen]
        if limb == "head":
            return None if "head" in unseen else fact
        if hidden and (fact.group == "body" or not fact.side or fact.side in hidden):
            return None
        if hidden and fact.side == "both":
            one = _of_one(fact, hidden)
            return None if one is None or _target_hidden(one, unseen) else one
    return None if _target_hidden(fact, unseen) else fact


def _of_one(fact: Fact, hidden: list[str]) -> Fact | None:
    """What is said of both limbs, of the one that is seen; nothing where it takes two."""
    if len(hidden) == 2 or any(word in fact.name for word in ("crossed", "together", "apart")):
        return None
    side = _OPPOSITE[hidden[0]]
    target = {"own": side, "other": _OPPOSITE[side]}.get(fact.target_side, fact.target_side)
    return replace(fact, side=side, target_side=target)


def _target_hidden(fact: Fact, unseen: Mapping[str, str]) -> bool:
    limb = _LIMB_OF.get(fact.target)
    if limb is None:
        return False
    if limb == "head":
        return "head" in unseen
    side = {"own": fact.side, "other": _OPPOSITE.get(fact.side, "both")}.get(fact.target_side, fact.target_side)
    sides = (side,) if side in _OPPOSITE else tuple(_OPPOSITE)
    return any(f"{one}_{limb}" in unseen for one in sides)


def remark(unseen: Mapping[str, str]) -> str:
    """Which limbs are not told of, in sentences: ``The legs are not in the picture. The left arm is hidden.``"""
    lines = []
    for why, words in _WHY.items():
        limbs = [limb for limb, reason in unseen.items() if reason == why]
        names = []
        for kind in ("arm", "leg"):
            sides = [side for side in _OPPOSITE if f"{side}_{kind}" in limbs]
            names += [f"{kind}s"] if len(sides) == 2 else [f"{side} {kind}" for side in sides]
        names += ["head"] if "head" in limbs else []
        if names:
            plural = len(names) > 1 or names[0] in ("arms", "legs")
            listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
            lines.append(f"The {listed} {'are' if plural else 'is'} {words}.")
    return " ".join(lines)
