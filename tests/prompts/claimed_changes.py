"""What instructions claim of a pair of poses, found by simple patterns and judged by plain geometry: by how limbs move
from the first pose to the second, and by how they end. Shares no code with the rules that write and read instructions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from claimed import Claim, predicates
from seen import Seen

_SPLIT = re.compile(r",? and (?=[a-z]+ (?:the|your|it|them|both|further|more|a|slightly)\b)|, (?=hold|bend|turn|swing)")
_GOAL = re.compile(r",? (?:so that|until) (?:it|they)\b ?")
_LIMB = re.compile(
    r"\b(?:your |the |both )(?:(left|right) )?(upper arms?|forearms?|lower legs?|arms?|elbows?|hands?|legs?|thighs?"
    r"|knees?|foot|feet|heels?|head|chin|trunk|chest|body)\b"
)
_PARTS = {"feet": "foot", "chin": "head", "chest": "trunk"}
_SIDES = ("left", "right")
_LEAST = 0.015
"""Metres that something must move in the direction that is told."""
_LEAST_DEGREES = 3.0
_ENDS = {
    "arm": ("hand", "shoulder"), "hand": ("hand", "shoulder"), "forearm": ("hand", "elbow"),
    "upper arm": ("elbow", "shoulder"), "elbow": ("elbow", "shoulder"), "leg": ("ankle", "hip"),
    "foot": ("ankle", "hip"), "knee": ("knee", "hip"), "thigh": ("knee", "hip"), "lower leg": ("ankle", "knee"),
}  # fmt: skip
"""Which point of a limb moves, and against which one."""


def changes_claimed(text: str, first: Seen, second: Seen) -> list[Claim]:
    """The claims of an instruction that leads from the first pose to the second."""
    found: list[Claim] = []
    for sentence in re.split(r"\.\s*", text.lower()):
        last: tuple[str, tuple[str, ...]] = ("", ())
        for piece in _SPLIT.split(sentence) if sentence else ():
            said, _, goal = _goal_of(piece)
            named = _LIMB.search(said)
            if named:
                last = _limb(named, last[1])
            holding = [*_whole(said, first, second), *_moved(said, *last, first, second)]
            if goal and last[0]:
                holding += [one.holds for one in predicates(*last, goal, second, piece) if one.holds is not None]
            found += [Claim(piece, holds) for holds in holding] or [Claim(piece, None)]
    return found


def _goal_of(piece: str) -> tuple[str, str, str]:
    found = _GOAL.search(piece)
    return (piece[: found.start()], found[0], piece[found.end() :]) if found else (piece, "", "")


def _limb(named: re.Match[str], before: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    noun = named[2]
    part = _PARTS.get(noun, noun.removesuffix("s"))
    if noun in ("feet",) or noun.endswith("s"):
        return part, _SIDES
    if named[1]:
        return part, (named[1],)
    return part, before or _SIDES


# -- limbs -------------------------------------------------------------------------------------------------------


def _moved(said: str, part: str, sides: tuple[str, ...], a: Seen, b: Seen) -> Iterator[bool]:
    if not sides or part in ("", "head", "trunk", "body"):
        return
    joint = "elbow" if part in ("arm", "elbow", "forearm", "upper arm", "hand") else "knee"
    opened = [b.bend(joint, side) - a.bend(joint, side) for side in sides]
    if re.search(r"\bbend\b.*\bless\b|\bopen\b", said):
        yield min(opened) > _LEAST_DEGREES
    elif re.search(r"^bend\b", said) and part in ("elbow", "knee", "arm", "leg"):
        yield max(opened) < -_LEAST_DEGREES
    elif re.search(r"straighten|stretch out|extend", said):
        yield min(opened) > _LEAST_DEGREES and all(b.bend(joint, side) > 145 for side in sides)
    yield from _shifted(said, part, sides, a, b)


def _shifted(said: str, part: str, sides: tuple[str, ...], a: Seen, b: Seen) -> Iterator[bool]:
    if part == "foot" and re.search(r"closer together|nearer to each other|together", said):
        yield abs(b.feet("left")) < abs(a.feet("left")) - _LEAST
        return
    if part == "foot" and re.search(r"\bapart\b", said):
        yield abs(b.feet("left")) > abs(a.feet("left")) + _LEAST
        return
    if part == "foot" and re.search(r"off the (?:ground|floor)", said):
        yield all(b.foot_height(side) > 0.03 for side in sides)
        return
    if part not in _ENDS or max(a.tilt, b.tilt) > 50:
        return
    end, start = _ENDS[part]
    moves = np.array([_move(a, b, f"{side}_{end}", f"{side}_{start}", part, side) for side in sides])
    for pattern, axis, sign in (
        (r"^(?:raise|lift)\b|\bup\b", 1, 1),
        (r"^lower\b|\bdown\b", 1, -1),
        (r"\boutward\b|to the outside", 0, 1),
        (r"\binward\b", 0, -1),
        (r"\bforward\b|to the front", 2, 1),
        (r"\bback(?:ward)?\b", 2, -1),
    ):
        if re.search(pattern, said):
            yield bool((sign * moves[:, axis] > _LEAST).all())
            return


def _move(a: Seen, b: Seen, end: str, start: str, part: str, side: str) -> np.ndarray:
    way: np.ndarray = b.reach(end, start, part, side) - a.reach(end, start, part, side)
    return way


# -- trunk, head, and the whole body -----------------------------------------------------------------------------


def _whole(said: str, a: Seen, b: Seen) -> Iterator[bool]:
    way = re.search(r"(?:to|toward) (?:your |the )?(left|right)\b(?! (?:hip|knee|hand|foot|thigh|shoulder|leg))", said)
    sign = 0 if way is None else 1 if way[1] == "left" else -1
    degrees = re.search(r"(\d+) degrees", said)
    if degrees:
        turn = (b.heading - a.heading + 180) % 360 - 180
        asked = float(degrees[1]) * (sign or 1)
        yield abs((turn - asked + 180) % 360 - 180) < 25
    elif re.search(r"\bhead\b|\bchin\b|\blook\b|\bface\b", said) and not re.search(r"\bhand\b", said):
        yield from _head(said, sign, a, b)
    elif re.search(r"\b(?:trunk|chest|shoulders|upper body|lean|bend forward|straighten up|upright)\b", said):
        yield from _trunk(said, sign, a, b)
    elif re.search(r"^(?:stand|come to|balance|put your weight|get|sit|kneel|lie|squat|lunge)", said):
        yield from (one.holds for one in predicates("person", ("",), _posture(said), b, said) if one.holds is not None)


def _posture(said: str) -> str:
    said = re.sub(r"^put your weight on your (left|right) leg", r"stand on the \1 leg", said)
    return re.sub(r"\byour\b", "the", said).replace("come to a stand", "stand")


def _head(said: str, sign: int, a: Seen, b: Seen) -> Iterator[bool]:
    turn, nod, tilt = (b.head(what) - a.head(what) for what in ("turn", "nod", "tilt"))
    if re.search(r"to the middle|stop tilting", said):
        yield abs(b.head("tilt")) < abs(a.head("tilt"))
        return
    if re.search(r"straight ahead|to the front|look ahead|forward again|level|upright|straight", said):
        upright = re.search(r"level|upright|lift|raise", said)
        kind = "nod" if upright else "turn"
        yield abs(b.head(kind)) < abs(a.head(kind)) or abs(b.head(kind)) < 15
    elif sign and re.search(r"tilt|incline|toward", said):
        yield sign * tilt > _LEAST_DEGREES
    elif sign:
        yield sign * turn > _LEAST_DEGREES
    elif re.search(r"lower|bow|\bdown\b", said):
        yield nod > _LEAST_DEGREES
    elif re.search(r"raise|lift|back|\bup\b", said):
        yield nod < -_LEAST_DEGREES


def _trunk(said: str, sign: int, a: Seen, b: Seen) -> Iterator[bool]:
    sense = -1 if re.search(r"\bless\b", said) else 1
    ahead, aside = (sense * (b.lean(axis) - a.lean(axis)) for axis in ("ahead", "left"))
    twist = b.twist() - a.twist()
    if sign and re.search(r"lean|tilt|bend", said):
        yield sign * aside > _LEAST_DEGREES
    elif sign:
        yield sign * twist > _LEAST_DEGREES
    elif re.search(r"forward", said):
        yield ahead > _LEAST_DEGREES
    elif re.search(r"back\b|backward", said):
        yield ahead < -_LEAST_DEGREES
    elif re.search(r"straighten|upright", said):
        yield b.tilt < a.tilt + 1
    elif re.search(r"untwist|square|front", said):
        yield abs(b.twist()) < abs(a.twist()) + 1
