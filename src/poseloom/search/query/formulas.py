"""Conditions from the form that they have in `conditions.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from poseloom.base.errors import PoseloomError
from poseloom.search.features import COLUMN_INDEX, LEFT, RIGHT, class_of, contact_classes
from poseloom.search.query.conditions import AllOf, Class, Condition, Interval, Not, OneOf

_OTHER = {"left": "right", "right": "left"}
_INFINITY = float("inf")


def compiled(formula: Mapping[str, Any], bindings: Mapping[str, str], shared: Mapping[str, Any]) -> Condition:
    """A condition from the form that it has in `conditions.json`.

    Args:
        formula: one entry.
        bindings: what the letters in braces stand for: s and t are sides, a and b points.
        shared: formulas that others use by name.

    Raises:
        KeyError, ValueError: the formula names columns or classes that do not exist.
    """
    if "s" in bindings:
        bindings = {"o": _OTHER.get(bindings["s"], ""), **bindings}

    def inner(one: Mapping[str, Any]) -> Condition:
        return compiled(one, bindings, shared)

    if "use" in formula:
        return inner(shared[formula["use"]])
    if "all" in formula:
        return AllOf(tuple(inner(one) for one in formula["all"]))
    if "any" in formula:
        return OneOf(tuple(inner(one) for one in formula["any"]))
    if "not" in formula:
        return Not(inner(formula["not"]))
    if "flag" in formula:
        return Class(formula["flag"], (1,))
    if "side" in formula:
        return Class("posture_side", ({"left": LEFT, "right": RIGHT}[formula["side"].format(**bindings)],))
    if "contact" in formula:
        return _contact(formula, bindings)
    if "class" in formula:
        column = formula["class"].format(**bindings)
        names = tuple(class_of(column, name) for name in formula["in"])
        return Class(column, names, tuple(inner(one) for one in formula.get("typical", ())))
    return _interval(formula, bindings)


def _contact(formula: Mapping[str, Any], bindings: Mapping[str, str]) -> Condition:
    side = formula["contact"].format(**bindings)
    target = formula.get("other", "").format(**bindings)
    other = None if target not in _OTHER else target != side
    return Class(f"{side}_contact", tuple(contact_classes(formula["place"], other)))


def _interval(formula: Mapping[str, Any], bindings: Mapping[str, str]) -> Interval:
    if "distance" in formula:
        first, second = (point.format(**bindings) for point in formula["distance"])
        columns: Sequence[str] = [f"{point}.x" for point in (first, second)]
    else:
        first, _, second = formula["of"].format(**bindings).partition(" - ")
        columns = [name for name in (first, second) if name]
    unknown = [name for name in columns if name not in COLUMN_INDEX]
    if unknown:
        raise PoseloomError(f"conditions.json: {formula}: no column {unknown[0]!r}")
    low, high = float(formula.get("min", -_INFINITY)), float(formula.get("max", _INFINITY))
    return Interval(first, second, low, high, float(formula["soft"]), "distance" in formula)
