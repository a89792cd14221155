"""What is aimed at something, read from words: eyes at a hand, palms up, forearms to the ceiling, an arm across.

Words alone do not give the angles of these: they hang on how the rest is held (see aiming.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SIDES = ("left", "right")
_OWN = r"(?:(?:the|your|his|her|their|its|my|own|one's|free|open|flat) )*"
_SHOWN = r"(?:(?P<shown>raised|lifted|outstretched|extended|upraised|stretched|forward) )?"
_LOOKING = (
    r"(?:look|gaz|star|glanc|peer|watch|inspect|examin|admir|stud)(?:e|es|s|ed|ing|y|ies|ying)?"
    r"(?: (?:down|up|back|over|closely|intently|sideways|straight))*(?: (?:at|to|towards?|on|onto|upon|into|over))?"
)
_EYES = (
    r"(?:with )?(?:(?:the|your|his|her|their) )?(?:(?:eyes|gaze) (?:(?:is|are) )?"
    r"(?:(?:fixed|locked|focused|directed|turned|pointed|resting) )?(?:at|to|towards?|on|onto|upon|follows?|following)"
    r"|(?:head|face) (?:is )?turned (?:to|towards?))"
)
_GAZE = re.compile(
    rf"\b(?:{_LOOKING}|{_EYES}) {_OWN}(?:(?:palms?|backs?|fingers|nails) of )?{_OWN}{_SHOWN}{_OWN}"
    rf"(?:(?P<side>left|right|both|other|one) )?"
    rf"{_SHOWN.replace('shown', 'also')}"
    r"(?P<part>hands?|palms?|fists?|fingers?|fingertips|fingernails|nails|thumbs?|wrist|foot|feet|toes|knees?|elbow|it|"
    r"them)\b(?! of| and (?:knees|feet))"
)
_PALM = re.compile(
    r"\b(?:(?:with|and) )?(?:(?:the|his|her|your|their) )*(?:(?P<side>left|right|both|one) )?(?:hand )?palm(?P<many>s)?"
    r"(?: of the (?P<of>left|right) hand)?(?: (?:is|are|turned|facing|pointing|showing|to|towards?|the))*[ -]"
    r"(?P<where>up|down|in|out|forwards?|back|backwards?|inwards?|outwards?|upwards?|downwards?|each other|floor|"
    r"ground|ceiling|sky|front|camera|viewer|body)(?=[,.;!?]| and | with |$)"
)
_UPWARD = r"up(?:wards?)?|vertical(?:ly)?|skywards?|(?:at|to|towards?) the (?:ceiling|sky)"
_DOWNWARD = r"down(?:wards?)?|(?:at|to|towards?) the (?:floor|ground)"
_FORWARD = r"forwards?|ahead|(?:to|towards?) the front"
_WAY = rf"(?P<up>{_UPWARD})|(?P<down>{_DOWNWARD})|(?P<forward>{_FORWARD})"
_FOREARM = re.compile(
    r"\b(?:(?:the|his|her|your|their) )*(?:(?P<side>left|right|both|one) )?(?:forearm|lower arm)s?"
    rf"(?: (?:is|are|held|kept|pointing|points?|bent|raised|straight|stretched))* (?:{_WAY})(?=[,.;!?]| and | with |$)"
)
_FINGERS = re.compile(
    r"\b(?:(?:the|his|her|your|their) )*(?:(?P<side>left|right|both|one) )?(?:hand|finger|fingertip|fist)s?"
    rf"(?: (?:is|are|pointing|points?|straight))* (?:{_WAY})(?=[,.;!?]| and | with |$)"
)
_BENT = re.compile(r"\b(?:elbows?|arms?) (?:\w+ )?bent\b|\bbent (?:elbows?|arms?)\b")
_ACROSS = re.compile(
    r"\b(?:(?:the|his|her|your|their) )*(?P<side>left|right) (?:arm|hand|finger|index finger)"
    r"(?: (?:is|pointing|points?|stretched|extended|reaching|reaches|out|over|across|to|towards?|the|his|her|your|"
    r"their))* (?P<to>left|right)(?: side)?(?=[,.;!?]| and | with |$)"
)
_LAST_SIDE = re.compile(r"\b(?P<side>left|right) (?:\w+ )?(?P<part>hand|arm|elbow|palm|fist|foot|leg|knee)\b")
_PALM_WAYS = {
    "up": "up", "down": "down", "in": "in", "out": "out", "forward": "forward", "back": "back", "backward": "back",
    "inward": "in", "outward": "out", "upward": "up", "downward": "down", "each other": "in", "floor": "down",
    "ground": "down", "ceiling": "up", "sky": "up", "front": "forward", "camera": "forward", "viewer": "forward",
    "body": "in",
}  # fmt: skip
_PARTS = {"arm": "hand", "elbow": "hand", "palm": "hand", "fist": "hand", "leg": "foot"}
_OF_FEET = {"foot": "foot", "feet": "foot", "toes": "foot", "knee": "knee", "knees": "knee", "elbow": "elbow"}


@dataclass(frozen=True)
class Aim:
    """A part of the body that is aimed at something.

    Args:
        what: gaze, palm, forearm or arm.
        side: left, right, both or any; empty for the gaze.
        to: a direction (up, down, forward, back, in, out, left, right), or for the gaze hand, foot, knee, elbow.
        to_side: the side of the part that is looked at: left, right, both or any.
    """

    what: str
    side: str
    to: str
    to_side: str = ""

    def in_words(self) -> str:
        """As it is told: "looking at the left hand", "both palms face up"."""
        if self.what == "gaze":
            return f"looking at {_noun(self.to_side, self.to)}"
        verb = {"palm": "face", "forearm": "point", "arm": "point"}[self.what]
        return f"{_noun(self.side, self.what)} {verb if self.side == 'both' else f'{verb}s'} {self.to}"


def _noun(side: str, part: str) -> str:
    many = {"foot": "feet"}.get(part, f"{part}s")
    return f"both {many}" if side == "both" else f"{'one' if side == 'any' else f'the {side}'} {part}"


_Reads = Callable[["re.Match[str]"], "tuple[Aim | None, str]"]


def read_aims(sentence: str) -> tuple[str, list[Aim]]:
    """A sentence in small letters without what is aimed, and that."""
    found: list[Aim] = []
    bent = _BENT.search(sentence) is not None
    for pattern, read in ((_GAZE, _gaze), (_PALM, _palm), (_ACROSS, _across), (_FOREARM, _forearm)):
        sentence = _taken(sentence, pattern, read, found)
    if bent:
        sentence = _taken(sentence, _FINGERS, _forearm, found)
    return sentence, found


def _taken(sentence: str, pattern: re.Pattern[str], read: _Reads, found: list[Aim]) -> str:
    """The sentence with each hit that is an aim replaced by what else it says."""
    made, end = [], 0
    for hit in pattern.finditer(sentence):
        aim, rest = read(hit)
        if aim is None:
            continue
        found.append(aim)
        made += [sentence[end : hit.start()], rest]
        end = hit.end()
    return "".join([*made, sentence[end:]])


def _gaze(hit: re.Match[str]) -> tuple[Aim | None, str]:
    part, side = hit["part"], hit["side"] or ""
    before = [one for one in _LAST_SIDE.finditer(hit.string) if one.end() <= hit.start()]
    if part in ("it", "them"):
        if not before:
            return None, ""
        last = before[-1]
        return Aim("gaze", "", _PARTS.get(last["part"], last["part"]), last["side"]), " , "
    to = _OF_FEET.get(part, "hand")
    if to != "hand" and side not in SIDES:
        return None, ""  # "looking at the feet" is a name: the head is bowed
    if not side:
        side = "both" if part in ("hands", "palms", "fists") else before[-1]["side"] if before else "any"
    told = "other" if side == "other" else side
    if told == "other":
        told = {"left": "right", "right": "left"}[before[-1]["side"]] if before else "any"
    told = "any" if told == "one" else told
    shown = hit["shown"] or hit["also"]
    if to != "hand" or shown is None or told not in SIDES:
        return Aim("gaze", "", to, told), " , "
    state = "arm stretched forward" if shown != "raised" and shown != "lifted" and shown != "upraised" else "arm raised"
    return Aim("gaze", "", to, told), f" , {told} {state} , "


def _palm(hit: re.Match[str]) -> tuple[Aim | None, str]:
    where = hit["where"]
    way = _PALM_WAYS[where if where in _PALM_WAYS else where.removesuffix("s")]
    return Aim("palm", _side_of(hit, hit["of"] or hit["side"], bool(hit["many"])), way), " , "


def _forearm(hit: re.Match[str]) -> tuple[Aim | None, str]:
    way = next(name for name in ("up", "down", "forward") if hit[name])
    return Aim("forearm", _side_of(hit, hit["side"], "s " in f"{hit.group()} "), way), " , "


def _across(hit: re.Match[str]) -> tuple[Aim | None, str]:
    if hit["side"] == hit["to"]:
        return None, ""
    return Aim("arm", hit["side"], hit["to"]), " , "


def _side_of(hit: re.Match[str], told: str | None, many: bool) -> str:
    """The side that is told, else both of several, else that of the arm before."""
    if told:
        return "any" if told == "one" else told
    if many:
        return "both"
    before = [one["side"] for one in _LAST_SIDE.finditer(hit.string) if one.end() <= hit.start()]
    return before[-1] if before else "any"
