"""What sentences claim of a pose, found by simple patterns and judged by plain geometry; shares no code with the rules
that write and read texts. Each claim is true, false, or, where no pattern knows it, unjudged.

Bounds are those of the plain meaning of the words, with some ten degrees or five centimetres of leeway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from seen import Seen, Vector

_PARTS = {
    "arm": "arm", "arms": "arm", "upper arm": "upper arm", "upper arms": "upper arm", "elbow": "elbow",
    "elbows": "elbow", "forearm": "forearm", "forearms": "forearm", "hand": "hand", "hands": "hand", "leg": "leg",
    "legs": "leg", "thigh": "thigh", "thighs": "thigh", "knee": "knee", "knees": "knee", "lower leg": "lower leg",
    "lower legs": "lower leg", "foot": "foot", "feet": "foot", "heel": "heel", "heels": "heel", "head": "head",
    "chin": "head", "trunk": "trunk", "chest": "trunk", "ankles": "ankle",
}  # fmt: skip
_PLURAL = {name for name in _PARTS if name.endswith("s") or name == "feet"}
_NOUN = "|".join(sorted(_PARTS, key=len, reverse=True))
SUBJECT = re.compile(rf"^(?:(?:the|their|his|her|your|a|both) )?(?:the )?(?P<side>left |right )?(?P<part>{_NOUN})\b ?")
_PERSON = re.compile(r"^(?:the person|someone|the figure|a person|the subject)\b ?")
_OF_PERSON = re.compile(r"^(?:leaning|bending|folding|lean|bend forward|bend far|a bit (?:to|back)|far to)\b")
_SPLIT = re.compile(r",? (?:and|while|with) |, ")
_STEP = re.compile(r"(step\w* forward)(?: with|,) the (left|right) foot(?: in front)?")
_UP_OR_DOWN = re.compile(r"\b(up|down) and (?=diagonally|forward|back|to the|out|across|inward|sideways)")
"""What belongs together: a step and the foot that makes it, and the two halves of a direction."""
_OTHER = {"left": "right", "right": "left"}
_LYING = 50.0
"""Degrees of the trunk from the vertical from which directions of limbs are those of the body."""


class Claim(NamedTuple):
    """What a piece of a sentence says, and whether it is so; None where nobody can judge it."""

    words: str
    holds: bool | None


def claims_of(text: str, seen: Seen) -> list[Claim]:
    """The claims of a description."""
    return [claim for sentence in re.split(r"\.\s*", text.lower()) if sentence for claim in _of(sentence, seen)]


def _of(sentence: str, seen: Seen) -> Iterator[Claim]:
    part, sides = "person", ("",)
    whole = _UP_OR_DOWN.sub(r"\1 & ", _STEP.sub(r"\1 \2", sentence))
    for piece in _SPLIT.split(whole):
        piece = piece.removeprefix("with ").removeprefix("and with ")
        rest, found = piece, SUBJECT.match(piece)
        if _PERSON.match(piece) or _OF_PERSON.match(piece):
            part, sides, rest = "person", ("",), _PERSON.sub("", piece)
        elif found:
            named = found["part"]
            part = _PARTS[named]
            if named in _PLURAL:
                sides = ("left", "right")
            elif found["side"]:
                sides = (found["side"].strip(),)
            rest = piece[found.end() :]
        if not rest.strip():
            continue
        yield from predicates(part, sides, rest, seen, piece)


def predicates(part: str, sides: tuple[str, ...], said: str, seen: Seen, words: str) -> Iterator[Claim]:
    """Claims of what is said of a part on its sides, all of which must fulfil it."""
    holding = list(_judged(part, sides, said, seen))
    if not holding:
        yield Claim(words, None)
    for holds in holding:
        yield Claim(words, holds)


def _judged(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    if part == "person":
        yield from _whole(said, seen)
        return
    if part in ("head", "trunk"):
        yield from (_head if part == "head" else _trunk)(said, seen)
        return
    sides = ("left", "right") if not any(sides) else sides
    judges = {"knee": _bends, "elbow": _bends, "foot": _foot, "heel": _foot, "ankle": _foot, "hand": _hand}
    if part in ("elbow", "knee") and _BEND.search(said):
        yield from _bends(part, sides, said, seen)
    elif part in ("arm", "leg") and re.fullmatch(r"(?:is |are )?(?:fully extended|straight)", said.strip()):
        yield from _bends("elbow" if part == "arm" else "knee", sides, said, seen)
    elif part in ("arm", "upper arm", "elbow", "forearm", "leg", "thigh", "lower leg"):
        if part in ("arm", "leg") and re.search(r"crossed|folded|across the (?:left|right|other)|over the", said):
            yield from _crossed(part, sides, said, seen)
        else:
            yield from _points(part, sides, said, seen)
    elif part in judges:
        yield from judges[part](part, sides, said, seen)


# -- bends -------------------------------------------------------------------------------------------------------

_BEND = re.compile(r"\b(?:bent|straight(?! (?:up|down|below|forward|out))|fully extended|folded)\b")
_BENDS: tuple[tuple[str, float, float], ...] = (
    (r"fully extended|straight", 150, 181),
    (r"slightly bent|bent a little|bent a bit", 122, 172),
    (r"right angle|ninety", 62, 118),
    (r"sharp", 32, 88),
    (r"fully bent|folded", 0, 60),
    (r"bent", 0, 150),
)


def _bends(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    if part == "knee" and re.search(r"together|apart", said):
        apart = seen.apart("left_knee", "right_knee")
        yield apart < 0.24 if re.search(r"together", said) else apart > 0.35
        return
    for pattern, low, high in _BENDS:
        if re.search(pattern, said):
            yield all(low <= seen.bend(part, side) <= high for side in sides)
            return


# -- directions of limbs -----------------------------------------------------------------------------------------

_LEVELS: tuple[tuple[str, float, float], ...] = (
    (r"straight up|straight overhead|up overhead", 0.75, 1.01),
    (r"above (?:shoulder|hip) height|up &|drawn up high|reach\w* up|slop\w* up|point\w* up|raised up", 0.25, 1.0),
    (r"shoulder height|level with the|hip height|about level|\blevel\b|along the floor", -0.55, 0.55),
    (r"hang|down at|down along|down beside|straight down|straight below|close to (?:the|your) side", -1.01, -0.7),
    (r"down (?:&|and)|held low|stretched low|lifted low|slop\w* down|stretched down|\blow,", -1.0, -0.25),
)
"""Height of a limb's end over its length."""
_WAYS: tuple[tuple[str, Callable[[Vector], bool]], ...] = (
    (r"diagonally (?:forward|to the front)", lambda way: way[2] > 0.05 and way[0] > 0.0),
    (r"diagonally (?:backward|to the back)", lambda way: way[2] < -0.02 and way[0] > 0.0),
    (r"across|inward", lambda way: way[0] < 0.02),
    (r"forward|to the front", lambda way: way[2] > 0.08),
    (r"backward|to the back|\bback\b|behind", lambda way: way[2] < -0.05),
    (r"sideways|to the sides?|away from", lambda way: way[0] > 0.08),
)
_OF_BODY: tuple[tuple[str, Callable[[Vector], bool]], ...] = (
    (r"past the (?:head|shoulder)", lambda way: way[1] > 0.1),
    (r"alongside the (?:trunk|body)|along the sides?|close to the trunk|in line with the trunk|toward the feet",
     lambda way: way[1] < -0.5),
    (r"held low|away from", lambda way: way[1] < 0.0),
    (r"toward the chest|to the chest|along the trunk", lambda way: way[1] > 0.0),
)  # fmt: skip
"""(outward, toward the head, to the front) of limbs of those who lie."""


