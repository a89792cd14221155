"""What an instruction does with the pose as a whole: mirror it, turn it, put a limb back."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MIRROR = re.compile(
    r"\b(?:(?:like|as|same as|the same as) before,? (?:but|only) )?"
    r"(?:mirror(?:ed|ing)?(?: it| the pose| this| everything| image)?|flip(?:ped)?(?: it| the pose)?"
    r"(?: horizontally| sideways| left and right| left to right)?|swap (?:the )?(?:two )?sides|exchange left and right"
    r"|swap left and right|(?:do )?the same on the other side|switch sides|other way around)\b"
)
_TURN = re.compile(
    r"\b(?:turn|rotate|spin|pivot|swivel)(?: (?:yourself|(?:your|the|his|her) (?:whole )?body|it|the pose|the person))?"
    r"(?: (?P<amount>slightly|a bit|a little(?: bit)?))?(?:,? (?:by )?(?P<before>\d+)(?: ?degrees?| ?°))?"
    r"(?: (?P<around>around|about|round))?(?: (?:to|toward|towards))?(?: (?:the|your|his|her|its))?"
    r"(?: (?P<side>left|right|clockwise|counterclockwise))?(?: (?P<after_amount>slightly|a bit|a little(?: bit)?))?"
    r"(?:,?(?: by)? (?P<after>\d+)(?: ?degrees?| ?°))?(?=$|[ ,.!;])"
)
_UNDO = re.compile(
    r"\b(?:undo|reset|restore|put back|revert)(?: (?:the|your|his|her|what the|what))?"
    r"(?: (?P<side>left|right|both))?"
    r"(?: (?P<limb>arms?|legs?|head|torso|trunk|hands?|all|pose|it|everything))\b(?: does)?"
)
_SWAP = re.compile(
    r"\b(?:swap|switch|exchange)(?: (?:the|your|his|her|over|around))*(?: two| both)?"
    r" (?P<limb>arms?|hands?|legs?|feet)\b"
)
_NOT_A_BODY = re.compile(
    r"\b(?:turn|rotate)\b(?:(?!\band\b|\bthen\b)[^,.;])*"
    r"\b(?:head|face|torso|trunk|upper body|hand|palm|foot|feet|arm|leg|knee)s?\b"
)
_LIMBS = {
    "arm": ("left_arm", "right_arm"), "hand": ("left_arm", "right_arm"), "leg": ("left_leg", "right_leg"),
    "head": ("head",), "torso": ("trunk",), "trunk": ("trunk",),
}  # fmt: skip
_QUARTER, _BIT, _HALF = 90.0, 35.0, 180.0
_SIDE = {"left": 1.0, "right": -1.0, "counterclockwise": 1.0, "clockwise": -1.0}


@dataclass(frozen=True)
class Operators:
    """What is done with the whole pose.

    Args:
        rest: the instruction without those words.
        mirror: left and right exchanged.
        turn: degrees to the person's left.
        undone: limbs that go back to quiet standing.
        swapped: arm or leg, where the left and the right one exchange what they do.
        told: the same in words.
    """

    rest: str
    mirror: bool = False
    turn: float = 0.0
    undone: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self.mirror or bool(self.turn) or bool(self.undone) or bool(self.swapped)


def operators_of(instruction: str) -> Operators:
    """What an instruction does with the whole pose, and what else it says."""
    text, told = instruction.lower(), []
    turn, undone = 0.0, []
    mirrored = _MIRROR.search(text)
    if mirrored and not re.search(r"\b(?:the|a) mirror\b", text):
        text = _MIRROR.sub(" ", text)
        told.append("mirrored")
    found = None if _NOT_A_BODY.search(text) else _TURN.search(text)
    if found and (found["side"] or found["around"]):
        turn = _degrees(found)
        text = text.replace(found.group(), " ", 1)
        told.append(f"turned by {abs(turn):.0f} degrees to the {'left' if turn > 0 else 'right'}")
    for found in _UNDO.finditer(text):
        limb = found["limb"].removesuffix("s")
        limbs = _LIMBS.get(limb, ("left_arm", "right_arm", "left_leg", "right_leg", "head", "trunk", "root"))
        undone += [
            one
            for one in limbs
            if found["side"] in (None, "both") or not one.startswith(("left", "right")) or one.startswith(found["side"])
        ]
        told.append(f"{found.group().split(maxsplit=1)[1]} as in quiet standing")
    text = _UNDO.sub(" ", text)
    swapped = ["arm" if found["limb"][:1] in "ah" else "leg" for found in _SWAP.finditer(text)]
    told += [f"the {one}s exchanged" for one in swapped]
    text = _SWAP.sub(" ", text)
    rest = re.sub(r"\s+", " ", text).strip(" ,.;!")
    rest = re.sub(r"^(?:and|then|but|please)\b\s*|\s*\b(?:and|then|but|please)$", "", rest)
    return Operators(
        *(rest if told else instruction, bool(mirrored) and "mirrored" in told, turn),
        *(tuple(undone), tuple(swapped), tuple(told)),
    )


def _degrees(found: re.Match[str]) -> float:
    said = found["before"] or found["after"]
    size = _QUARTER
    if said:
        size = min(float(said), 360.0)
    elif found["around"]:
        size = _HALF
    elif found["amount"] or found["after_amount"]:
        size = _BIT
    return size * _SIDE[found["side"] or "left"]
