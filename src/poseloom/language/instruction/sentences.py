"""Sentences from the changes of one pair: what is told of one limb stands together, the largest first."""

from __future__ import annotations

from typing import Any

from poseloom.language.description.phrases import Dice, Phrases, finite
from poseloom.language.instruction.change import BOTH, OPPOSITE, OTHER, OWN, Change
from poseloom.language.instruction.imperatives import SLOT, entry_of
from poseloom.language.instruction.style import Style

TURN_STEP = 10
"""Degrees to which turns of the whole body are rounded."""
SHORT = 3
"""Changes that the short style tells."""
JOINED = 2
"""Most clauses in one sentence."""
_LIMBS = {
    **dict.fromkeys(("arm", "elbow", "forearm", "hand"), "arm"),
    **dict.fromkeys(("leg", "knee", "shin", "foot"), "leg"),
}
_FIRST = ("posture", "turn")
"""What the whole body does is told before what its parts do then."""
_ORDER = ("straighten", "go", "put", "hold", "step", "foot", "shift", "point", "bend", "unbend")
"""Within a limb: what is done with all of it before what is done with its end."""


def text_of(words: dict[str, Any], phrases: Phrases, seed: int, found: list[Change], style: Style) -> str:
    """The instruction that tells these changes, given largest first."""
    if style is Style.SHORT:
        found = found[:SHORT]
    writer = _Writer(words, phrases, Dice(seed, tuple(change.blind() for change in found)))
    if style is Style.LIST:
        return "\n".join(f"- {line}" for line in writer.sentences([[one] for one in found]))
    return " ".join(writer.sentences(_groups(found)))


def _groups(found: list[Change]) -> list[list[Change]]:
    """What is told of one limb together, at the place of its largest change; else one change a group."""
    groups: dict[tuple[str, str] | int, list[Change]] = {}
    found = sorted(found, key=lambda change: change.name.split(".")[0] not in _FIRST)
    for place, change in enumerate(found):
        limb = _LIMBS.get(change.noun)
        groups.setdefault((limb, change.side) if limb else place, []).append(change)
    made = []
    for group in groups.values():
        group.sort(key=lambda change: _ORDER.index(change.name.split(".")[0]) if change.noun else 0)
        made += [group[start : start + JOINED] for start in range(0, len(group), JOINED)]
    return made


class _Writer:
    """Writes one instruction; one row of choices for all of its sentences."""

    def __init__(self, words: dict[str, Any], phrases: Phrases, dice: Dice) -> None:
        self._words, self._phrases, self._dice = words, phrases, dice

    def sentences(self, groups: list[list[Change]]) -> list[str]:
        if not groups:
            return [self._dice.pick(tuple(self._words["same"]))]
        return [f"{self._sentence(group)}." for group in groups]

    def _sentence(self, group: list[Change]) -> str:
        line = ""
        for place, change in enumerate(group):
            clause = self._clause(change, group[place - 1] if place else None)
            if place:
                joint = ", and " if " " in line and group[place - 1].goal else " and "
                clause = f"{joint}{clause[0].lower()}{clause[1:]}"
            line += clause
        return line

    def _clause(self, change: Change, before: Change | None) -> str:
        options = entry_of(self._words, change.name)
        if isinstance(options[0], list):
            options = options[change.degree]
        line = self._filled(self._dice.pick(tuple(options)), change, before)
        if change.name == "hands.together" and change.goal:
            line += f" {self._dice.pick(tuple(self._words['zones'][change.goal]))}"
        return line

    def _filled(self, wording: str, change: Change, before: Change | None) -> str:
        return SLOT.sub(lambda slot: self._slot(slot[1], change, before), wording)

    def _slot(self, slot: str, change: Change, before: Change | None) -> str:
        plural = change.side == BOTH
        if slot == "limb":
            return self._limb(change, before)
        if slot == "it":
            return "they" if plural else "it"
        if slot == "goal":
            goal = self._dice.pick(tuple(entry_of(self._words, f"goals.{change.goal}")))
            return finite(self._filled(goal, change, before), plural)
        if slot == "sector":
            return self._filled(self._dice.pick(tuple(self._words["sectors"][change.sector])), change, before)
        if slot == "place":
            return self._place(change)
        if slot == "degrees":
            return str(in_steps(change.amount))
        if slot == "s":
            return "s" if plural else ""
        return change.direction if slot == "side" else OPPOSITE[change.direction]

    def _limb(self, change: Change, before: Change | None) -> str:
        """``your left arm``; a pronoun or ``the forearm`` where the limb was just named."""
        singular, plural = self._phrases.nouns[change.noun]
        if before is not None and before.noun == change.noun:
            return "them" if change.side == BOTH else "it"
        if before is not None:
            return f"the {plural if change.side == BOTH else singular}"
        return f"both {plural}" if change.side == BOTH else f"your {change.side} {singular}"

    def _place(self, change: Change) -> str:
        singular, plural = self._phrases.nouns[change.place]
        if change.place_side == OTHER:
            return f"the opposite {plural}"
        if change.place_side == OWN:
            return f"your {plural}"
        return f"your {change.place_side} {singular}"


def in_steps(degrees: float) -> int:
    """A turn as it is told: to the nearest ten degrees, at least ten."""
    return max(TURN_STEP, round(degrees / TURN_STEP) * TURN_STEP)