def _points(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    if seen.tilt > _LYING:
        yield from _points_of_body(part, sides, said, seen)
        return
    for pattern, low, high in _LEVELS:
        if re.search(pattern, said):
            yield all(low <= seen.way(part, side)[1] <= high for side in sides)
            break
    for pattern, holds in _WAYS:
        if re.search(pattern, said):
            yield all(holds(seen.way(part, side)) for side in sides)
            break


def _points_of_body(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    if re.search(r"at the ceiling|in the air|straight up", said):
        yield all(seen.way(part, side)[1] > 0.6 for side in sides)
        return
    if re.search(r"toward the ground|at the ground|straight down", said):
        yield all(seen.way(part, side)[1] < -0.6 for side in sides)
        return
    for pattern, holds in _OF_BODY:
        if re.search(pattern, said):
            yield all(holds(seen.along_body(part, side)) for side in sides)
            return


def _crossed(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    left = seen.axis("spine3" if part == "arm" else "pelvis", 0)
    if part == "arm":
        yield (seen.point("left_hand") - seen.point("right_hand")) @ left < 0.03
        return
    over = sides[0]
    knees = seen.height(f"{over}_knee") - seen.height(f"{_OTHER[over]}_knee")
    yield knees > -0.03 and seen.apart("left_knee", "right_knee") < 0.35


# -- hands -------------------------------------------------------------------------------------------------------

_PLACES: dict[str, tuple[str, float]] = {
    "ground": ("", 0.18), "floor": ("", 0.18), "face": ("face", 0.2), "chin": ("chin", 0.2), "hip": ("waist", 0.24),
    "hips": ("waist", 0.24), "thigh": ("thigh", 0.28), "knee": ("knee", 0.22), "shin": ("shin", 0.28),
    "lower leg": ("shin", 0.28), "foot": ("foot", 0.25), "shoulder": ("shoulder", 0.22), "ear": ("ear", 0.2),
    "elbow": ("elbow", 0.2), "back of the head": ("nape", 0.22), "top of the head": ("crown", 0.2),
    "upper arm": ("upper arm", 0.25), "forearm": ("forearm", 0.25),
}  # fmt: skip
_AT = re.compile(
    r"(?:on|at|to|against|touch\w*|close to|over) (?:the |your )?(?P<which>left |right |opposite )?"
    r"(?P<place>back of the head|top of the head|lower legs?|upper arms?|[a-z]+)"
)
_ZONES: tuple[tuple[str, Callable[[Vector], bool]], ...] = (
    (r"in front of (?:the |your )?face", lambda at: at[1] > 0.4 and at[2] > 0.02),
    (r"in front of (?:the |your )?chest", lambda at: 0.12 < at[1] < 0.72 and at[2] > 0.02),
    (r"in front of (?:the |your )?(?:belly|waist)", lambda at: -0.12 < at[1] < 0.38 and at[2] > 0.02),
    (r"in front of (?:the |your )?hips", lambda at: -0.42 < at[1] < 0.14 and at[2] > 0.0),
    (r"behind (?:the |your )?back", lambda at: -0.3 < at[1] < 0.55 and at[2] < 0.06),
    (r"behind (?:the |your )?head", lambda at: at[1] > 0.35 and at[2] < 0.15),
    (r"beside (?:the |your )?head|next to", lambda at: at[1] > 0.38 and abs(at[0]) > 0.04),
    (r"above (?:the |your )?head", lambda at: at[1] > 0.6),
)
"""(left, toward the head, to the front) of a hand from the pelvis, along chest and trunk, metres."""


def _hand(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    if re.search(r"together|\bmeet", said):
        yield seen.apart("left_hand", "right_hand") < 0.24
    for pattern, holds in _ZONES:
        if re.search(pattern, said):
            yield all(holds(_from_pelvis(seen, side)) for side in sides)
            return
    found = _AT.search(said)
    place = found["place"] if found else ""
    place = place if place in _PLACES else place.removesuffix("s")
    if place not in _PLACES:
        return
    which = (found["which"] or "").strip() if found else ""
    yield all(_is_at(seen, side, place, which) for side in sides)


def _from_pelvis(seen: Seen, side: str) -> Vector:
    away = seen.point(f"{side}_hand") - seen.point("pelvis")
    made: Vector = away.copy()
    made[:] = away @ seen.axis("spine3", 0), away @ seen.trunk, away @ seen.axis("spine3", 2)
    return made


def _is_at(seen: Seen, side: str, place: str, which: str) -> bool:
    spot, reach = _PLACES[place]
    if not spot:
        return min(seen.height(f"{side}_hand"), seen.height(f"{side}_wrist")) < reach
    target = which if which in _OTHER else _OTHER[side] if which == "opposite" else side
    hand = seen.point(f"{side}_hand")
    if spot in ("face", "chin", "nape", "crown"):
        return bool(((hand - seen.point(spot)) ** 2).sum() ** 0.5 < reach)
    ends = {"upper arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist"), "thigh": ("hip", "knee")}
    ends |= {"shin": ("knee", "ankle"), "foot": ("ankle", "foot")}
    first, last = (seen.point(f"{target}_{one}") for one in ends.get(spot, (spot, spot)))
    line = last - first
    share = min(1.0, max(0.0, float((hand - first) @ line) / max(float(line @ line), 1e-9)))
    return bool(((hand - first - share * line) ** 2).sum() ** 0.5 < reach)


# -- feet --------------------------------------------------------------------------------------------------------


def _foot(part: str, sides: tuple[str, ...], said: str, seen: Seen) -> Iterator[bool]:
    first = sides[0]
    sign = 1 if first == "left" else -1
    if part == "ankle":
        yield seen.feet("left") < 0.06
    elif part == "heel":
        yield all(seen.heel_rise(side) > 0.025 or seen.foot_height(side) > 0.03 for side in sides)
    elif re.search(r"off the (?:ground|floor)", said):
        yield all(seen.foot_height(side) > 0.03 for side in sides)
    elif re.search(r"crossed|across in front", said):
        yield seen.feet("left") < 0.03
    elif re.search(r"long step|well in front", said):
        yield sign * seen.feet("ahead") > 0.36
    elif re.search(r"ahead|in front", said):
        yield sign * seen.feet("ahead") > 0.13
    elif re.search(r"together|side by side", said):
        yield abs(seen.feet("left")) < 0.23
    elif re.search(r"far apart to|wide apart", said):
        yield abs(seen.feet("left")) > 0.46
    elif re.search(r"shoulder-width", said):
        yield 0.28 < abs(seen.feet("left")) < 0.7
    elif re.search(r"hip", said):
        yield 0.1 < abs(seen.feet("left")) < 0.45


# -- trunk and head ----------------------------------------------------------------------------------------------


def _sign(said: str) -> int:
    return 1 if "left" in said else -1


def _trunk(said: str, seen: Seen) -> Iterator[bool]:
    if re.search(r"twisted|turned", said):
        yield _sign(said) * seen.twist() > (22 if re.search(r"far|strongly", said) else 7)
    elif re.search(r"level", said):
        yield seen.lean("ahead") > 50


def _head(said: str, seen: Seen) -> Iterator[bool]:
    turned = re.search(r"turned[a-z ]* to the (left|right)", said)
    tilted = re.search(r"(?:tilted|inclined)[a-z ]* (?:to|toward) the (left|right)", said)
    if turned:
        least = 25 if re.search(r"\bwell\b|far", said) else 8
        yield (1 if turned[1] == "left" else -1) * seen.head("turn") > least
    elif tilted:
        yield (1 if tilted[1] == "left" else -1) * seen.head("tilt") > 6
    elif re.search(r"lowered|bowed|chin to|hanging", said):
        yield seen.head("nod") > (30 if re.search(r"deeply|chin to", said) else 12)
    elif re.search(r"back", said):
        yield seen.head("nod") < (-20 if re.search(r"far|thrown", said) else -7)


# -- the whole body ----------------------------------------------------------------------------------------------


def _whole(said: str, seen: Seen) -> Iterator[bool]:
    ahead, aside = seen.lean("ahead"), seen.lean("left")
    if re.search(r"^lean|leaning|^bend|bending|^fold|folding|^a bit|^far", said):
        if re.search(r"forward|front", said):
            yield ahead > (52 if re.search(r"level|down|low", said) else 22 if re.search(r"far|clearly", said) else 7)
        elif re.search(r"back", said):
            yield ahead < (-17 if re.search(r"far|clearly", said) else -6)
        side = re.search(r"to the (left|right)", said)
        if side:
            yield (1 if side[1] == "left" else -1) * aside > (17 if re.search(r"far|strongly", said) else 6)
        return
    for pattern, holds in _POSTURES:
        if re.search(pattern, said):
            yield holds(seen, said)
            return


def _on_feet(seen: Seen, said: str) -> bool:
    lowest = min(seen.foot_height(side) for side in _OTHER)
    return lowest < 0.08 and seen.height("pelvis") > 0.55 and seen.height("pelvis") > seen.height("left_knee") - 0.1


def _on_one(seen: Seen, said: str) -> bool:
    side = "left" if "left" in said else "right"
    return _on_feet(seen, said) and seen.foot_height(_OTHER[side]) > seen.foot_height(side) + 0.06


def _lies(seen: Seen, said: str) -> bool:
    front, left = seen.axis("spine3", 2)[1], seen.axis("spine3", 0)[1]
    turned = front > 0.4 if "back" in said or "face up" in said else front < -0.4
    if re.search(r"(left|right) side", said):
        turned = left * (1 if "right side" in said else -1) > 0.4
    return seen.tilt > 48 and seen.height("pelvis") < 0.5 and bool(turned)


def _steps(seen: Seen, said: str) -> bool:
    sign = 1 if "left" in said else -1
    return _on_feet(seen, said) and sign * seen.feet("ahead") > (0.36 if "long" in said else 0.13)


def _thighs_level(seen: Seen) -> bool:
    return all(seen.way("thigh", side)[1] > -0.7 for side in _OTHER)


def _kneels(seen: Seen, said: str) -> bool:
    one = re.search(r"the (left|right) knee", said)
    sides = (one[1],) if one else tuple(_OTHER)
    return all(seen.height(f"{side}_knee") < 0.26 for side in sides) and seen.tilt < 85


def _upside_down(seen: Seen, said: str) -> bool:
    return max(seen.height(f"{side}_ankle") for side in _OTHER) > seen.height("pelvis") and seen.tilt > 110


def _lunges(seen: Seen, said: str) -> bool:
    if "side" in said:
        return abs(seen.feet("left")) > 0.6
    return abs(seen.feet("ahead")) > 0.45 and min(seen.bend("knee", side) for side in _OTHER) < 145


_POSTURES: tuple[tuple[str, Callable[[Seen, str], bool]], ...] = (
    (r"half squat|well bent", lambda one, said: _on_low(one, 0.85)),
    (r"deep squat|squat\w* low|crouch", lambda one, said: _on_low(one, 0.6)),
    (r"lunge", _lunges),
    (r"step", _steps),
    (r"downward dog|inverted v", lambda one, said: one.height("pelvis") > one.height("neck") - 0.05),
    (r"handstand|upside down", _upside_down),
    (r"hands and knees|all fours", lambda one, said: _kneels(one, "") and one.tilt > 35),
    (r"plank", lambda one, said: one.tilt > 40 and one.axis("spine3", 2)[1] < -0.3),
    (r"bridge", lambda one, said: one.axis("pelvis", 2)[1] > 0.2 and one.height("pelvis") > one.height("neck")),
    (r"as on a chair|as if on a chair", lambda one, said: _thighs_level(one) and one.height("pelvis") < 0.9),
    (r"back on the heels|on the heels", lambda one, said: _kneels(one, "") and one.height("pelvis") < 0.55),
    (r"kneel|down on the (?:left|right) knee", _kneels),
    (r"\bsit|seated", lambda one, said: one.height("pelvis") < 0.55 and one.tilt < 75),
    (r"\blie|lying", _lies),
    (r"in the air|off the ground", lambda one, said: True),
    (r"(?:on|balance\w* on) the (?:left|right) (?:leg|foot)", _on_one),
    (r"stand", _on_feet),
)


def _on_low(seen: Seen, most: float) -> bool:
    return seen.height("pelvis") < most and all(seen.bend("knee", side) < 125 for side in _OTHER)
