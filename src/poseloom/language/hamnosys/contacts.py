"""Whose contact it is that stands before a place: ``touch head`` of two hands is not ``head touch``.

Where two hands act, a contact before the place is between the hands, which are at the place together; one after it is
with the place. Where one hand acts both are with the place.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from poseloom.language.hamnosys.tree import Hand, Location, Part, Where

_Node = TypeVar("_Node")


def settled(part: Part, two_hands: bool) -> Part:
    """A part in which no location has a contact before its place: it has become one of the hands, or of the place.

    Args:
        part: as it was read.
        two_hands: whether both hands are part of the sign.
    """
    return _settled(part, two_hands)


def _settled(node: _Node, two_hands: bool) -> _Node:
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changed: dict[str, Any] = {}
    both = two_hands and not isinstance(node, Hand)
    for one in fields(node):
        value = getattr(node, one.name)
        if isinstance(value, tuple):
            new = tuple(piece for item in value for piece in _pieces(item, both))
        else:
            new = _settled(value, two_hands)
        if new != value:
            changed[one.name] = new
    return replace(node, **changed) if changed else node


def _pieces(item: Any, two_hands: bool) -> tuple[Any, ...]:
    if not isinstance(item, Location):
        return (_settled(item, two_hands),)
    if item.before is None:
        return (item,)
    return _apart(item) if two_hands else (replace(item, contact=item.contact or item.before, before=None),)


def _apart(location: Location) -> tuple[Where, ...]:
    """The contact of the hands, then the place."""
    return Location(contact=location.before), replace(location, before=None)
