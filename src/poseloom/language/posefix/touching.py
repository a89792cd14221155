"""Touches that begin and end between two poses, as codes of the pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from poseloom.language.instruction.change import OPPOSITE
from poseloom.language.paircodes.tables import paircode_tables
from poseloom.language.posecodes.evaluation import Code
from poseloom.language.posefix.statement import blind
from poseloom.language.posescript.contact_parts import SIDES, contact_table
from poseloom.language.posescript.contacts import TOUCH, contacts_of
from poseloom.pose.types import Pose

if TYPE_CHECKING:
    from poseloom.body.types import Body

RELEASE = "release"
_TOLD = ("hand", "index", "wrist", "elbow", "foot", "toes", "knee", "face")
"""Parts that one touches something with, or that are touched, on purpose."""


def touches_of(pose: Pose, body: Body | None = None, faithful: bool = False) -> list[list[Code]]:
    """The contact codes of poses; what touches on the mirrored pose too, the part that stands first in the table first.

    A body's two sides differ by a millimetre, which words must not notice. `faithful` leaves the codes as they are.
    """
    found = contacts_of(pose, body)
    if faithful:
        return found
    mirrored = ({_mentioned_first(_swapped(code)) for code in codes} for codes in contacts_of(pose.mirror(), body))
    return [
        [code for code in map(_mentioned_first, codes) if code in also]
        for codes, also in zip(found, mirrored, strict=True)
    ]


@cache
def _mentioned_first(code: Code) -> Code:
    """The code with its parts in an order that does not depend on their sides."""
    places = [_order().index(part) for part in (code.part, code.part2)]
    if places[0] < places[1] or (places[0] == places[1] and code.side != SIDES[1]):
        return code
    return Code(code.side2, code.part2 or "", code.interpretation, code.side, code.part)


@cache
def _order() -> tuple[str | None, ...]:
    """Parts as the table of contacts has them, without sides, and larger parts behind."""
    table = contact_table()
    return tuple(dict.fromkeys([*(part for _, part in table.names), *table.includes]))


@cache
def _swapped(code: Code) -> Code:
    sides = (OPPOSITE.get(side or "", side) for side in (code.side, code.side2))
    side, side2 = sides
    return code._replace(side=side, side2=side2)


def touch_codes(before: Sequence[Code], after: Sequence[Code], faithful: bool = False) -> list[Code]:
    """What begins to touch (*touch*) and what ends to (*release*), from the contact codes of both poses.

    Args:
        faithful: the original's rule: every touch of the second pose that the first one lacks, and no ends.
    """
    prefix = paircode_tables().prefix
    begun = [code for code in after if code not in before]
    ended: list[Code] = []
    if not faithful:
        begun = _once(code for code in begun if not _goes_on(code, before))
        ended = _once(code for code in before if not _goes_on(code, after))
    rows = [(code, TOUCH) for code in begun] + [(code, RELEASE) for code in ended]
    return [code._replace(interpretation=prefix + name) for code, name in rows]


def _goes_on(code: Code, others: Sequence[Code]) -> bool:
    """Whether the same parts, or parts of them, touch in the other pose too."""
    return any(within(code, other) or within(other, code) for other in others)


def _once(codes: Iterable[Code]) -> list[Code]:
    """What is done on purpose, and of all that one part touches one: the rest goes along with it."""
    told: dict[tuple[str | None, str], Code] = {}
    for code in sorted((code for code in codes if _is_mentioned(code)), key=blind):
        told.setdefault((code.side, code.part), code)
    return list(told.values())


def _is_mentioned(code: Code) -> bool:
    return code.part in _TOLD or code.part2 in _TOLD


def within(claimed: Code, found: Code) -> bool:
    """Whether a touch is the claimed one, or one of parts of the claimed parts, in either order."""
    one, other = (claimed.side, claimed.part), (claimed.side2, claimed.part2)
    ends = (found.side, found.part), (found.side2, found.part2)
    return any(_inside(a, one) and _inside(b, other) for a, b in (ends, ends[::-1]))


def _inside(part: tuple[str | None, str | None], whole: tuple[str | None, str | None]) -> bool:
    same = part[0] == whole[0] or whole[0] is None or part[0] is None
    return same and (part[1] == whole[1] or part[1] in _parts_of(whole[1] or ""))


@cache
def _parts_of(whole: str) -> frozenset[str]:
    direct = contact_table().includes.get(whole, ())
    return frozenset(direct).union(*(_parts_of(one) for one in direct))
