"""What people write behind ``--to``, in the words that the pose generator knows, and which limbs they speak of.

"this person, waving" asks for another arm, not for another person: where no posture is named, only the limbs that are
named move, and the rest stays as it is in the photo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from poseloom.pose.limbs import LIMBS
from poseloom.pose.types import Pose

_OBJECT = (
    r"((?:(?:his|her|their|the|its|a|one|both|left|right|two)\s+)*"
    r"(?:arms?|hands?|elbows?|legs?|knees?|foot|feet|head))"
)
_MOVES = (
    (rf"\b(?:raising|lifting|holding up|putting up|throwing up)\s+(?:up\s+)?{_OBJECT}(?:\s+up)?", r"with \1 raised"),
    (rf"\blowering\s+{_OBJECT}", r"with \1 lowered"),
    (rf"\bbending\s+{_OBJECT}", r"with \1 bent"),
    (rf"\b(?:stretching|straightening)\s+{_OBJECT}", r"with \1 stretched"),
    (rf"\bspreading\s+{_OBJECT}", r"with \1 stretched out to the sides"),
    (
        r"\bwaving(?:\s+with)?\s+(?:(?:his|her|their|the)\s+)?(left|right)\s+(?:hand|arm)",
        r"with the \1 hand over the head",
    ),
    (r"\bwaving\b(?:\s+(?:a|the|one|his|her|their)?\s*(?:hand|arm))?", "with the right hand over the head"),
)
"""Activities -> the state that the generator knows."""
_SUBJECT = re.compile(r"^\s*(?:this|the same|same)\s+(person|man|woman|boy|girl|child)\b\s*,?\s*", re.IGNORECASE)
_HIS = re.compile(r"\b(?:his|her|their|its)\b", re.IGNORECASE)
_POSTURE = re.compile(
    r"\b(?:stand|sit|seat|kneel|knelt|lie|lying|squat|crouch|lean|bow|bend|walk|run|jump|step|lung|pose|t-pose|crawl|turn|"
    r"twist|upright|plank|splits?)\w*\b|\bbent (?:over|forward|back|down)",
    re.IGNORECASE,
)
_ARMS, _LEGS, _HEAD = r"(?:arms?|hands?|elbows?|wrists?|fists?)", r"(?:legs?|knees?|foot|feet|ankles?)", r"\bhead\b"
_NOT_OF_HEAD = re.compile(r"(?:over|above|behind|beside|next to|near|at|on|to)\s+(?:the\s+)?head")


@dataclass(frozen=True)
class PoseWords:
    """What is asked for.

    Args:
        text: for the generator.
        limbs: keys of `LIMBS` that move; none where the whole pose is asked for.
    """

    text: str
    limbs: tuple[str, ...]

    def moved(self, pose: Pose, drawn: Pose) -> Pose:
        """A pose with the limbs that are spoken of as in one that was drawn; the drawn one where it is of the whole."""
        if not self.limbs:
            return drawn
        rotations, other = pose.with_hands().rotations.clone(), drawn.with_hands().rotations
        for limb in self.limbs:
            rotations[..., LIMBS[limb], :] = other[..., LIMBS[limb], :]
        return replace(pose, rotations=rotations)


def pose_words(text: str) -> PoseWords:
    """Read a user's words.

    Args:
        text: plain English; what is not known of it the generator tells.
    """
    said = _SUBJECT.sub(r"a \1 ", text)
    for pattern, state in _MOVES:
        said = re.sub(pattern, state, said, flags=re.IGNORECASE)
    said = _HIS.sub("the", said)
    said = re.sub(r"\bwith (?:one|a) (arm|hand|leg|knee|foot)\b", r"with the right \1", said)
    return PoseWords(said.strip(), () if _POSTURE.search(said) else _limbs_in(said))


def _limbs_in(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for noun, limb in ((_ARMS, "arm"), (_LEGS, "leg")):
        for match in re.finditer(rf"(?:\b(left|right)\s+)?\b{noun}\b", text, re.IGNORECASE):
            side = match[1]
            found += [f"{one}_{limb}" for one in ((side.lower(),) if side else ("left", "right"))]
    if re.search(_HEAD, _NOT_OF_HEAD.sub("", text), re.IGNORECASE):
        found.append("head")
    return tuple(dict.fromkeys(found))
