"""Claims in a few words, for those who want to know which facts were read in their text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseloom.language.claims.claim import Claim as ChangeClaim
    from poseloom.language.description.truth import Claim, Together

_FRAMES = ("arms.frame", "legs.frame")
"""Channels that say in which frame another one is measured."""
_CHANNELS = {"zone": "hand", "contact": "hand at", "posture_sided": "posture", "hand.shape": "hand"}
_UNSAID = {"yes", "both", "upright", "body"}
"""Classes that add nothing to their channel."""
_GRADE = re.compile(r"\d+$")
_MEASURES = re.compile(r"\.(level|sector|spacing)$")
_SINGLE = re.compile(r"^(hand|(upper |fore)?arm|elbow|thigh|shin|knee|foot|leg)\b")
_MANY = re.compile(r"^(hands|arms|legs|feet|knees)\b")


def claim_in_words(claim: Claim | Together) -> str:
    """``left arm: level or up``, ``posture: kneel one left``, ``not head turn: left``."""
    from poseloom.language.description.truth import Together

    together = claim.claims if isinstance(claim, Together) else (claim,)
    claims = [one for one in together if one.channel not in _FRAMES]
    subject = _of_side(_channel(claims[0].channel), claim.side)
    classes = ", ".join(filter(None, (_classes(one) for one in claims)))
    return ("not " if claim.denied else "") + (f"{subject}: {classes}" if classes else subject)


def change_in_words(claim: ChangeClaim) -> str:
    """``left arm go up``, ``right knee bend more``, ``head turn left``: side, part, what it does, where."""
    first = (claim.side, claim.part, claim.name) if claim.part else (claim.name, claim.side)
    said = (*first, claim.way, claim.goal, claim.sector, claim.place_side, claim.place)
    return " ".join(dict.fromkeys(_plain(" ".join(said)).split()))


def _channel(name: str) -> str:
    if name == "foot.lifted":
        return "foot lifted"
    return _CHANNELS.get(name) or _plain(_GRADE.sub("", _MEASURES.sub("", name)))


def _of_side(channel: str, side: str) -> str:
    """``both arms``, ``left hand at``, ``feet``."""
    if side == "both":
        if _MANY.match(channel):
            return channel
        many = _SINGLE.sub(lambda found: "feet" if found.group() == "foot" else f"{found.group()}s", channel)
        return f"both {many}"
    return f"{side} {channel}".strip()


def _classes(claim: Claim) -> str:
    own = "" if _MEASURES.search(claim.channel) else claim.channel.rpartition(".")[2]
    said = {one for one in claim.classes if one not in _UNSAID and one != own}
    said -= {one for one in said if one.endswith(" own") and one.removesuffix(" own") in said}
    return " or ".join(sorted(map(_placed, said)))


def _placed(name: str) -> str:
    """``ear own`` is the own ear."""
    place, _, whose = name.rpartition(" ")
    return _plain(f"{whose} {place}" if whose in ("own", "other") else name)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")
