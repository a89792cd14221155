"""Reading actions: movements, posture changes, groups, and the marks that follow them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from poseloom.language.hamnosys.hands import at_hand, at_orientation, read_hands
from poseloom.language.hamnosys.places import at_location, read_locations
from poseloom.language.hamnosys.reader import Reader
from poseloom.language.hamnosys.symbols import SymbolKind
from poseloom.language.hamnosys.tokens import Token
from poseloom.language.hamnosys.tree import (
    Action,
    Circle,
    Direction,
    Hand,
    How,
    InOrder,
    Local,
    Manner,
    Reach,
    Repeat,
    Repetition,
    Replace,
    Size,
    Still,
    Straight,
    Together,
    Where,
)

EXPECTED = "a movement, a posture change, a place, a contact, a repetition or the end"
_MOVES = (SymbolKind.STRAIGHT, SymbolKind.CIRCLE)
_MARKS = (
    SymbolKind.SIZE,
    SymbolKind.ARC,
    SymbolKind.PATH,
    SymbolKind.ELLIPSE,
    SymbolKind.GROWTH,
    SymbolKind.MANNER,
    SymbolKind.CLOCK,
    SymbolKind.ALTERNATING,
)
_CLOSERS = (*_MARKS, SymbolKind.REPETITION)
_GOAL_TAKERS = (Straight, Circle, Together, InOrder, Replace)
_BRACKETS = (SymbolKind.GROUP_BEGIN, SymbolKind.SEQUENCE_BEGIN, SymbolKind.FUSION_BEGIN)


def read_actions(reader: Reader, top: bool = False, places: tuple[Where, ...] = ()) -> tuple[Action, ...]:
    """All actions that follow each other.

    Args:
        top: outside brackets; there repetitions at the end of the part apply to everything before them.
        places: where the posture is; a repetition right after them means that the hand comes to the last one again.
    """
    actions: list[Action] = []
    last_mark = SymbolKind.END
    while True:
        kind = reader.kind()
        if kind is SymbolKind.REPETITION:
            if not actions and not places:
                reader.skip("repeats nothing")
                continue
            actions = actions or [Reach(places[-1:])]
            if top and reader.only_until_end(_CLOSERS) and not isinstance(actions[-1], Repeat):
                actions = [actions[0] if len(actions) == 1 else InOrder(tuple(actions))]
            actions[-1] = _repeated(actions[-1], reader.take())
        elif kind in _MARKS:
            if not actions:
                reader.skip("marks no action")
                continue
            token = reader.take()
            if not (kind is SymbolKind.SIZE and last_mark is SymbolKind.REPETITION):
                actions[-1] = replace(actions[-1], how=_marked(actions[-1].how, token, last_mark))
        elif kind is SymbolKind.BETWEEN and actions and isinstance(actions[-1], (Straight, Circle)):
            reader.take()
            actions[-1] = _between(actions[-1], reader)
        elif at_location(reader):
            goals = tuple(read_locations(reader))
            if actions and isinstance(actions[-1], _GOAL_TAKERS):
                how = actions[-1].how
                actions[-1] = replace(actions[-1], how=replace(how, goals=how.goals + goals))
            elif goals:
                actions.append(Reach(goals))
        elif kind in _READERS:
            actions.append(_READERS[kind](reader))
        else:
            return tuple(actions)
        last_mark = kind


def _between(before: Straight | Circle, reader: Reader) -> Action:
    """Two movements with ``between``: one in the direction between theirs."""
    if not reader.at(*_MOVES):
        reader.fail("a movement after 'between'")
    letters = reader.take().symbol.letters
    if isinstance(before, Circle):
        return replace(before, axis=Direction((*before.axis.letters, letters)))
    return replace(before, direction=Direction((*before.direction.letters, letters)))


def _repeated(action: Action, token: Token) -> Repeat:
    kind = Repetition(token.symbol.short)
    return replace(action, kinds=(*action.kinds, kind)) if isinstance(action, Repeat) else Repeat(action, (kind,))


def _marked(how: How, token: Token, last_mark: SymbolKind) -> How:
    name, letters = token.symbol.short, token.symbol.letters
    if token.kind is SymbolKind.SIZE:
        size = Size(name)
        return replace(how, arc_size=size) if last_mark is SymbolKind.ARC else replace(how, size=size)
    if token.kind is SymbolKind.CLOCK:
        return replace(how, clocks=(*how.clocks, letters)) if letters else replace(how, full_turns=how.full_turns + 1)
    if token.kind is SymbolKind.MANNER:
        return replace(how, manners=(*how.manners, Manner(name)))
    if token.kind is SymbolKind.GROWTH:
        return replace(how, growth=1 if name == "increasing" else -1)
    if token.kind is SymbolKind.ALTERNATING:
        return replace(how, alternating=True)
    if token.kind is SymbolKind.ARC:
        return replace(how, arc=letters)
    return replace(how, ellipse=name) if token.kind is SymbolKind.ELLIPSE else replace(how, path=name)


# -- one action --------------------------------------------------------------------------------------------------------


def _replace(reader: Reader) -> Action:
    reader.take()
    how = How()
    last_mark = SymbolKind.END
    while reader.at(*_MARKS):
        last_mark, how = reader.kind(), _marked(how, reader.take(), last_mark)
    if not (at_hand(reader) or at_orientation(reader)):
        reader.fail("the new hand shape or orientation after the mark of a posture change")
    dominant, nondominant = read_hands(reader)
    return Replace(dominant or Hand(), nondominant, how)


def _group(reader: Reader) -> Action:
    """``( actions )`` or ``( actions plus actions )``."""
    reader.take()
    dominant = read_actions(reader)
    nondominant = None
    if reader.at(SymbolKind.PLUS):
        reader.take()
        nondominant = read_actions(reader)
    _close(reader, SymbolKind.GROUP_END)
    return Together(dominant, nondominant)


def _sequence(reader: Reader) -> Action:
    fused = reader.take().kind is SymbolKind.FUSION_BEGIN
    actions = read_actions(reader)
    _close(reader, SymbolKind.FUSION_END if fused else SymbolKind.SEQUENCE_END)
    return InOrder(actions, fused)


def _close(reader: Reader, kind: SymbolKind) -> None:
    if not reader.at(kind):
        reader.fail(f"a movement, a posture change, a place or {kind.words}")
    reader.take()


_READERS: dict[SymbolKind, Callable[[Reader], Any]] = {
    SymbolKind.STRAIGHT: lambda reader: Straight(Direction((reader.take().symbol.letters,))),
    SymbolKind.CIRCLE: lambda reader: Circle(Direction((reader.take().symbol.letters,))),
    SymbolKind.LOCAL: lambda reader: Local(reader.take().symbol.short),
    SymbolKind.STILL: lambda reader: Still(mime=reader.take().kind is SymbolKind.MIME),
    SymbolKind.MIME: lambda reader: Still(mime=reader.take().kind is SymbolKind.MIME),
    SymbolKind.REPLACE: _replace,
    SymbolKind.GROUP_BEGIN: _group,
    SymbolKind.SEQUENCE_BEGIN: _sequence,
    SymbolKind.FUSION_BEGIN: _sequence,
}
