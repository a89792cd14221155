"""Which joints a fact is about: those that move what it speaks of."""

from __future__ import annotations

from functools import lru_cache

from poseloom.language.description.fact import Fact
from poseloom.pose.joints import ALL_JOINTS, BODY_JOINTS, JOINT_NAMES
from poseloom.pose.limbs import LIMBS, indices

_POSTURE = indices(
    "pelvis", *(f"{side}_{one}" for side in ("left", "right") for one in ("hip", "knee", "ankle", "foot"))
)
_OF_A_SIDE: dict[str, tuple[str, ...]] = {
    "arm": ("collar", "shoulder", "elbow", "wrist"),
    "upper_arm": ("shoulder", "elbow"),
    "elbow": ("shoulder", "elbow", "wrist"),
    "forearm": ("elbow", "wrist"),
    "hand": ("elbow", "wrist"),
    "leg": ("hip", "knee", "ankle", "foot"),
    "thigh": ("hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
    "shin": ("knee", "ankle"),
    "ankle": ("ankle", "foot"),
    "foot": ("ankle", "foot"),
    "heel": ("ankle", "foot"),
}


@lru_cache(maxsize=1 << 12)
def joints_of(fact: Fact) -> tuple[int, ...]:
    """Places of the joints of what a fact speaks of, in the SMPL-H order; of a posture pelvis and legs."""
    if fact.group == "head":
        return LIMBS["head"]
    if fact.group == "trunk":
        return LIMBS["trunk"]
    if fact.subject not in _OF_A_SIDE:
        return _POSTURE
    sides = (fact.side,) if fact.side in ("left", "right") else ("left", "right")
    names = [f"{side}_{one}" for side in sides for one in _OF_A_SIDE[fact.subject]]
    fingers = [
        place
        for place in range(BODY_JOINTS, ALL_JOINTS)
        if fact.subject == "hand" and JOINT_NAMES[place].startswith(tuple(f"{side}_" for side in sides))
    ]
    return (*sorted(indices(*names)), *fingers)


def joints_of_all(facts: list[Fact], fingers: bool) -> tuple[str, ...]:
    """Names of the joints of several facts, in the SMPL-H order; those of the fingers where they are wanted."""
    places = sorted({place for fact in facts for place in joints_of(fact)})
    return tuple(JOINT_NAMES[place] for place in places if fingers or place < BODY_JOINTS)
